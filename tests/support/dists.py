"""Wheels, sdists and projects to upload."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devpi_cli.server.api import Server

# A tox.ini up to the code that is its test. Nothing is installed, so a run takes a second.
QUICK_TOX = "[testenv]\nskip_install = true\nlist_dependencies_command = python -c pass\ncommands = python -c "


def make_wheel(folder: Path, name: str = "demo", version: str = "1.0", metadata: str = "") -> Path:
    """Write a small wheel that pip can install."""
    module = name.replace("-", "_")
    path = folder / f"{module}-{version}-py3-none-any.whl"
    info = f"{module}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{module}.py", f"version = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def made_later(wheel: Path) -> bytes:
    """Return a wheel with the same members, but other times."""
    later = BytesIO()
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(later, "w") as new:
        for info in old.infolist():
            copy = zipfile.ZipInfo(info.filename, (2030, 1, 2, 3, 4, 6))
            copy.external_attr = info.external_attr
            new.writestr(copy, old.read(info))
    return later.getvalue()


def make_sdist(folder: Path, files: dict[str, str], name: str = "demo", version: str = "1.0") -> Path:
    """Write an sdist of these files and its metadata."""
    path = folder / f"{name}-{version}.tar.gz"
    files = {"PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", **files}
    with tarfile.open(path, "w:gz") as tar:
        for member, text in files.items():
            info = tarfile.TarInfo(f"{name}-{version}/{member}")
            info.size = len(text.encode())
            tar.addfile(info, BytesIO(text.encode()))
    return path


def make_project(folder: Path, name: str = "demo-pkg", version: str = "1.0") -> Path:
    """Write a project that builds without the network."""
    folder.mkdir(exist_ok=True)
    module = name.replace("-", "_")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
    )
    shutil.copy(Path(__file__).with_name("backend.py"), folder)
    (folder / f"{module}.py").write_text(f"version = {version!r}\n")
    return folder


def put(server: Server, index: str, version: str, name: str = "demo", file: str = "") -> str:
    """Put a release with one small file on an index and return the file's URL; any text can be its version."""
    fields = {"metadata_version": "2.1", "name": name, "version": version, "filetype": "sdist", "pyversion": "source"}
    file = file or f"{name}-{version}.tar.gz"
    content = f"{name} {version}".encode()
    server.upload(index, fields, file, BytesIO(content))
    digest = sha256(content).hexdigest()
    return f"{server.url(index)}/+f/{digest[:3]}/{digest[3:16]}/{file}"
