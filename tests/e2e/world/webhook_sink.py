"""A receiver of webhooks: takes POSTs over TLS, writes each down and answers with the status that a file names. A program of
its own, because it runs in a namespace: webhook_sink.py PORT CERTIFICATE KEY FOLDER."""

import http.server
import json
import ssl
import sys
from pathlib import Path


def handler_for(folder):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            code = int((folder / "answer").read_text())
            line = json.dumps({"path": self.path, "type": self.headers["Content-Type"], "body": body, "code": code})
            with open(folder / "posts", "a") as posts:
                posts.write(line + "\n")
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_):
            pass

    return Handler


def main(port, certificate, key, folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("", int(port)), handler_for(Path(folder)))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
