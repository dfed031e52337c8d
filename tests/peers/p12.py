"""P12: a process for each client, on a port that needs privileges (81 in the listing; --port here).

The parent never closes its own copy of the connection. When the child has closed, no FIN leaves, until the parent's
next accept puts another connection into the variable.
"""

import multiprocessing
import signal
import socket

import common


def talk(connection, limit):
    # The parent's limit is a thread, and threads do not survive a fork.
    signal.alarm(int(limit))
    while True:
        data = connection.recv(1024)
        if len(data) == 0:
            break
        common.say(data)
        connection.send(f"收到了你发送的 {data}".encode("utf-8"))
    connection.close()
    common.note("the child has closed")


args = common.arguments(port=81)
common.serve_until_input_ends()
fork = multiprocessing.get_context("fork")
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
while True:
    connection, _ = server.accept()
    fork.Process(target=talk, args=(connection, args.limit), daemon=True).start()
