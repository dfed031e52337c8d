"""P4: one end of a chat, the one that listens. A thread prints what comes, the person's lines go out as they are.

Nothing marks where a message ends. A recv that is exactly "exit" ends the reader, so it has to arrive alone; a recv of
b"" does not, and the reader prints empty lines as fast as it can. At the end only the listening socket is closed.
"""

import socket
import threading

import common


def read(connection):
    empty = 0
    while empty < common.SPINS:
        data = connection.recv(1024).decode("utf-8")
        empty = 0 if data else empty + 1
        if data == "exit":
            return
        common.say(data)
    common.note(f"stopped after {empty} empty reads")


args = common.arguments(port=2333)
server = socket.socket()
server.bind(args.address)
server.listen(2)
common.listening(server)
connection, _ = server.accept()
threading.Thread(target=read, args=(connection,)).start()
for line in common.typed():
    connection.send(line.encode("utf-8"))
    if line == "exit":
        break
server.close()
