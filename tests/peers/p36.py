"""P36: the "QQ" client: the first line is a name, the others are messages to it, each answered before the next.

All four names are one address. q does not end it: by the time it is looked at, the prefix is in front of it. One lost
datagram, and both sides wait.
"""

import socket

import common

args = common.arguments(port=8081)
contacts = dict.fromkeys(["taibai", "xiaoming", "xiaohong", "laowang"], args.address)
client = socket.socket(type=socket.SOCK_DGRAM)
lines = common.typed()
name = next(lines, "")
for line in lines:
    message = f"发给{name}: {line}"
    # Never true.
    if message == "q":
        break
    client.sendto(message.encode("utf-8"), contacts.get(name, args.address))
    data, _ = client.recvfrom(1024)
    common.say(data.decode("utf-8"))
client.close()
