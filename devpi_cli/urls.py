"""Parse typed URLs and names, compare URLs, and hide secrets in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from devpi_cli.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_LABEL = 63  # of a host name (RFC 1035, 2.3.4)
NO_HOST = re.compile("[\\s\ud800-\udfff]")  # blanks, and surrogates for bytes that are not text


def is_url(typed: str) -> bool:
    """Return whether the text is a full URL, not a path or a name."""
    return "://" in typed


def checked(typed: str) -> str:
    """Return a valid URL without query, fragment and trailing slash.

    Raises WrongUsage unless it is an http or https URL with a host.
    """
    try:
        parts = urlsplit(typed.strip())
        port = parts.port
    except ValueError:  # its text can contain a password: urlsplit takes ``user:pa/ss@host`` for a port
        raise WrongUsage(f"invalid URL {hide(typed)!r}: it has no valid host") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise WrongUsage(f"invalid URL {hide(typed)!r}: it has to begin with http:// or https://")
    labels = (parts.hostname or "").removesuffix(".").split(".")
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels) or port == 0 or NO_HOST.search(parts.netloc):
        raise WrongUsage(f"invalid URL {hide(typed)!r}: it has no valid host")
    path = quote(unquote(parts.path).rstrip("/"), safe="/+@!$&'(),;=:~", errors="replace")
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def without_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """Split ``https://user:password@host/…`` into bare URL and ``(user, password)``.

    Raises WrongUsage for a user without a password.
    """
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, colon, password = userinfo.partition(":")
    if not colon:
        raise WrongUsage(f"invalid URL {hide(url)!r}: a user name before the host needs a password, user:password@host")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))


def with_login(url: str, user: str, password: str) -> str:
    """Put user and password into a URL, quoted: ``@ : / % #`` are common in both."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"))


def hide(text: str) -> str:
    """Replace the password in every URL of a text by ``****``.

    That includes a password with a slash that should have been quoted. A user name
    without a password is hidden, too: for many servers that is a token.
    """
    text = re.sub(r"://[^/\s:@]+@", "://****@", text)
    return re.sub(r"(://[^/\s:@]*):(?:[^/\s]*@|(?!\d+/)[^\s@]*@)", r"\1:****@", text)


def hidden(value: Any) -> Any:
    """Return JSON with passwords in URLs hidden, as in the URL of a mirror."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, list):
        return [hidden(part) for part in value]
    return {name: hidden(part) for name, part in value.items()} if isinstance(value, dict) else value


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a URL, with the default port filled in.

    Credentials are sent only to the same origin. Raises ValueError for an invalid URL.
    """
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme)


def is_loopback(url: str) -> bool:
    """Return whether the host of a URL is ``localhost``, ``127.…`` or ``[::1]``."""
    host = urlsplit(url).hostname or ""
    if not (host[:1].isdigit() or ":" in host):
        return host == "localhost"
    from ipaddress import ip_address  # here, because most hosts are names

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_below(url: str, root: str) -> bool:
    """Return whether a URL is below a root URL; one with ``..`` never is."""
    path = f"{urlsplit(url).path}/"
    starts_there = path.startswith(f"{urlsplit(root).path.rstrip('/')}/")
    return starts_there and origin(url) == origin(root) and ".." not in unquote(path).split("/")


def join(root: str, *names: str) -> str:
    """Join quoted names to a root URL, without a trailing slash."""
    return root.rstrip("/") + "".join(f"/{quote(name, safe='+@!:', errors='replace')}" for name in names)


def path(url: str) -> str:
    """Return the path of a URL."""
    return urlsplit(url).path


def absolute(base: str, path: str) -> str:
    """Append a path, with or without a leading slash, to a base URL."""
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def _split(url: str, roots: Iterable[str]) -> tuple[str, str | None]:
    """Split a URL into the root URL of the server and the index, if it has one."""
    page = url.partition("/+simple")[0]
    for root in sorted((root for root in roots if is_below(f"{page}/", root)), key=len, reverse=True):
        names = [name for name in path(page)[len(path(root)) :].split("/") if name]
        if len(names) <= 2:  # noqa: PLR2004 (user/index are two)
            return root, "/".join(names) if names[1:] else None
    names = [name for name in path(page).split("/") if name]
    if len(names) < 2:  # noqa: PLR2004 (user/index are two)
        return f"{page.rstrip('/')}/", None
    parts = urlsplit(page)
    return urlunsplit((parts.scheme, parts.netloc, "/".join(["", *names[:-2], ""]), "", "")), "/".join(names[-2:])


class Place(NamedTuple):
    """A parsed URL: root URL of the server, index if any, user and password if any."""

    root: str
    index: str | None = None  # type: ignore[assignment]  # hides tuple.index, which is not used
    basic_auth: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return f"Place({self.root!r}, {self.index!r})"  # without the password


def place(typed: str, roots: Iterable[str] = ()) -> Place:
    """Parse the URL of a server or an index; ``roots`` are the known servers.

    Raises WrongUsage for an invalid URL.
    """
    url, basic_auth = without_login(checked(typed))
    return Place(*_split(url, roots), basic_auth)


def index_place(typed: str, roots: Iterable[str] = ()) -> Place:
    """Parse the URL of an index, as ``place`` does.

    Raises WrongUsage also if the URL is not that of an index.
    """
    found = place(typed, roots)
    if found.index is None:
        raise WrongUsage(f"{hide(typed)!r} is not the URL of an index: it has to end in /USER/INDEX")
    return found


def user_name(typed: str) -> str:
    """Return a user name as typed.

    Raises WrongUsage if it has a slash or only dots.
    """
    if "/" in typed or not typed.strip("."):
        raise WrongUsage(f"{typed!r} is not the name of a user", hint="for an index, use 'devpi index'")
    return typed


def index_name(typed: str, user: str | None) -> str:
    """Return ``user/index`` for ``[/]user/index``, or for ``index`` of a user.

    Raises WrongUsage for anything else.
    """
    names = typed.strip("/").split("/")
    if len(names) == 1 and user:
        names.insert(0, user)
    if len(names) != 2 or not all(name.strip(".") for name in names):  # noqa: PLR2004 (user/index are two)
        needs = "USER/INDEX" if len(names) == 1 else "of the form USER/INDEX or INDEX"
        raise WrongUsage(f"index {typed!r} has to be {needs}")
    return "/".join(names)
