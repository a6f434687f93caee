"""The documentation of a release: a zip of web pages, from Sphinx, a folder or another archive."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from devpi_cli.errors import BrokenDistribution, WrongUsage
from devpi_cli.models import DOC_UPLOAD, Dist, normalised, parsed_version
from devpi_cli.packages import archives

SUFFIX = ".doc.zip"
ARCHIVE = re.compile(r"(?P<stem>.+)\.docs?\.(?:zip|tar\.gz|tgz)", re.IGNORECASE)
NO_NAME = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, and bytes that are no UTF-8
SPHINX_FOLDERS = ("doc", "docs", "source")


def is_documentation(path: Path) -> bool:
    """Tell by its name whether a file holds documentation: ``NAME-VERSION.doc.zip``, ``.docs.zip``, ``.doc.tar.gz``."""
    return ARCHIVE.fullmatch(path.name) is not None


def read(path: Path, private: Path) -> Dist:
    """Return what to upload for a documentation archive: a zip as it is, another archive repacked in ``private``.

    Raises BrokenDistribution for a damaged archive, and for one that cannot be unpacked safely or repacked.
    """
    found = ARCHIVE.fullmatch(path.name)
    stem = found["stem"] if found else path.stem
    name, version = _name_and_version(stem)
    if not path.name.lower().endswith(".zip"):
        return dist(_repacked(path, f"{stem}{SUFFIX}", private), name, version)
    if not zipfile.is_zipfile(path):
        raise BrokenDistribution(f"{path.name}: the archive is broken")
    return dist(path, name, version)


def _repacked(archive: Path, name: str, private: Path) -> Path:
    """Turn an archive into a zip of that name, in a folder of its own: another archive may have the same name."""
    place = Path(tempfile.mkdtemp(dir=private))
    pages = place / "pages"
    archives.unpack(archive, pages)
    if not any(page.is_file() for page in pages.rglob("*")):
        raise BrokenDistribution(f"{archive.name}: no documentation, the archive is empty")
    try:
        return pack(pages, place / name)
    except WrongUsage as error:
        raise BrokenDistribution(f"{archive.name}: {error.message}") from None


def dist(path: Path, name: str, version: str) -> Dist:
    """Return what to upload for a zip with the documentation of a release; no version means the newest one there."""
    fields: dict[str, object] = {"name": name, "version": version} if version else {"name": name}
    return Dist(path, normalised(name), version, fields, action=DOC_UPLOAD)


def pack(folder: Path, target: Path) -> Path:
    """Put the files of a folder into a new zip, which is the same one for the same pages, whenever they were made.

    Raises WrongUsage when there are none, when a link leads out of the folder, and for a name that no zip can have.
    """
    root = folder.resolve()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise WrongUsage(f"{folder}: no documentation, the folder is empty")
    with zipfile.ZipFile(target, "w") as packed:
        for file in files:
            if not file.resolve().is_relative_to(root):
                raise WrongUsage(f"{file} leads out of the folder of the documentation")
            name = file.relative_to(folder).as_posix()
            if NO_NAME.search(name):
                raise WrongUsage(f"the page {name!r} has a name that is no text, and a zip takes no other")
            member = zipfile.ZipInfo(name)  # its time is 1980
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with file.open("rb") as page, packed.open(member, "w") as copy:
                shutil.copyfileobj(page, copy)
    return target


def sphinx_source(project: Path) -> Path:
    """Return the folder with Sphinx's ``conf.py``. Raises WrongUsage when there is none."""
    for name in SPHINX_FOLDERS:
        for folder in (project / name, project / name / "source"):
            if (folder / "conf.py").is_file():
                return folder
    raise WrongUsage(
        f"{project} has no documentation to build (no conf.py in {', '.join(SPHINX_FOLDERS)})",
        hint="name a folder of finished pages with --docs DIR",
    )


def _name_and_version(stem: str) -> tuple[str, str]:
    """Split ``NAME-VERSION`` where the rest is a version for the first time; there may be none."""
    parts = stem.split("-")
    for number in range(1, len(parts)):
        version = "-".join(parts[number:])
        if parsed_version(version):
            return "-".join(parts[:number]), version
    return stem, ""
