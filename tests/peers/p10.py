"""P10: a conversation with one client at a time; b"" ends it, and the next client's turn comes.

The next client is connected long before, and what it says waits in the kernel. Printing bytes makes an answer up to
four times as long as its question.
"""

import socket

import common

args = common.arguments(port=8008)
common.serve_until_input_ends()
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
while True:
    connection, _ = server.accept()
    while True:
        data = connection.recv(1024)
        if len(data) == 0:
            break
        common.say(data)
        connection.send(f"收到了你发送的 {data}".encode("utf-8"))
    connection.close()
