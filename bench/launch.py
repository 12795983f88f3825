"""`python -S launch.py WORD …` runs a command and adds a line to the error stream: what it cost.

The most memory that a process has held counts that of whoever started it, as the kernel sees it;
so this imports as little as can be.
"""

import os
import sys
import time

began = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
sys.stderr.write(f"\n{time.perf_counter() - began} {used.ru_maxrss}\n")
sys.exit(os.waitstatus_to_exitcode(status))
