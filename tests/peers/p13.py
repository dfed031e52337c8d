"""P13: what SO_REUSEADDR before bind is for: two lives of one server on one port.

The server closes first, so TIME_WAIT is its own, and binding the same port again would fail without the option. The
option has to be set in both lives: Linux looks at the old socket's as well. --reuse 0 shows the failure.
"""

import socket

import common

args = common.arguments(port=8008, reuse=1)
address = args.address
for life in (1, 2):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, args.reuse)
    try:
        server.bind(address)
    except OSError as error:
        common.say(f"life {life}: {error.strerror}")
        break
    address = server.getsockname()
    server.listen(5)
    common.listening(server)
    connection, _ = server.accept()
    connection.send(f"life {life}".encode("utf-8"))
    connection.close()
    # The client's FIN turns our FIN_WAIT into TIME_WAIT; no new bind is tried before.
    server.close()
    common.say(f"life {life}: bound")
