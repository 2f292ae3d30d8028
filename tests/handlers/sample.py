"""Runs a sample of a provider's documents as it stands there, on a free port, which is printed."""

import contextlib
import io
import os
import runpy
import socketserver
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "shims"))
import flask  # noqa: E402

bind = socketserver.TCPServer.server_bind


def server_bind(self):
    self.server_address = ("127.0.0.1", 0)
    bind(self)
    print(self.server_address[1], file=sys.__stdout__, flush=True)


socketserver.TCPServer.server_bind = server_bind
import http.server  # noqa: E402

http.server.HTTPServer.server_bind = lambda self: (
    server_bind(self),
    setattr(self, "server_name", "localhost"),
    setattr(self, "server_port", self.server_address[1]),
)
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    runpy.run_path(sys.argv[1], run_name="__main__")
