"""Keep the files of releases in a folder, so that ``upload --from-dir`` can bring them back."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.errors import BrokenDistribution, DevpiError, OtherFile
from devpi_cli.programs.tox import file_name
from devpi_cli.system import files

if TYPE_CHECKING:
    from devpi_cli.models import Link
    from devpi_cli.server.api import Server

RESULT = "toxresult"


@dataclass
class Archive:
    """A folder with a folder for each project.

    ``results`` counts the test results, which cannot be uploaded again and are left out.
    """

    server: Server
    folder: Path
    mode: int = field(default_factory=files.usual_mode)
    results: int = 0

    def keep(self, project: str, link: Link) -> None:
        """Download a file and verify it, unless it is there already.

        Raises OtherFile for a different file of that name, DevpiError if it cannot be written, and what
        ``Server.download`` raises.
        """
        if link.rel == RESULT:
            self.results += 1
            return
        if Path(project).name != project or project.startswith("."):
            raise BrokenDistribution(f"{project!r} cannot be the name of a folder")
        path = self.folder / project / file_name(link)
        try:
            if not self._has(path, link):
                path.parent.mkdir(parents=True, exist_ok=True)
                self._download(path, link)
        except OSError as error:
            raise DevpiError(f"cannot keep {path}: {error.strerror}") from None

    def _has(self, path: Path, link: Link) -> bool:
        try:
            with path.open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return False
        if digest != link.sha256:
            there = str(link.sha256 or "unknown")
            what = f"{path} is a different file: SHA-256 {digest}, on the index {there}"
            raise OtherFile(what, here=digest, there=there, hint="choose another folder for --archive")
        return True

    def _download(self, path: Path, link: Link) -> None:
        with files.unfinished(path) as (handle, temporary):
            with os.fdopen(handle, "wb") as file:
                self.server.download(link, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(self.mode)
            temporary.replace(path)
