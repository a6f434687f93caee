"""Make documentation zips from Sphinx, a folder or another archive."""

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
NO_NAME = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, and bytes that are not UTF-8
SPHINX_FOLDERS = ("doc", "docs", "source")


def is_documentation(path: Path) -> bool:
    """Return True if a file name is that of a documentation archive.

    Examples are ``NAME-VERSION.doc.zip``, ``NAME-VERSION.docs.zip`` and ``NAME-VERSION.doc.tar.gz``.
    """
    return ARCHIVE.fullmatch(path.name) is not None


def read(path: Path, private: Path) -> Dist:
    """Prepare a documentation archive for upload.

    An archive that is not a zip is repacked in ``private``. Raises BrokenDistribution for an archive that is damaged,
    or cannot be unpacked safely or repacked.
    """
    stem = _stem(path)
    name, version = _name_and_version(stem)
    if not path.name.lower().endswith(".zip"):
        return dist(_repacked(path, f"{stem}{SUFFIX}", private), name, version)
    if not zipfile.is_zipfile(path):
        raise BrokenDistribution(f"{path.name}: the archive is broken")
    return dist(path, name, version)


def name_and_version(path: Path) -> tuple[str, str]:
    """Return the project and the version in the name of a documentation archive; an empty version for none."""
    return _name_and_version(_stem(path))


def _stem(path: Path) -> str:
    found = ARCHIVE.fullmatch(path.name)
    return found["stem"] if found else path.stem


def _repacked(archive: Path, name: str, private: Path) -> Path:
    """Repack an archive as a zip, in a folder of its own because names may clash."""
    folder = Path(tempfile.mkdtemp(dir=private))
    pages = folder / "pages"
    archives.unpack(archive, pages)
    if not any(page.is_file() for page in pages.rglob("*")):
        raise BrokenDistribution(f"{archive.name}: no documentation, the archive is empty")
    try:
        return pack(pages, folder / name)
    except WrongUsage as error:
        raise BrokenDistribution(f"{archive.name}: {error.message}") from None


def dist(path: Path, name: str, version: str) -> Dist:
    """Return the upload for a documentation zip; no version means the newest."""
    fields: dict[str, object] = {"name": name, "version": version} if version else {"name": name}
    return Dist(path, normalised(name), version, fields, action=DOC_UPLOAD)


def pack(folder: Path, target: Path) -> Path:
    """Pack the files of a folder into a new zip; return its path.

    The zip is reproducible: it does not depend on when the pages were made. Raises WrongUsage for an empty folder, a
    link that leads out of it, and a name that a zip cannot hold.
    """
    root = folder.resolve()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise WrongUsage(f"{folder}: no documentation, the folder is empty")
    with zipfile.ZipFile(target, "w") as packed:
        for file in files:
            if not file.resolve().is_relative_to(root):
                raise WrongUsage(f"{file} leads out of the documentation folder")
            name = file.relative_to(folder).as_posix()
            if NO_NAME.search(name):
                raise WrongUsage(f"the page {name!r} has a name that is not plain text, which a zip requires")
            member = zipfile.ZipInfo(name)  # dated 1980
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with file.open("rb") as page, packed.open(member, "w") as copy:
                shutil.copyfileobj(page, copy)
    return target


def sphinx_source(project: Path) -> Path:
    """Return the folder with Sphinx's ``conf.py``. Raises WrongUsage for none."""
    for name in SPHINX_FOLDERS:
        for folder in (project / name, project / name / "source"):
            if (folder / "conf.py").is_file():
                return folder
    raise WrongUsage(
        f"{project} has no documentation to build (no conf.py in {', '.join(SPHINX_FOLDERS)})",
        hint="name a folder of finished pages with --docs DIR",
    )


def _name_and_version(stem: str) -> tuple[str, str]:
    """Split ``NAME-VERSION`` at the first hyphen before a valid version.

    Without one, all is the name.
    """
    parts = stem.split("-")
    for number in range(1, len(parts)):
        version = "-".join(parts[number:])
        if parsed_version(version):
            return "-".join(parts[:number]), version
    return stem, ""
