"""As much of Flask as the sample needs, where Flask itself is not installed."""

import json as _json
from http.server import BaseHTTPRequestHandler, HTTPServer


class _BadRequest(Exception):
    pass


class _Request:
    headers = None
    body = b""

    def get_data(self):
        return self.body

    def get_json(self):
        if self.headers.get_content_type() != "application/json":
            raise _BadRequest
        try:
            return _json.loads(self.body)
        except ValueError as error:
            raise _BadRequest from error


request = _Request()


def jsonify(value):
    return _json.dumps(value)


class Flask:
    def __init__(self, name):
        self.routes = {}

    def route(self, path, methods):
        def add(handler):
            for method in methods:
                self.routes[(method, path)] = handler
            return handler

        return add

    def run(self, port):
        app = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def body(self):
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while True:
                    size = int(self.rfile.readline().split(b";")[0], 16)
                    body += self.rfile.read(size)
                    self.rfile.readline()
                    if size == 0:
                        return body

            def serve(self):
                request.headers, request.body = self.headers, self.body()
                handler = app.routes.get((self.command, self.path.split("?")[0]))
                status, text = 405, ""
                if handler:
                    try:
                        made = handler()
                        text, status = made if isinstance(made, tuple) else (made, 200)
                    except _BadRequest:
                        status = 400
                    except Exception:
                        status = 500
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(text.encode())
                self.close_connection = True

            do_GET = do_POST = serve

        # One request after the other: `request` is a global here.
        HTTPServer(("127.0.0.1", port), Handler).serve_forever()
