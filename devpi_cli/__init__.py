"""The command-line client for devpi, the private Python package server.

``from devpi_cli import connect`` is its Python API. Names are imported on first use: ``import devpi_cli`` alone loads
nothing, because the command has to start fast.
"""

from devpi_cli._version import __version__

__all__ = ["Client", "DevpiError", "Index", "Link", "Login", "Release", "User", "__version__", "connect"]

TYPE_CHECKING = False  # type checkers know this name; importing it from typing costs time
if TYPE_CHECKING:
    from devpi_cli.client import Client, connect
    from devpi_cli.errors import DevpiError
    from devpi_cli.models import Index, Link, Login, Release, User

_MODULES = {"Client": "client", "connect": "client", "DevpiError": "errors"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'models')}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
