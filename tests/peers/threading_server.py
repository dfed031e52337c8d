"""socketserver's thread for each client, with upper-case answers. threading_server.py HOST: prints its port, and
serves until its standard input ends."""

import socket
import socketserver
import sys
import threading


class Upper(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(2048):
            self.request.sendall(data.upper())


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
    daemon_threads = True


with Server((sys.argv[1], 0), Upper) as server:
    print(f"port {server.server_address[1]}", file=sys.stderr, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    server.shutdown()
