"""Commands of administrators that are killed, and what is there afterwards: all of it or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterable
    from pathlib import Path


@dataclass
class Kills:
    """What was there after each kill of a command, for the table."""

    command: str
    number: signal.Signals
    record: Callable[[str, object], None]
    found: Counter[str] = field(default_factory=Counter)

    def see(self, target: Path, is_whole: Callable[[Path], bool]) -> None:
        """Look at a target after a kill; it must be absent, or whole."""
        state = "absent" if not target.exists() else "whole" if is_whole(target) else "half"
        self.found[state] += 1
        assert state != "half", f"{self.command}, kill {self.found.total()}"

    def end(self, afterwards: str) -> None:
        """Record the row; what is said of the source and of the next run was asserted before."""
        self.record("kill", [self.command, self.number.name, self.found.total(), dict(self.found), afterwards])


AFTERWARDS = "the next run cleans up, and is whole"
SOURCE_SAME = f"the source is the same; {AFTERWARDS}"


def summary(recorded: Iterable[tuple[str, str, int, dict[str, int], str]]) -> list[str]:
    """Return a line for each command and signal."""
    lines = {
        f"{command:9}{name:9}{count:3} times: {found.get('absent', 0):2} absent, {found.get('whole', 0):2} whole, "
        f"{found.get('half', 0)} half; {afterwards}"
        for command, name, count, found, afterwards in recorded
    }
    return sorted(lines)
