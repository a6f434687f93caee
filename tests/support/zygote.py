"""The devpi command without the time it takes to start Python: a process forks for each command.

That process, the zygote, has imported all modules, so what a command imports itself is not tested here: with
``REAL_PROCESSES=1`` in the environment nothing is forked, and some tests never are (``tests/README.md`` says which).
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MODULE = "devpi_cli"
HEAVY = (
    "encodings.idna",
    "filelock",
    "httpcore",
    "keyring",
    "keyrings.alt.file",
    "packaging.requirements",
    "platformdirs",
    "rich.progress",
    "truststore",
    "twine.package",
)
# Python reads these before our code runs: a command with different values needs a Python of its own.
EARLY = ("PYTHON", "LC_", "LANG")
START_SECONDS = 60


@dataclass
class Running:
    """A running command; after its end, also its output and status."""

    pid: int
    connection: socket.socket
    pipes: list[int]
    """Our ends of its stdin, stdout and stderr."""

    def communicate(self, stdin: str, timeout: float) -> tuple[str, str, int]:
        """Wait for the end; return stdout, stderr and the status, negative if a signal killed it.

        After ``timeout`` seconds the command is killed and TimeoutExpired raised.
        """
        late = threading.Event()

        def kill() -> None:
            late.set()
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

        killer = threading.Timer(timeout, kill)
        killer.start()
        stdout, stderr = self._exchange(stdin)
        with self.connection, self.connection.makefile() as answer:
            status = int(answer.readline())
        killer.cancel()
        killer.join()
        if late.is_set():
            raise subprocess.TimeoutExpired(MODULE, timeout, stdout, stderr)
        return stdout, stderr, status

    def _exchange(self, text: str) -> list[str]:
        """Write and read in parallel, so that neither side blocks the other."""
        said = ["", ""]

        def write() -> None:
            with suppress(BrokenPipeError), open(self.pipes[0], "w", encoding="utf-8") as file:  # noqa: PTH123 (a pipe)
                file.write(text)

        def read(place: int) -> None:
            with open(self.pipes[place + 1], encoding="utf-8") as file:  # noqa: PTH123 (a pipe)
                said[place] = file.read()

        threads = [threading.Thread(target=write), *(threading.Thread(target=read, args=[place]) for place in (0, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return said


class Zygote:
    """The forking process, reached through a socket; it starts on first use and ends with us."""

    def __init__(self) -> None:
        self.is_on = os.environ.get("REAL_PROCESSES") != "1"
        """If False, no command is forked; each gets a Python of its own."""
        self._process: subprocess.Popen[bytes] | None = None
        self._place = Path()
        self._starting = threading.Lock()

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Tell whether a command with that environment can be forked."""
        return self.is_on and _early(environment) == _early(os.environ)

    def start(self, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, code: str = "") -> Running:
        """Start a command; ``code`` is what Python runs (``-c``) instead of the package."""
        pipes = [os.pipe() for _ in range(3)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
        pid, connection = self._begin(arguments, theirs, env, cwd, code)
        for end in theirs:
            os.close(end)
        return Running(pid, connection, [pipes[0][1], pipes[1][0], pipes[2][0]])

    def start_at(self, terminal: int, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Running:
        """Start a command whose stdin, stdout and stderr are a terminal, given by our descriptor of it."""
        pid, connection = self._begin(arguments, [terminal] * 3, env, cwd, "")
        return Running(pid, connection, [])

    def _begin(
        self, arguments: Sequence[str], streams: list[int], env: Mapping[str, str], cwd: Path, code: str
    ) -> tuple[int, socket.socket]:
        request = {"arguments": list(arguments), "env": dict(env), "cwd": str(cwd), "code": code}
        connection = self._connection()
        socket.send_fds(connection, [b"."], streams)
        connection.sendall(json.dumps(request).encode() + b"\n")
        # Without a buffer: a status that arrives at once would be lost in it.
        with connection.makefile("rb", buffering=0) as answer:
            pid = int(answer.readline())
        return pid, connection

    def stop(self) -> None:
        """End the process."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait()
            self._place.unlink()
            self._place.parent.rmdir()

    def _connection(self) -> socket.socket:
        with self._starting:
            if self._process is None:
                self._place = Path(mkdtemp(prefix="zygote-")) / "socket"
                command = [sys.executable, __file__, self._place]
                self._process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd="/")
        deadline = time.monotonic() + START_SECONDS
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self._place))
            except OSError:
                connection.close()
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.01)
            else:
                return connection


def _early(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(EARLY)}


# -- on the other side


def serve(place: str) -> None:
    """Fork for each request, until stdin is closed."""
    _import_everything()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the processes that supervise commands are not waited for
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen(64)
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                look_after(connection)
            connection.close()


def _import_everything() -> None:
    del sys.path[0]  # where this file is
    package = import_module(MODULE)
    for module in pkgutil.walk_packages(package.__path__, f"{MODULE}."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    import_module(f"{MODULE}.http.connections").import_httpx()
    for name in HEAVY:
        import_module(name)


def look_after(connection: socket.socket) -> NoReturn:
    """Fork a command; report its process id and exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile() as asked:
        request = json.loads(asked.readline())
    pid = os.fork()
    if pid == 0:
        connection.close()
        become(request, streams)
    for stream in streams:
        os.close(stream)
    with suppress(BrokenPipeError):
        connection.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Act like a new ``python -m devpi_cli``, or ``python -c`` with the code, until the end."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    sys.stdin = open(0, encoding=sys.stdin.encoding)  # noqa: SIM115 (it stays open to the end)
    sys.stdout = open(1, "w", encoding=sys.stdout.encoding)  # noqa: SIM115 (it stays open to the end)
    sys.stderr = open(2, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")  # noqa: SIM115 (it stays open to the end)
    sys.path.insert(0, request["cwd"])
    sys.argv = ["-c" if request["code"] else MODULE, *request["arguments"]]
    status = _run(request["code"])
    threading._shutdown()  # type: ignore[attr-defined]  # as Python does at its end
    atexit._run_exitfuncs()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    os._exit(status)


def _run(code: str) -> int:
    try:
        if code:
            exec(code, {"__name__": "__main__"})
        else:
            runpy.run_module(MODULE, run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            sys.stderr.write(f"{leaving.code}\n")
            return 1
        return leaving.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
