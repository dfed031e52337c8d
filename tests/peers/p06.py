"""P6: a server for one request of one client. The answer holds Python's own way to print bytes: b'sb'.

It waits three seconds before it closes, so the client is the first to close, and TIME_WAIT is the client's.
"""

import socket
import time

import common

args = common.arguments(port=8008, pause=3.0)
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
connection, _ = server.accept()
data = connection.recv(1024)
common.say(data)
connection.send(f"收到了你发送的 {data}".encode("utf-8"))
time.sleep(args.pause)
connection.close()
server.close()
