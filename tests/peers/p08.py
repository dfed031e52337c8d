"""P8: the server of P6 with accept in a loop: one request a connection, client after client, until the input ends."""

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
    data = connection.recv(1024)
    common.say(data)
    connection.send(f"收到了你发送的 {data}".encode("utf-8"))
    connection.close()
