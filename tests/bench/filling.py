"""An index with thousands of releases, which would take a quarter of an hour to upload: it is imported."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "root/full"
# Of an empty password.
EMPTY = "$argon2id$v=19$m=8,t=1,p=1$pjRmTMn5PyektJaSEoJQqg$KlFUkE4cjtm3lPnO/d1Ywqr1UrAgy8miLiGxJuoh9ec"
CONFIG = {"type": "stage", "bases": [], "volatile": True, "acl_upload": ["root"], "mirror_whitelist": []}
UPLOADED = [2026, 1, 2, 3, 4, 5]
DESCRIPTION = "What a project says of itself on the page of an index, in some paragraphs. " * 20


def write_dump(folder: Path, projects: int, versions: int) -> Path:
    """Write what ``devpi-export`` would write of an index with so many projects, each with so many releases."""
    folder.mkdir()
    files: list[dict[str, Any]] = []
    releases: dict[str, dict[str, Any]] = {}
    for name in map(name_of, range(projects)):
        releases[name] = {}
        for version in map(version_of, range(versions)):
            metadata = {"name": name, "version": version, "metadata_version": "2.1", "description": DESCRIPTION}
            releases[name][version] = metadata
            files.append(_file(folder, name, version))
    indexes = {INDEX: {"indexconfig": CONFIG, "projects": releases, "files": files}}
    users = {"root": {"username": "root", "pwhash": EMPTY}}
    dump = {"users": users, "indexes": indexes, "dumpversion": "2", "devpi_server": "6.20.3"}
    (folder / "dataindex.json").write_text(json.dumps({**dump, "pythonversion": [3, 11, 0, "final", 0]}))
    return folder


def name_of(number: int) -> str:
    return f"project-{number:04}"


def version_of(number: int) -> str:
    """Return a version; every fourth is a final one."""
    return f"1.{number}" if number % 4 == 0 else f"1.{number}.dev{number}"


def _file(folder: Path, name: str, version: str) -> dict[str, Any]:
    content = f"{name} {version}".encode()
    path = f"{INDEX}/{name}/{version}/{name}-{version}.tar.gz"
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_bytes(content)
    hashes = {"sha256": sha256(content).hexdigest()}
    entry = {"project": name, "version": version, "hashes": hashes, "last_modified": "Fri, 02 Jan 2026 03:04:05 GMT"}
    return {
        "type": "releasefile",
        "projectname": name,
        "version": version,
        "relpath": path,
        "entrymapping": {**entry, "hash_spec": f"sha256={hashes['sha256']}"},
        "log": [{"what": "upload", "who": "root", "when": UPLOADED, "dst": INDEX}],
    }
