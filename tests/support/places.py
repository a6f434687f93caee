"""Releases with everything that an index can have of them: files, metadata, documentation, tox results."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

from devpi_cli.packages import dists
from devpi_cli.server import versions
from tests.support.dists import make_sdist, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from devpi_cli.server.api import Server

METADATA = (
    "Summary: the {name} of all\nAuthor: Zoë\nClassifier: Private :: Do Not Upload\nClassifier: Topic :: Utilities\n"
    "Requires-Dist: six\nRequires-Python: >=3.8\nKeywords: a,b\n\n# {name}\n\nA text\nof lines.\n"
)


def put_release(server: Server, index: str, folder: Path, name: str, version: str, *, full: bool = True) -> None:
    """Put a wheel and an sdist on an index; a ``full`` release has documentation and two tox results, too.

    Files that are in the folder already are used.
    """
    module = name.replace("-", "_")
    wheel, sdist = folder / f"{module}-{version}-py3-none-any.whl", folder / f"{name}-{version}.tar.gz"
    if not sdist.exists():
        make_wheel(folder, name, version, METADATA.format(name=name))
        make_sdist(folder, {"setup.py": f"# {version}"}, name, version)
    for path in (wheel, sdist):
        with path.open("rb") as file:
            server.upload(index, dists.read(path).fields, path.name, file)
    if not full:
        return
    pages = BytesIO()
    with zipfile.ZipFile(pages, "w") as packed:
        packed.writestr(zipfile.ZipInfo("index.html"), f"<h1>{name} {version}</h1>")
    fields = {"name": name, "version": version}
    server.upload(index, fields, f"{name}-{version}.doc.zip", pages, action="doc_upload")
    links = versions.release(server, index, name, version).files
    for number, link in enumerate(links):
        report = {"reportversion": "1", "testenvs": {"py": {"test": [{"retcode": number, "output": version}]}}}
        versions.add_result(server, link.url, json.dumps(report, indent=number).encode())


def contents(server: Server, index: str) -> dict[str, object]:
    """Return all that an index has, but times, people and the names of tox results."""
    found: dict[str, object] = {}
    for project in server.index(index).projects:
        for release in versions.releases(server, index, project, metadata=True):
            links = [
                (link.rel, link.name if link.rel != "toxresult" else str(link.for_url).rpartition("/")[2], link.sha256)
                for link in release.links
            ]
            found[f"{release.project} {release.version}"] = (dict(release.metadata or {}), sorted(links))
    return found


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder with their bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
