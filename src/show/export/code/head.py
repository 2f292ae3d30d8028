"""Recorded deliveries, sent again as they came: pytest FILE

HOOKCAT_TO names another server, such as http://localhost:3000. Signatures are the recorded ones: an
endpoint that refuses what is old needs its clock at the time a test names.
"""

import http.client
import os
import socket
import ssl
from urllib.parse import urlsplit


def deliver(origin, line, headers, body):
    url = urlsplit(os.environ.get("HOOKCAT_TO") or origin)
    secure = url.scheme == "https"
    stream = socket.create_connection((url.hostname, url.port or (443 if secure else 80)), timeout=30)
    if secure:
        stream = ssl.create_default_context().wrap_socket(stream, server_hostname=url.hostname)
    own = [b"Host: " + url.netloc.encode(), b"Content-Length: %d" % len(body), b"Connection: close"]
    with stream:
        stream.sendall(b"\r\n".join([line, *own[:1], *headers, *own[1:], b"", b""]) + body)
        answer = http.client.HTTPResponse(stream)
        answer.begin()
        return answer.status, answer.read()

