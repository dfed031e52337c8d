"""P35: the "QQ" server: prints a message, and waits for a person to type the answer, one for one.

While the person types, the next messages wait in the kernel. Who sent a message is its source address and nothing else.
"""

import socket

import common

args = common.arguments(port=8081)
server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(args.address)
common.listening(server)
answers = common.typed()
while True:
    data, peer = server.recvfrom(1024)
    common.say(data.decode("utf-8"))
    answer = next(answers, None)
    if answer is None:
        break
    server.sendto(answer.encode("utf-8"), peer)
server.close()
