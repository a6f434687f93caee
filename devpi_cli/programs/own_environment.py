"""Say what to type to add a package to the environment that devpi-cli runs in, however that was made."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "devpi-cli"
# Where packages are below a prefix.
PACKAGES = ("lib/python*/site-packages", "lib/python3/dist-packages", "Lib/site-packages")
PIPX, UV_TOOL, VENV, MANAGED, USER, SYSTEM = "pipx", "uv tool", "venv", "managed", "user", "system"
# What these programs leave in an environment of theirs, and distributions in a Python that pip must not change.
OF_PIPX, OF_UV, OF_SYSTEM = "pipx_metadata.json", "uv-receipt.toml", "EXTERNALLY-MANAGED"


@dataclass(frozen=True)
class OwnEnvironment:
    """Where Python runs: its prefix, that of the Python it was made from, and its interpreter.

    ``library`` is the folder of Python's own modules, ``packages`` that of devpi-cli, ``of_user`` that of packages
    that a user installed for themselves, and ``active`` the active virtual environment.
    """

    prefix: Path
    base: Path
    python: Path
    library: Path
    packages: Path
    of_user: Path
    active: Path | None = None

    @classmethod
    def here(cls) -> OwnEnvironment:
        """Return the environment of this process."""
        import site
        import sysconfig

        active = os.environ.get("VIRTUAL_ENV")
        return cls(
            Path(sys.prefix),
            Path(sys.base_prefix),
            Path(sys.executable),
            Path(sysconfig.get_path("stdlib")),
            Path(__file__).parents[2],
            Path(site.getusersitepackages()),
            Path(active) if active else None,
        )

    @property
    def kind(self) -> str:
        """What made the environment."""
        if (self.prefix / OF_PIPX).is_file():
            return PIPX
        if (self.prefix / OF_UV).is_file():
            return UV_TOOL
        if self.prefix != self.base:
            return VENV
        if (self.library / OF_SYSTEM).is_file():
            return MANAGED
        return USER if self.packages == self.of_user else SYSTEM

    def line_to_add(self, *packages: str) -> str:
        """Return the line that installs packages beside devpi-cli."""
        kind = self.kind
        if kind == PIPX:
            return _line("pipx", "inject", self.prefix.name, *packages)
        if kind == UV_TOOL:  # which forgets what was added before, unless it is named again
            wanted = dict.fromkeys([*self._added_with_uv(), *packages])
            return _line("uv", "tool", "install", *source(), *(word for name in wanted for word in ("--with", name)))
        if kind == MANAGED:
            return f"{_line('pipx', 'install', *source())} && {_line('pipx', 'inject', NAME, *packages)}"
        return self._pip("install", *(["--user"] if kind == USER else []), *packages)

    def line_to_repair(self) -> str:
        """Return the line that installs devpi-cli again, with its command."""
        again = {
            PIPX: ("pipx", "reinstall", self.prefix.name),
            UV_TOOL: ("uv", "tool", "install", "--reinstall", *source()),
            MANAGED: ("pipx", "install", *source()),
        }
        if self.kind in again:
            return _line(*again[self.kind])
        return self._pip(
            "install", "--reinstall" if self._is_without_pip else "--force-reinstall", "--no-deps", *source()
        )

    def line_to_remove(self, package: str) -> str:
        """Return the line that uninstalls a package beside devpi-cli."""
        if self.kind == PIPX:
            return _line("pipx", "uninject", self.prefix.name, package)
        if self.kind == UV_TOOL:
            return _line("uv", "pip", "uninstall", "--python", str(self.python), package)
        return self._pip("uninstall", package)

    def line_to_get(self, program: str) -> str:
        """Return the line that installs a program of its own."""
        makers = {PIPX: ("pipx", "install"), MANAGED: ("pipx", "install"), UV_TOOL: ("uv", "tool", "install")}
        return _line(*makers.get(self.kind, ("pip", "install")), program)

    @property
    def _is_without_pip(self) -> bool:
        """Whether this is an environment as uv makes it."""
        return self.kind == VENV and not any(found for place in PACKAGES for found in self.prefix.glob(f"{place}/pip"))

    def _pip(self, verb: str, *words: str) -> str:
        """Return a line for the pip of this environment, or for uv."""
        is_active = self.active == self.prefix
        if self._is_without_pip:
            return _line("uv", "pip", verb, *([] if is_active else ["--python", str(self.python)]), *words)
        return _line(*(["pip"] if is_active else [str(self.python), "-m", "pip"]), verb, *words)

    def _added_with_uv(self) -> list[str]:
        import tomllib

        with suppress(OSError, ValueError, LookupError, TypeError):
            receipt = tomllib.loads((self.prefix / OF_UV).read_text(encoding="utf-8"))
            others = [each for each in receipt["tool"]["requirements"] if each["name"] != NAME]
            return [f"{each['name']}{each.get('specifier', '')}" for each in others]
        return []


def source() -> list[str]:
    """Return what devpi-cli was installed from: a folder, a file, a repository, or its name for a package index."""
    from importlib.metadata import PackageNotFoundError, distribution

    with suppress(PackageNotFoundError, ValueError, LookupError, TypeError):
        record = json.loads(distribution(NAME).read_text("direct_url.json") or "{}")
        url = str(record["url"])
        if "vcs_info" in record:
            return [f"{record['vcs_info']['vcs']}+{url}"]
        place = unquote(urlsplit(url).path) if url.startswith("file://") and os.name == "posix" else url
        return [*(["--editable"] if record.get("dir_info", {}).get("editable") else []), place]
    return [NAME]


def of_extra(extra: str) -> list[str]:
    """Return the packages that an extra of devpi-cli adds here."""
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement

    found = []
    with suppress(PackageNotFoundError):
        for text in requires(NAME) or ():
            each = Requirement(text)
            if each.marker and each.marker.evaluate({"extra": extra}) and not each.marker.evaluate({"extra": ""}):
                found.append(f"{each.name}{each.specifier}")
    return found or [f"{NAME}[{extra}]"]


def line_to_add_extra(extra: str) -> str:
    """Return the line that adds what an extra of devpi-cli needs."""
    return OwnEnvironment.here().line_to_add(*of_extra(extra))


def line_to_get(program: str) -> str:
    """Return the line that installs a program that is missing."""
    return OwnEnvironment.here().line_to_get(program)


def line_to_upgrade(name: str, command: Sequence[str]) -> str:
    """Return the line that upgrades a program, by where it is; ``command`` is how it is run."""
    program = Path(command[0])
    prefix = program.resolve().parents[1] if name != "pip" else program.parents[1]
    if (prefix / OF_PIPX).is_file():
        return _line("pipx", "upgrade", name)
    if (prefix / OF_UV).is_file():
        return _line("uv", "tool", "upgrade", name)
    if name == "pip":
        return _line(*command, "install", "--upgrade", name)
    python = next(
        filter(Path.exists, (prefix / place for place in ("bin/python", "python.exe", "Scripts/python.exe"))), None
    )
    return _line(str(python), "-m", "pip", "install", "--upgrade", name) if python else _line(name, "self", "update")


def version_beside(program: str, package: str) -> str:
    """Return the version of a package in the environment of a program; empty if it is not known."""
    for prefix in dict.fromkeys((Path(program).parents[1], Path(program).resolve().parents[1])):
        for place in PACKAGES:
            for found in prefix.glob(f"{place}/{package}-*.dist-info"):
                return found.name.removesuffix(".dist-info").partition("-")[2]
    return ""


def _line(*words: str) -> str:
    if os.name == "posix":
        return shlex.join(words)
    return " ".join(f'"{word}"' if re.search(r"[\s<>&|]", word) else word for word in words)
