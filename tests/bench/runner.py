"""Run a command and print its CPU time (ms), wall time (ms) and peak memory (MiB).

This is a small separate program because memory inherited before ``exec`` counts as memory of the child.
"""

import os
import sys
import time

MAXRSS_PER_MIB = 1 << 20 if sys.platform == "darwin" else 1 << 10


def main(command: list[str]) -> int:
    silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    started = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=silence)
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - started
    print((used.ru_utime + used.ru_stime) * 1000, wall * 1000, used.ru_maxrss / MAXRSS_PER_MIB)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
