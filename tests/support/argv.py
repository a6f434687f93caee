"""The arguments of all processes that a test starts, sampled from /proc while it runs."""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

PROC = Path("/proc")
SECONDS = 0.02
HASH = "$argon2"
PROGRAM = re.compile(r"from (devpi_[\w.]+) import")


@dataclass
class Argv:
    """What was seen: the arguments of each process, once."""

    seen: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def of_children(self) -> list[tuple[str, ...]]:
        """Those of the programs that our commands run, without what the test itself types: ours, or a raw program."""
        return [words for words in self.seen if not _is_typed(words)]

    def with_secret(self, secrets: Collection[str]) -> list[str]:
        """Return the arguments that hold a secret: one of these, that of a server, or the hash of a password."""
        known = {*secrets, *self._of_servers(), HASH}
        lines = (" ".join(words) for words in self.of_children)
        return [line for line in lines if any(secret in line for secret in known)]

    def _of_servers(self) -> Iterator[str]:
        for words in self.seen:
            for option, value in pairwise(words):
                if option == "--secretfile":
                    with suppress(OSError):  # the test has removed it
                        yield Path(value).read_text().strip()

    def programs(self) -> list[str]:
        """Return which of devpi-server's programs were seen."""
        found = (PROGRAM.match(word) for words in self.of_children for word in words)
        return sorted({match[1].removeprefix("devpi_server.") for match in found if match})


def _is_typed(words: tuple[str, ...]) -> bool:
    is_ours = any(pair == ("-m", "devpi_cli") for pair in pairwise(words))
    is_postgres = words[0].startswith("postgres:") or Path(words[0]).name == "postgres"
    return (
        is_ours
        or is_postgres
        or any(Path(word).name.startswith("devpi-") and Path(word).parent.name == "bin" for word in words[:2])
    )


@contextmanager
def sampled() -> Iterator[Argv]:
    """Sample the arguments of all that this process starts during the block."""
    argv, end = Argv(), threading.Event()

    def sample() -> None:
        while not end.wait(SECONDS):
            argv.seen |= {words for words in map(_words, _below(os.getpid())) if words}

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield argv
    finally:
        end.set()
        thread.join()


def _below(pid: int) -> Iterator[int]:
    """Yield the processes that a process and its children have started, and that still run."""
    with suppress(OSError):
        for task in (PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _below(int(child))


def _words(pid: int) -> tuple[str, ...]:
    with suppress(OSError):
        return tuple((PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0"))
    return ()


def summary(recorded: Iterable[tuple[str, str, int, int]]) -> list[str]:
    """Return how many processes of which programs were seen for each command, and how many held a secret."""
    programs: dict[str, Counter[str]] = {}
    processes: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for command, seen, count, secrets in recorded:
        programs.setdefault(command, Counter()).update(seen.split())
        processes[command] += count
        held[command] += secrets
    return [
        f"{command:12}{processes[command]:5} processes, {held[command]} with a secret: {' '.join(sorted(names))}"
        for command, names in sorted(programs.items())
    ]
