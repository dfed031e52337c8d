"""Python's codecs as the judge of ours. encode.py ENCODING: UTF-8 on standard input, that encoding on standard output."""

import sys

sys.stdout.buffer.write(sys.stdin.buffer.read().decode("utf-8").encode(sys.argv[1]))
