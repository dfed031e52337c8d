"""P1: a "web server" without headers that never closes.

One recv, two sends (a status line with a stray GB2312 comma in it, then the page), and back to accept. The connection is
closed by nobody: it goes when the next accept puts another one into the variable. A browser waits that long.
"""

import socket

import common

args = common.arguments(port=2333)
common.serve_until_input_ends()
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
while True:
    connection, _ = server.accept()
    common.say(connection.recv(1024).decode("gb2312"))
    connection.send("HTTP/1.1 200 OK 、\r\n\r\n".encode("gb2312"))
    connection.send("<h1>这一页没有头部，浏览器在等服务端关闭连接...</h1>".encode("gb2312"))
