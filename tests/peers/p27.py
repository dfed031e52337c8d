"""P27: one client, message after message, and no test for the end.

After the client's FIN recv returns b"" at once, for ever, and the loop spins; here it gives up after a thousand. Only a
reset ends it.
"""

import socket

import common

args = common.arguments(port=8080)
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
connection, _ = server.accept()
empty = 0
while empty < common.SPINS:
    try:
        data = connection.recv(1024)
        common.say(data)
        connection.send(data.upper())
    except ConnectionResetError:
        common.note("reset by the client")
        break
    empty = 0 if data else empty + 1
else:
    common.note(f"stopped after {empty} empty reads")
connection.close()
server.close()
