"""P5: the other end of the chat of P4, the one that connects. The same reader, the same lines.

The listing closes while its reader still waits in recv; on Linux that call holds the connection, and no FIN leaves until
the peer's own "exit" ends the reader. Waiting for the reader first is the same on the wire everywhere.
"""

import socket
import threading

import common


def read():
    empty = 0
    while empty < common.SPINS:
        data = client.recv(1024).decode("utf-8")
        empty = 0 if data else empty + 1
        if data == "exit":
            return
        common.say(data)
    common.note(f"stopped after {empty} empty reads")


args = common.arguments(port=2333)
client = socket.socket()
client.connect(args.address)
reader = threading.Thread(target=read)
reader.start()
for line in common.typed():
    client.send(line.encode("utf-8"))
    if line == "exit":
        break
reader.join()
client.close()
