"""A build backend inside the project, so that builds in tests download nothing."""

from __future__ import annotations

import io
import tarfile
import tomllib
import zipfile
from pathlib import Path


def _metadata() -> tuple[str, str, str]:
    """Return the project's module name, its ``name-version`` for file names, and its core metadata."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    module = project["name"].replace("-", "_")
    text = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    return module, f"{module}-{project['version']}", text


def _wheel(folder: str, files: dict[str, str]) -> str:
    _, stem, metadata = _metadata()
    name = f"{stem}-py3-none-any.whl"
    files[f"{stem}.dist-info/METADATA"] = metadata
    files[f"{stem}.dist-info/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{stem}.dist-info/RECORD"] = ""
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name


def build_wheel(folder: str, config_settings: object = None, metadata_directory: object = None) -> str:
    module = _metadata()[0]
    return _wheel(folder, {f"{module}.py": Path(f"{module}.py").read_text()})


def build_editable(folder: str, config_settings: object = None, metadata_directory: object = None) -> str:
    return _wheel(folder, {f"{_metadata()[0]}.pth": str(Path.cwd())})


def build_sdist(folder: str, config_settings: object = None) -> str:
    module, stem, metadata = _metadata()
    files = {"PKG-INFO": metadata.encode()}
    files |= {name: Path(name).read_bytes() for name in ("pyproject.toml", "backend.py", f"{module}.py")}
    with tarfile.open(Path(folder, f"{stem}.tar.gz"), "w:gz") as sdist:
        for path, content in files.items():
            member = tarfile.TarInfo(f"{stem}/{path}")
            member.size = len(content)
            sdist.addfile(member, io.BytesIO(content))
    return f"{stem}.tar.gz"
