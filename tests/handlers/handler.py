"""A webhook handler with one defect, or none: `python3 handler.py DEFECT`. Prints its port."""

import hashlib
import hmac
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEFECT = sys.argv[1]
SECRET = os.environ["WEBHOOK_SECRET"].encode()
SEEN = set()
LOCK = threading.Lock()
EFFECTS = 0


def same(signature, expected):
    if DEFECT == "prefix":
        return signature != "" and expected.startswith(signature)
    if DEFECT == "throws":
        return hmac.compare_digest(signature, expected)
    return hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), expected.encode())


def verified(headers, body):
    signatures = headers.get_all("X-Hub-Signature-256", [])
    if not signatures:
        return DEFECT == "unchecked"
    if len(signatures) > 1 and DEFECT != "first":
        return False
    signed = body
    if DEFECT == "reserialises":
        signed = json.dumps(json.loads(body), separators=(",", ":")).encode()
    return same(signatures[0], "sha256=" + hmac.new(SECRET, signed, hashlib.sha256).hexdigest())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

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

    def do_GET(self):
        self.body()
        if self.path == "/effects":
            return self.answer(200, b"%d\n" % EFFECTS)
        self.answer(405)

    def do_POST(self):
        global EFFECTS
        body = self.body()
        try:
            if not verified(self.headers, body):
                return self.answer(401)
            event = json.loads(body)
        except (json.JSONDecodeError, UnicodeDecodeError):
            return self.answer(500 if DEFECT == "broken-json" else 400)
        except TypeError:
            return self.answer(500)
        if not isinstance(event, dict):
            return self.answer(400)
        with LOCK:
            identity = self.headers.get("X-GitHub-Delivery")
            if DEFECT == "not-idempotent" or identity not in SEEN:
                SEEN.add(identity)
                EFFECTS += 1
        self.answer(200)


class Server(ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
