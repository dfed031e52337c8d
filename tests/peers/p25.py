"""P25: one client, one message, its upper case, and both sockets are closed."""

import socket

import common

args = common.arguments(port=8080)
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
connection, _ = server.accept()
data = connection.recv(1024)
common.say(data)
connection.send(data.upper())
connection.close()
server.close()
