"""Remember what a trial of a storage has shown."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.hosting.dump import versions
from devpi_cli.hosting.serverdir import PLUGINS
from devpi_cli.system.files import read, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.hosting.serverdir import Serverdir

REMEMBERED = ".devpi-cli-trial.json"


class Trial(NamedTuple):
    """What a trial has shown: how many uploads the server acknowledged, and how many it had afterwards."""

    acknowledged: int
    there: int

    @property
    def is_passed(self) -> bool:
        """Whether nothing was lost."""
        return 0 < self.acknowledged == self.there

    def __str__(self) -> str:
        if self.is_passed:
            return f"{self.there} of {self.acknowledged} there"
        return f"{self.acknowledged} acknowledged, {self.there} there"


def remember(serverdir: Path, on: Serverdir, found: Trial) -> None:
    """Write beside the data that its storage has lost nothing, with the versions for which that is true."""
    path, owner = serverdir / REMEMBERED, serverdir.stat()
    write_private(path, json.dumps({**_tried(on), **found._asdict()}))
    with suppress(OSError, AttributeError):  # AttributeError: Windows
        os.chown(path, owner.st_uid, owner.st_gid)


def has_passed(on: Serverdir) -> bool:
    """Return True if a trial has lost nothing with the storage and the versions that are installed."""
    try:
        found = json.loads(read(on.path / REMEMBERED))
    except (OSError, ValueError, RecursionError):
        return False
    tried = {**_tried(on), "acknowledged": found.get("acknowledged")} if isinstance(found, dict) else {}
    return bool(tried) and found == {**tried, "there": tried["acknowledged"]}


def _tried(on: Serverdir) -> dict[str, Any]:
    known = versions()
    plugin = PLUGINS.get(on.storage_name, "").replace("_", "-")
    return {"storage": on.storage_name, "devpi-server": known["devpi-server"], "plugin": known["plugins"].get(plugin)}
