"""Find the data of a devpi-server, and tell what is wrong with it before anything is done."""

from __future__ import annotations

import importlib.util
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError, NothingFound, PluginMissing, SomeFailed
from devpi_cli.hosting import storage as storages
from devpi_cli.hosting.settings import ServerSettings, find_settings
from devpi_cli.system.files import expanded, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from devpi_cli.hosting.storage import Storage

DEFAULT = "~/.devpi/server"
NODEINFO, VERSION, DATABASE, FILES = ".nodeinfo", ".serverversion", ".sqlite", "+files"
DATABASE_VERSION = "4"
BUILT_IN = ("sqlite", "sqlite_db_files")
PLUGINS = {"pg8000": "devpi_postgresql"}
VARIABLE = "DEVPISERVER_SERVERDIR"
# devpi-postgresql takes its lock when a change is committed, not when it begins.
LOSSY = {"pg8000": "devpi-postgresql 3.0.1 acknowledged 30 of them, and had 8"}


@dataclass(frozen=True)
class Serverdir:
    """The folder of a devpi-server, and the settings that its programs get.

    ``storage`` is the one that was named, now or when it was made. ``origin`` says why it is this one; it is empty if
    the user named it.
    """

    path: Path
    settings: ServerSettings = field(default_factory=ServerSettings)
    storage: Storage | None = None
    origin: str = ""

    @property
    def exists(self) -> bool:
        """True if a server was made there."""
        return (self.path / NODEINFO).exists()

    @property
    def nodeinfo(self) -> dict[str, Any]:
        """What the server remembers of itself. Raises DevpiError if that cannot be read."""
        path = self.path / NODEINFO
        try:
            found = json.loads(read(path))
        except OSError as error:
            raise DevpiError(f"cannot read {path}: {error.strerror}", hint=_owner_hint(path)) from None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise DevpiError(f"{path} is damaged", hint="take it from a backup")
        return found

    @property
    def storage_name(self) -> str:
        """The storage that the data is in."""
        try:
            match self.nodeinfo.get("storage"):
                case {"name": str(name)}:
                    return name
        except DevpiError:
            pass
        return self.named_storage or "sqlite"

    @property
    def named_storage(self) -> str | None:
        """The storage that was named, without what follows its name."""
        return found.name if (found := self.known_storage) else None

    @property
    def known_storage(self) -> Storage | None:
        """The storage that was named, also in the settings file."""
        return self.storage or storages.parsed(self.settings.get("storage"))

    @property
    def database(self) -> Path:
        """The file of sqlite."""
        return self.path / DATABASE

    def options(self) -> list[str]:
        """Return the options for a program of devpi-server that works on this folder.

        A storage with settings is not among them: others can read arguments. It goes into a private settings file.
        """
        storage = ["--storage", self.storage.name] if self.storage and not self.storage.settings else []
        return ["--serverdir", str(self.path), *storage]

    def private_settings(self) -> dict[str, Any]:
        """Return what is no option for others to read, for a settings file."""
        return {"storage": self.storage.value} if self.storage and self.storage.settings else {}

    def variables(self) -> dict[str, str]:
        """Return the variables for a program: none wins over what ``private_settings`` says."""
        return {storages.VARIABLE: ""} if self.private_settings() else {}

    def problems(self) -> Iterator[DevpiError]:
        """Yield what keeps a program from reading this folder."""
        if not self.path.is_dir():
            what = "is not a folder" if self.path.exists() else "does not exist"
            yield NothingFound(f"{self.path} {what}", hint="name the data of a devpi-server with --serverdir")
            return
        try:
            names = set(os.listdir(self.path))  # noqa: PTH208 (names only)
        except OSError as error:
            yield DevpiError(f"cannot read {self.path}: {error.strerror}", hint=_owner_hint(self.path))
            return
        if missing := [name for name in (NODEINFO, VERSION) if name not in names]:
            what = f"{self.path} is not the data of a devpi-server: it has no {missing[0]}"
            yield NothingFound(what, hint="'devpi server init' makes one")
            return
        yield from self._problems_inside(names)

    def _problems_inside(self, names: set[str]) -> Iterator[DevpiError]:
        try:
            self.nodeinfo  # noqa: B018 (it is read)
            version = read(self.path / VERSION).strip()
        except DevpiError as error:
            yield error
            return
        except (OSError, ValueError) as error:
            what = getattr(error, "strerror", None) or "it is damaged"
            yield DevpiError(f"cannot read {self.path / VERSION}: {what}", hint=_owner_hint(self.path / VERSION))
            return
        if version.partition(".")[0] != DATABASE_VERSION:
            yield DevpiError(
                f"{self.path} has database version {version!r}, and this devpi-server needs {DATABASE_VERSION}",
                hint="export it with the devpi-server that it was made with, and import that here",
            )
        yield from missing_storage(self.storage_name)
        if self.storage_name == "sqlite":
            yield from self._problems_of_sqlite(names)

    def _problems_of_sqlite(self, names: set[str]) -> Iterator[DevpiError]:
        if DATABASE not in names:
            yield NothingFound(f"{self.path} has no database ({DATABASE})", hint="take it from a backup")
        elif not os.access(self.database, os.R_OK):
            yield DevpiError(f"cannot read {self.database}: Permission denied", hint=_owner_hint(self.database))

    def require(self) -> None:
        """Raise DevpiError with all that keeps a program from reading this folder."""
        raise_all(list(self.problems()))

    def owner(self) -> str:
        """Return the name of the user whom the folder belongs to."""
        return owner_of(self.path)


def missing_storage(name: str) -> Iterator[DevpiError]:
    """Yield the error for a storage whose plugin is not installed."""
    plugin = PLUGINS.get(name)
    if plugin and importlib.util.find_spec(plugin) is None:
        from devpi_cli.programs.own_environment import OwnEnvironment

        package = plugin.replace("_", "-")
        line = OwnEnvironment.here().line_to_add(package)
        yield PluginMissing(f"the storage {name} needs {package}", hint=f"install it with: {line}")


def lossy_storage(name: str, *, is_accepted: bool) -> Iterator[DevpiError]:
    """Yield the error for a storage that loses data when a server writes to it, unless that is accepted."""
    if name in LOSSY and not is_accepted:
        yield DevpiError(
            f"the storage {name} loses uploads that arrive at the same time ({LOSSY[name]})",
            hint="use sqlite, which loses none, or confirm with --accept-data-loss",
        )


def raise_all(problems: Sequence[DevpiError], doing: str = "nothing was changed") -> None:
    """Raise all problems as one error; do nothing if there are none."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        lines = [line for problem in problems for line in str(problem).splitlines()]
        raise SomeFailed.of(problems, [*lines, f"{len(problems)} problems: {doing}"], done=0)


def find_serverdir(
    configfile: str | None, serverdir: str | None, storage: str | None, quickstart: Path | None
) -> Serverdir:
    """Return the serverdir that was named, else that of quickstart, else devpi-server's own default.

    Raises BrokenSettings for a settings file that cannot be read.
    """
    named = serverdir or (None if configfile else os.environ.get(VARIABLE))
    typed = storages.parsed(storage or os.environ.get(storages.VARIABLE))
    if not (named or configfile) and quickstart:
        return _with_storage(Serverdir(quickstart, storage=typed, origin="the server that quickstart made"))
    settings = find_settings(configfile)
    if named:
        return _with_storage(Serverdir(_absolute(named), settings, typed, "" if serverdir else VARIABLE))
    if found := os.environ.get(VARIABLE) or settings.get("serverdir"):
        origin = "" if configfile else str(settings.path)
        return _with_storage(Serverdir(_absolute(str(found)), settings, typed, origin))
    return _with_storage(Serverdir(_absolute(DEFAULT), settings, typed, "the default of devpi-server"))


def _with_storage(found: Serverdir) -> Serverdir:
    """Return a serverdir with the storage that it was made with, if none is named."""
    return found if found.known_storage else replace(found, storage=storages.remembered(found.path))


def _absolute(typed: str) -> Path:
    return expanded(Path(typed)).absolute()


def _owner_hint(path: Path) -> str:
    with suppress(OSError, AttributeError):
        if path.stat().st_uid != os.geteuid():
            return f"it belongs to {owner_of(path)}: run this as that user"
        if not stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR:
            return "its mode does not let you read it"
    return "see its owner and mode with: ls -la"


def owner_of(path: Path) -> str:
    """Return the name of the user whom a file belongs to."""
    with suppress(OSError, KeyError, NotImplementedError):
        return path.owner()
    return "another user"
