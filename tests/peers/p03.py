"""P3: socketserver's thread for each client; upper case, byte by byte.

White space alone, and the end, are the same to it: empty after strip. The word exit does nothing, because bytes are
compared with text.
"""

import socketserver

import common


class Upper(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            data = self.request.recv(2048).strip()
            if not data:
                break
            common.say(data)
            # Never true: bytes on the left, text on the right.
            if data == "exit":
                break
            self.request.sendall(data.upper())


args = common.arguments(port=2333)
common.serve_until_input_ends()
with socketserver.ThreadingTCPServer(args.address, Upper) as server:
    common.listening(server.socket)
    server.serve_forever()
