"""P23: the server of P22: nine sends, no delimiter, close. What arrives is a run of 45 bytes."""

import common
from p22 import Server, nine

args = common.arguments(port=9999)
Server(args.address).push(nine())
