"""P22: the class behind P23 and P24: a socket of a type and a role, its address, its connection.

Alone it is a server that says "i = 1" to "i = 9" in nine sends and closes. Of type "udp" it fails at listen: a UDP
socket has no connections to wait for.
"""

import socket

import common


class Server:
    """Speaks first, and never listens to what is said."""

    def __init__(self, address, kind="tcp"):
        self.socket = socket.socket(type=socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.listen(5)
        common.listening(self.socket)

    def push(self, messages):
        connection, _ = self.socket.accept()
        for message in messages:
            connection.sendall(message.encode("utf-8"))
        connection.close()
        self.socket.close()


class Client:
    """Reads, and takes `patience` empty reads with a pause between them for the end."""

    def __init__(self, address):
        self.socket = socket.socket()
        self.socket.connect(address)

    def reads(self):
        while True:
            yield self.socket.recv(2048).decode("utf-8")


def nine():
    return (f"i = {i}" for i in range(1, 10))


if __name__ == "__main__":
    args = common.arguments(port=9999)
    try:
        Server((args.host, 0), "udp")
    except OSError as error:
        common.say(f"udp: {error.strerror}")
    Server(args.address).push(nine())
