"""Read the server, index and logins of devpi-client, without changing them.

devpi-client 6 and newer keeps ``current.json`` (what is in use) and ``auth.json`` (secrets) in one folder. Older
versions kept everything in ``current.json``. With ``--local`` a virtual environment has a ``devpi.json`` instead.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from devpi_cli.system import files
from devpi_cli.urls import is_below, origin

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ImportedState:
    """What was in use, and the secrets by the root URL of the server."""

    server: str | None = None
    index: str | None = None
    is_mirror: bool = False
    user: str | None = None
    features: tuple[str, ...] = ()
    venv: str | None = None
    always_set_cfg: bool = False
    tokens: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """root URL -> user -> token"""
    basic_auth: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    client_certs: dict[str, str] = field(default_factory=dict)


def read(folder: Path) -> ImportedState | None:
    """Read the state of devpi-client in a folder; return None if there is none.

    Damaged, empty or unexpected contents are ignored, because the files are not ours.
    """
    current = _json(folder / "current.json")
    secrets = {**current, **_json(folder / "auth.json")}
    if not secrets:
        return None
    return replace(
        _in_use(current),
        tokens={url: tokens for url, pairs in _by_url(secrets.get("auth")).items() if (tokens := _tokens(pairs))},
        basic_auth={
            _usual(url): pair for url, value in _by_url(secrets.get("basic_auth")).items() if (pair := _pair(value))
        },
        client_certs={
            _usual(url): cert for url, value in _by_url(secrets.get("client_cert")).items() if (cert := _text(value))
        },
    )


def read_local(venv: Path) -> ImportedState | None:
    """Read the file of devpi-client's ``devpi use --local``, or return None."""
    current = _json(venv / "devpi.json")
    return _in_use(current) if current else None


def _in_use(current: dict[str, Any]) -> ImportedState:
    login = _url(current.get("login"))
    root = login.removesuffix("+login") if login else None
    index = _url(current.get("index"))
    return ImportedState(
        server=root,
        index=index.removeprefix(root).strip("/") if root and index and is_below(index, root) else None,
        is_mirror=bool(index) and not current.get("pypisubmit"),
        user=_text(current.get("username")),
        features=tuple(str(feature) for feature in _list(current.get("features"))),
        venv=_text(current.get("venvdir")),
        always_set_cfg=current.get("always_setcfg") is True,
    )


def _json(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, RecursionError):
        return _dict(json.loads(files.read(path)))
    return {}


def _tokens(pairs: object) -> dict[str, str]:
    """Return the tokens of a server.

    They come from a list of ``[user, token]`` or (older) a single pair.
    """
    single = _pair(pairs)
    found = [single] if single else [_pair(pair) for pair in _list(pairs)]
    return dict(pair for pair in found if pair)


def _pair(value: object) -> tuple[str, str] | None:
    match value:
        case [str(user), str(secret)]:
            return user, secret
    return None


def _usual(url: str) -> str:
    """Return a URL without its default port.

    devpi-client always writes it in these URLs.
    """
    scheme, host, port = origin(url)
    return url.replace(f"{host}:{port}", host, 1) if (scheme, port) in (("http", 80), ("https", 443)) else url


def _by_url(value: object) -> dict[str, Any]:
    return {url: known for url, known in _dict(value).items() if _url(url)}


def _url(value: object) -> str | None:
    with suppress(ValueError):
        text = _text(value)
        return text if text and origin(text)[1] else None
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
