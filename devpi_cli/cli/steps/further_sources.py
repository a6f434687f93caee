"""Say what pip and uv install from besides the index, or shut it out."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from devpi_cli import urls
from devpi_cli.errors import WrongUsage
from devpi_cli.installers import sources
from devpi_cli.packages import requirements
from devpi_cli.system import private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from devpi_cli.cli.app import App
    from devpi_cli.cli.steps.install_env import Installer
    from devpi_cli.installers.sources import Source

VARIABLES_OF_FILES = {
    True: ("PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"),
    False: ("UV_CONSTRAINT", "UV_OVERRIDE", "UV_BUILD_CONSTRAINT"),
}
TYPED = ("--no-index", "--index", "--default-index", "--config-file")
OF_UV = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


def name_all(app: App, installer: Installer, index_url: str, arguments: Sequence[str]) -> None:
    """Warn of everything that an installation may take files from besides the index."""
    program = "pip" if installer.is_pip else "uv"
    found = sources.of_pip(installer.prefix) if installer.is_pip else sources.of_uv()
    named, unread = requirements.sources(_files(installer, arguments))
    further = [source for source in (*found, *named) if source.url.rstrip("/") != index_url.rstrip("/")]
    for line in told(program, further):
        app.out.warn(line)
    for name in unread:
        if not urls.is_url(name) and not os.path.exists(name):  # noqa: PTH110 (a name that is too long is none)
            continue  # pip and uv will say so
        app.out.warn(f"{program} may also install from other places: devpi does not read {name}")


def told(program: str, further: Iterable[Source]) -> list[str]:
    """Return a line for each further source."""
    return [f"{program} also installs from {source.url} ({source.origin})" for source in further]


def refuse_all(installer: Installer, arguments: Sequence[str]) -> None:
    """Raise WrongUsage for a command line that names another index.

    A requirements file may name it, too.
    """
    typed = [name for word in arguments if (name := word.partition("=")[0]) in TYPED]
    for option in (*typed, *requirements.source_options_in(arguments)):
        raise WrongUsage(f"--only-index cannot be combined with {option}")
    named, unread = requirements.sources(_files(installer, arguments))
    if named:
        source = named[0]
        raise WrongUsage(f"--only-index cannot be combined with {source.url} ({source.origin})")
    if unread:
        what = f"--only-index cannot be combined with {unread[0]}, which devpi cannot read"
        raise WrongUsage(what, hint="name a file that exists and is UTF-8 text")


@contextmanager
def shut_out(installer: Installer, index_url: str) -> Iterator[dict[str, str]]:
    """Yield the variables with which pip and uv use only one index.

    Their settings do not matter then.
    """
    with private.folder() as empty:
        if installer.is_pip:  # which does not take an empty value for none, and has no option against its files
            yield {"PIP_EXTRA_INDEX_URL": index_url, "PIP_FIND_LINKS": empty.as_uri(), "PIP_NO_INDEX": "0"}
            return
        settings = empty / "uv.toml"  # uv reads the named file instead of all others
        settings.touch()
        yield {"UV_CONFIG_FILE": str(settings), "UV_NO_SOURCES": "1", "UV_NO_INDEX": "0", **dict.fromkeys(OF_UV, "")}


def _files(installer: Installer, arguments: Sequence[str]) -> list[str]:
    variables = VARIABLES_OF_FILES[installer.is_pip]
    return requirements.files_in(arguments) + [name for each in variables for name in os.environ.get(each, "").split()]
