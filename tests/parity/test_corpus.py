"""Real files of twenty years, from the package registry, through three clients: ``DEEP=1 pytest tests/parity``.

Every file that devpi-client or twine gets onto the server gets there through this client, byte for byte, with at least
their metadata. The table of what became of each file is printed after the run.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from devpi_cli.models import normalised
from tests.support.pips import index_url

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.parity.stored import Trio

LIST = [line.split() for line in Path(__file__).with_name("corpus.txt").read_text().splitlines() if line[0] != "#"]
# devpi-client ends the headers with an empty line in a licence, and takes the rest for the description.
BROKEN_OFF = ["pytz-2004d.tar.gz", "pytz-2005k.tar.bz2", "pytz-2009d.tar.bz2"]
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


def download(project: str, name: str, digest: str, folder: Path) -> Path:
    """Return a file of the registry; one that was downloaded by an earlier run is taken again."""
    path = folder / name
    if not path.exists() or sha256(path.read_bytes()).hexdigest() != digest:
        page = f"{index_url().rstrip('/')}/{normalised(project)}/"
        with urlopen(Request(page, headers=JSON), timeout=60) as reply:
            [url] = [file["url"] for file in json.load(reply)["files"] if file["filename"] == name]
        with urlopen(urljoin(page, url), timeout=60) as reply:
            path.write_bytes(reply.read())
    assert sha256(path.read_bytes()).hexdigest() == digest
    return path


def test_real_files_arrive_with_all_that_they_say(
    trio: Trio, pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    assert pytestconfig.cache
    folder = pytestconfig.cache.mkdir("corpus")
    rows = list(trio.upload([download(project, name, digest, folder) for project, _, name, digest in LIST]))
    for row in rows:
        record_property("corpus", [row.file, row.theirs, row.twine, row.ours, row.worse, row.more])
    assert len(rows) >= 60
    assert [(row.file, row.worse) for row in rows if not row.is_good] == [
        (name, ["description"]) for name in BROKEN_OFF
    ]
    assert [row.file for row in rows if not row.ours] == []
    assert sum(row.theirs for row in rows) > 0.9 * len(rows)
    kinds = {re.sub(r".*?((\.tar)?\.[a-z0-9]+)$", r"\1", row.file) for row in rows}
    assert kinds == {".tar.gz", ".tar.bz2", ".zip", ".egg", ".exe", ".whl"}
