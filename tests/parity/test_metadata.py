"""What devpi-server stores of a file is what devpi-client and twine make it store, or more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.peculiar import FILES, METADATA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parity.stored import Trio

# devpi-client ends the headers with a line that is empty or not indented, and takes the rest for the description.
BROKEN_OFF = ("lines that are not indented", "a licence with empty lines, as it stands")


def test_nothing_is_lost_on_the_way(trio: Trio, tmp_path: Path) -> None:
    cases = [*METADATA, *FILES]
    folders = [tmp_path / str(number) for number in range(len(cases))]
    for folder in folders:
        folder.mkdir()
    rows = list(trio.upload([case.make(folder) for case, folder in zip(cases, folders, strict=True)]))
    found = {case.what: row for case, row in zip(cases, rows, strict=True)}
    assert [found[what].worse for what in BROKEN_OFF] == [["description"]] * 2
    assert {what: row for what, row in found.items() if not row.is_good and what not in BROKEN_OFF} == {}
    assert [what for what, row in found.items() if not row.ours] == []
    # The three did not fail together.
    assert sum(row.theirs for row in rows) > 35
    assert 5 < sum(row.twine for row in rows) < 30
