"""Runs a program and writes down what it took. A process of its own, and a small one: the peak memory that the operating
system states of a process is at least what its parent had when it was started."""

import json
import os
import sys
import time

result, *command = sys.argv[1:]
started = time.monotonic()
process = os.posix_spawnp(command[0], command, os.environ)
_, status, used = os.wait4(process, 0)
with open(result, "w", encoding="utf-8") as file:
    json.dump({"wall": time.monotonic() - started, "cpu": used.ru_utime + used.ru_stime,
               "peak_bytes": used.ru_maxrss * 1024, "code": os.waitstatus_to_exitcode(status)}, file)
