"""The backend that pushpin asks what to do with a new client: hold the stream, and subscribe it to the topic of its path."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Hold(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Length", "0")
        self.send_header("Grip-Hold", "stream")
        self.send_header("Grip-Channel", self.path.removeprefix("/sub/"))
        self.send_header("Grip-Keep-Alive", ":keep-alive\\n\\n; format=cstring; timeout=3")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["BACKEND_PORT"])), Hold)
Path(os.environ["BACKEND_READY"]).touch()
server.serve_forever()
