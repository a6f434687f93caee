"""Files on the index that imitate those that somebody is about to upload: upload --skip-existing is not taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_upload_rebuilt import put_there
from tests.support.lookalikes import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member


@pytest.mark.parametrize("name", OTHER)
def test_an_imitation_of_a_file_is_a_conflict(
    member: Member, tmp_path: Path, attack: Callable[[str, str, str], None], name: str
) -> None:
    file = put_there(member, tmp_path, name.startswith("sdist"), OTHER[name])
    result = member("upload", "--skip-existing", file)
    attack("a file on the index that imitates ours", name, f"exit status {result.status}, {result.lines or 'no line'}")
    assert (result.status, result.lines) == (5, [])
    assert "has a different file with this name" in result.stderr
