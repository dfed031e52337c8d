"""P24: the client of P22. It prints what each recv returned, and believes in the end after four empty reads, --pause
seconds apart."""

import time

import common
from p22 import Client

args = common.arguments(port=9999, pause=1.0)
empty = 0
for text in Client(args.address).reads():
    if text:
        common.say(text)
        continue
    empty += 1
    if empty == 4:
        break
    time.sleep(args.pause)
