"""P21: receives a file, and counts calls of recv where it should count bytes.

It asks for a name, takes one recv as the name and the next as the size: exactly eight bytes, or struct raises an error.
Then int(size / 2048) + 1 calls of recv(2048), whatever each of them returns. --dir is where the file goes.
"""

import os
import socket
import struct

import common

args = common.arguments(port=6000, dir=".")
server = socket.socket()
server.bind(args.address)
server.listen(1)
common.listening(server)
connection, _ = server.accept()
connection.send("请输入文件名".encode("gbk"))
name = connection.recv(1024).decode("gbk")
(size,) = struct.unpack("q", connection.recv(1024))
common.say(name)
common.say(size)
connection.send("开始传输".encode("gbk"))
got = 0
# The listing writes wherever the name points to; a test writes into its own folder.
with open(os.path.join(args.dir, os.path.basename(name)), "wb") as file:
    for _ in range(int(size / 2048) + 1):
        got += file.write(connection.recv(2048))
common.say(got)
connection.close()
server.close()
