from __future__ import annotations

import subprocess
import sys

# Threads that all need httpx at once, as those of the first requests of a command do.
AT_ONCE = """
import sys, threading
from devpi_cli.http.connections import import_httpx
sys.setswitchinterval(1e-6)
failures, ready = [], threading.Barrier(8)
def work():
    ready.wait()
    try:
        import_httpx().Client
    except BaseException as error:
        failures.append(repr(error))
threads = [threading.Thread(target=work) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
print(failures, "httpx._main" in sys.modules)
"""


def test_threads_may_import_httpx_at_once() -> None:
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=True)
        assert done.stdout == "[] False\n"
