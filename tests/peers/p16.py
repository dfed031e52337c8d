"""P16: a server that reads GBK and never answers; a daemon thread for each client, until that client's end.

A recv that ends in half a character raises an error in its thread, and only there.
"""

import socket
import threading

import common


def read(connection):
    while True:
        data = connection.recv(1024)
        if not data:
            break
        common.say(data.decode("gbk"))
    connection.close()
    common.note("one client has ended")


args = common.arguments(port=9090)
common.serve_until_input_ends()
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(args.address)
server.listen(128)
common.listening(server)
while True:
    connection, _ = server.accept()
    threading.Thread(target=read, args=(connection,), daemon=True).start()
