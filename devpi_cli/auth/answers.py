"""Decide which URL gets which login, when another program asks for one."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from devpi_cli import urls

if TYPE_CHECKING:
    from collections.abc import Iterable

# No reader takes such a URL for another: ASCII, one @ at most before the host, a path, no query, no empty or dot
# segment, nothing quoted that would make one. A bare host does not match.
PLAIN = re.compile(r"https?://(?:[^/?#@\\]*@)?[\w.:\[\]-]+/[^?#\\]*", re.ASCII | re.IGNORECASE)
VISIBLE = re.compile(r"[!-~]+")
TOKEN_SECONDS = 3600
TRICKY = re.compile(r"//|/\.{1,2}(?:/|$)|%(?:2e|2f|5c|25|[01][0-9a-f]|7f)", re.IGNORECASE)


class Grant(NamedTuple):
    """A login, and the root URL of the only server that may see it."""

    root: str
    user: str
    secret: str

    def __repr__(self) -> str:
        return f"Grant({self.root!r}, {self.user!r})"  # without the secret


def answer(url: str, user: str | None, grants: Iterable[Grant]) -> Grant | None:
    """Return the login for a URL; None if it is for nobody we know.

    A login is for URLs below the root of its server, with the same scheme, host and port. Without ``user``, that of any
    user counts. An API token is narrowed to what programs do at such a URL.
    """
    if not _is_plain(url):
        return None
    for grant in grants:
        if user in (None, "", grant.user) and urls.is_below(url, grant.root):
            return grant._replace(secret=_narrowed(url, grant))
    return None


def question(url: str, user: str) -> str:
    """Return the URL with which pip and uv ask for the login of a user.

    It names the port, also the usual one. pip keeps a login by host and port, as they are written, and would send that
    for ``https://host/`` to ``http://host/``.
    """
    parts = urlsplit(url)
    port = "" if parts.port else f":{urls.DEFAULT_PORTS[parts.scheme]}"
    host = parts.netloc.rpartition("@")[2].removesuffix(":")
    return parts._replace(netloc=f"{quote(user, safe='')}@{host}{port}").geturl()


def _narrowed(url: str, grant: Grant) -> str:
    """Return an API token that may only read, or upload where uploads go, for an hour; any other secret as it is.

    The files of an index can be on any of its bases, so that reading is not limited to one.
    """
    from devpi_cli.server import tokens

    if not (tokens.is_token(grant.secret) and tokens.user_of(grant.secret)):
        return grant.secret
    names = unquote(urlsplit(url).path[len(urlsplit(grant.root).path) :]).strip("/").split("/")
    is_index = len(names) == 2  # noqa: PLR2004 (user/index are two)
    expires = int(time.time()) + TOKEN_SECONDS
    limits = tokens.Limits(("pkg_read",), expires=expires)
    if is_index:
        limits = tokens.Limits(("pkg_read", "upload"), ("/".join(names),), expires=expires)
    return tokens.derived(grant.secret, limits)


def _is_plain(url: str) -> bool:
    if not (VISIBLE.fullmatch(url) and PLAIN.fullmatch(url)):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname and parts.port != 0) and not TRICKY.search(parts.path)
    except ValueError:  # the port is not a number, or the address is none
        return False
