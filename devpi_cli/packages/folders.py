"""Keep releases in a folder, as on an index, with all that the index knows of them.

A project has a folder below it, named as in URLs (PEP 503). In it are the files of its releases under their own names,
documentation as ``NAME-VERSION.doc.zip``, tox results as ``FILE.toxresult-HASH.json``, and for each release
``NAME-VERSION.release.json``: name, version, the metadata that the index had, and which files belong to it. Any other
folder with distributions can be read, too: then they themselves say what they are.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli import strict_json, urls
from devpi_cli.errors import BrokenDistribution, DevpiError, WrongUsage
from devpi_cli.models import Link, Release, normalised
from devpi_cli.packages import dists, docs
from devpi_cli.system import files, parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RELEASE = ".release.json"
RESULT = re.compile(r"(?P<file>.+)\.toxresult-(?P<hash>[0-9a-f]{16})\.json")
HASH_DIGITS = 16
PAGE = "index.html"
MEMORY_MIB = 64
LONGEST_NAME = 240  # most file systems take 255, and the unfinished file has some more


class _Found(NamedTuple):
    """What lies in a folder for one version of a project."""

    name: str
    version: str
    paths: tuple[tuple[str, Path], ...]
    """Kinds and paths of its files."""
    metadata: Mapping[str, object] | None = None


@dataclass(frozen=True, eq=False)
class Folder:
    """A folder with releases; it is read once, files are hashed when their project is asked for."""

    path: Path
    may_be_new: bool = False
    """Whether it need not be there yet."""
    left_out: list[str] = field(default_factory=list)
    """What was passed over, and why."""

    @property
    def projects(self) -> list[str]:
        """The names of the projects, sorted."""
        return sorted(self._found)

    def releases(self, project: str) -> list[Release]:
        """Return the releases of a project with their metadata, and files with their SHA-256."""
        return [_release(found) for found in self._found.get(project, {}).values()]

    def place(self, project: str, name: str) -> Path:
        """Return the path for a file of a project. Raises DevpiError for what is not a file name."""
        for each in (project, name):
            if not is_file_name(each):
                raise DevpiError(f"{each!r} cannot be the name of a file here: left out")
        return self.path / project / name

    def describe(self, release: Release, names: Sequence[str]) -> None:
        """Write what the index knows of a release, before its first file."""
        project = normalised(release.project)
        path = self.place(project, f"{project}-{release.version}{RELEASE}")
        before = _description(path)
        still = [name for name in before["files"] if path.with_name(name).is_file()] if before else []
        known = {
            "name": release.project,
            "version": release.version,
            "files": sorted({*names, *still}),
            "metadata": dict(release.metadata or {}),
        }
        text = (json.dumps(known, indent=1, sort_keys=True) + "\n").encode()
        if not path.exists() or path.read_bytes() != text:
            with parts.part(path, replace=True) as file:
                file.write(text)

    @cached_property
    def _found(self) -> dict[str, dict[str, _Found]]:
        """The releases by project and version."""
        described, others = self._sorted()
        found: dict[str, dict[str, _Found]] = {}
        for each in described:
            found.setdefault(normalised(each.name), {})[each.version] = each
        for path in others:
            if (read := self._read(path)) is None:
                continue
            kind, name, version, metadata = read
            versions = found.setdefault(normalised(name), {})
            known = versions.get(version) or _Found(name, version, (), metadata)
            versions[version] = known._replace(
                paths=(*known.paths, (kind, path)), metadata=known.metadata or metadata or None
            )
        return found

    def _sorted(self) -> tuple[list[_Found], list[Path]]:
        """Return the releases that are described, and the files that are not in any of them."""
        if self.may_be_new and not self.path.exists():
            return [], []
        if not self.path.is_dir():
            raise WrongUsage(f"{self.path}: {'is not a folder' if self.path.exists() else 'no such folder'}")
        here = [path for path in sorted(self.path.rglob("*")) if path.is_file() and not self._is_hidden(path)]
        described = [each for path in here if path.name.endswith(RELEASE) if (each := self._described(path))]
        taken = {path for each in described for _, path in each.paths}
        others = [path for path in here if path not in taken and not path.name.endswith((RELEASE, PAGE))]
        names: dict[str, Path] = {}
        for path in [*taken, *others]:
            if (other := names.setdefault(path.name, path)) != path:
                raise WrongUsage(f"{other} and {path}: two files have the same name")
        return described, others

    def _is_hidden(self, path: Path) -> bool:
        return any(part.startswith(".") for part in path.relative_to(self.path).parts)

    def _described(self, path: Path) -> _Found | None:
        """Read the description of a release, with those of its files that are there."""
        known = _description(path)
        if known is None:
            self.left_out.append(f"{path.name}: is not the description of a release")
            return None
        paths: list[tuple[str, Path]] = []
        for name in known["files"]:
            kind = "doczip" if docs.is_documentation(Path(name)) else "releasefile"
            kind = "toxresult" if RESULT.fullmatch(name) else kind
            if is_file_name(name) and (file := path.with_name(name)).is_file():
                paths.append((kind, file))
        return _Found(known["name"], known["version"], tuple(paths), known["metadata"])

    def _read(self, path: Path) -> tuple[str, str, str, Mapping[str, object] | None] | None:
        """Return kind, project, version and metadata of a file that nothing describes; None for others."""
        try:
            if docs.is_documentation(path):
                name, version = docs.name_and_version(path)
                if version:
                    return "doczip", name, version, None
            elif dists.is_distribution(path):
                dist = dists.read(path)
                metadata = {key: value for key, value in dist.fields.items() if key not in dists.ABOUT_FILE}
                return "releasefile", str(dist.fields["name"]), dist.version, metadata
            self.left_out.append(f"{path.name}: is not a distribution")
        except BrokenDistribution as error:
            self.left_out.append(error.message)
        return None


def is_file_name(name: str) -> bool:
    """Return True if a name is that of a visible file in a folder, and no path."""
    is_plain = urls.is_name(name) and name.isprintable() and not name.startswith(".")
    return is_plain and name == name.strip() and len(name.encode(errors="replace")) <= LONGEST_NAME


def result_name(file: str, sha256: str) -> str:
    """Return the name of a tox result: that of the file it is about, and the beginning of its hash."""
    return f"{file}.toxresult-{sha256[:HASH_DIGITS]}.json"


def link_of(kind: str, path: Path) -> Link:
    """Return a file in a folder as a link with its SHA-256. Raises DevpiError if it cannot be read."""
    from hashlib import file_digest

    try:
        with path.open("rb") as file:
            digest, size = file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise DevpiError(f"cannot read {path}: {error.strerror}") from None
    about = RESULT.fullmatch(path.name) if kind == "toxresult" else None
    return Link(
        path.absolute().as_uri(),
        kind,
        digest,
        for_url=path.with_name(about["file"]).absolute().as_uri() if about else None,
        size=size,
    )


def path_of(link: Link) -> Path:
    """Return the path of a file that ``link_of`` made a link of."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return Path(url2pathname(urlsplit(link.url).path))


def _release(found: _Found) -> Release:
    links = [link_of(kind, path) for kind, path in found.paths]
    metadata = {"name": found.name, "version": found.version, **(found.metadata or {})}
    return Release(found.name, found.version, tuple(sorted(links, key=lambda link: link.name)), metadata=metadata)


def _description(path: Path) -> dict[str, Any] | None:
    """Read the description of a release; return None for anything else."""
    try:
        known = strict_json.parsed(files.read_bytes(path), most_mib=MEMORY_MIB)
    except (OSError, ValueError):
        return None
    return known if _is_description(known) else None


def _is_description(known: Any) -> bool:
    if not isinstance(known, dict) or not isinstance(known.get("metadata"), dict):
        return False
    texts, names = [known.get("name"), known.get("version")], known.get("files")
    is_named = all(isinstance(text, str) and text for text in texts)
    return is_named and isinstance(names, list) and all(isinstance(name, str) for name in names)
