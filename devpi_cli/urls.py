"""Parse typed URLs and names, and compare URLs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from devpi_cli.errors import WrongUsage
from devpi_cli.printable import hide

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_LABEL = 63  # of a host name (RFC 1035, 2.3.4)
NO_HOST = re.compile("[\\s\ud800-\udfff]")  # blanks, and surrogates for bytes that are not text
NO_NAME = re.compile(r"[/\\\\?#%\x00-\x1f\x7f]")  # what separates, ends or escapes the names in a path
ENCODED_DOT = re.compile("%2e", re.IGNORECASE)
HASH = re.compile(r"\w+=[0-9A-Fa-f]+")
FILES = ("+f", "+e")
"""Where an index has its files: those uploaded, and those that a mirror refers to."""


def named(typed: str) -> str:
    """Return a typed URL for a message, with its secrets hidden.

    Those with blanks are hidden, too.
    """
    return hide(re.sub(r"\s", "%20", typed.strip()) if "@" in typed else typed)


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
        raise WrongUsage(f"invalid URL {named(typed)!r}: it has no valid host or port") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise WrongUsage(f"invalid URL {named(typed)!r}: it must begin with http:// or https://")
    labels = (parts.hostname or "").removesuffix(".").split(".")
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels) or port == 0 or NO_HOST.search(parts.netloc):
        raise WrongUsage(f"invalid URL {named(typed)!r}: it has no valid host")
    if any(name and not name.strip(".") for name in re.split(r"[/\\]", unquote(parts.path))):
        raise WrongUsage(f"invalid URL {named(typed)!r}: its path has '.' or '..' instead of a name")
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
        raise WrongUsage(f"invalid URL {named(url)!r}: a user name before the host needs a password, too")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))


def with_login(url: str, user: str, password: str) -> str:
    """Put user and password into a URL, quoted: ``@ : / % #`` are common in both."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"))


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


def is_name(text: str) -> bool:
    """Return whether every server and proxy takes a text for one name in a path."""
    return bool(text.strip(".")) and not NO_NAME.search(text)


def join(root: str, *names: str) -> str:
    """Join quoted names to a root URL, without a trailing slash.

    Raises WrongUsage for what is not a name: ``DELETE /alice/dev/..`` would delete alice.
    """
    for name in names:
        if not is_name(name):
            raise WrongUsage(
                f"{name!r} is not a name", hint="a name must not contain / \\ ? # %, or consist of dots only"
            )
    return root.rstrip("/") + "".join(f"/{quote(name, safe='+@!:', errors='replace')}" for name in names)


def names_in(url: str) -> list[str] | None:
    """Return the names in a URL's path, decoded; a slash may end it.

    None if a server or a proxy could read another path: one with ``//``, ``..``, an encoded slash, a backslash. None
    also for an invalid URL.
    """
    if not url.isprintable() or "\\" in url:
        return None
    try:
        origin(url)
    except ValueError:
        return None
    path = urlsplit(url).path.removeprefix("/").removesuffix("/")
    names = [unquote(name) for name in path.split("/")] if path else []
    return names if all(map(is_name, names)) and not ENCODED_DOT.search(path) else None


def file_place(typed: str, root: str = "") -> tuple[str, str]:
    """Split the URL of a file into its server's root and the bare URL.

    It may have a hash. The path is ``/USER/INDEX/+f/…/NAME``, or ``+e``, below ``root`` if the URL is there, else
    below any root. Raises WrongUsage for anything else: a server would delete a project, an index or a user at such
    a URL.
    """
    url, sign, fragment = typed.partition("#")
    names = names_in(url) or []
    if names and root and is_below(url, root):
        user = len(names_in(root) or [])
    else:
        user = next((place - 2 for place, name in enumerate(names) if name in FILES), -1)
    is_file = user >= 0 and len(names) > user + 3 and names[user + 2] in FILES
    if not is_file or "?" in url or url.endswith("/") or (sign and not HASH.fullmatch(fragment)):
        raise WrongUsage(
            f"{hide(typed)!r} is not the URL of a file",
            hint="type a URL from 'devpi list NAME', or 'NAME==VERSION'",
        )
    parts = urlsplit(url)
    above = "/".join([*parts.path.split("/")[: user + 1], ""])
    return urlunsplit((parts.scheme, parts.netloc, above, "", "")), url


def path(url: str) -> str:
    """Return the path of a URL."""
    return urlsplit(url).path


def absolute(base: str, path: str) -> str:
    """Append a path, with or without a leading slash, to a base URL."""
    return f"{base.rstrip('/')}/{path.removeprefix('/')}"


def _split(url: str, roots: Iterable[str]) -> tuple[str, str | None]:
    """Split a URL into the root URL of the server and the index, if it has one."""
    page = url.partition("/+simple")[0]
    for root in sorted((root for root in roots if is_below(f"{page}/", root)), key=len, reverse=True):
        names = [name for name in path(page)[len(path(root)) :].split("/") if name]
        if len(names) <= 2:  # noqa: PLR2004 (user/index are two)
            return root, "/".join(map(unquote, names)) if names[1:] else None
    names = [name for name in path(page).split("/") if name]
    if len(names) < 2:  # noqa: PLR2004 (user/index are two)
        return f"{page.rstrip('/')}/", None
    parts = urlsplit(page)
    return urlunsplit((parts.scheme, parts.netloc, "/".join(["", *names[:-2], ""]), "", "")), "/".join(
        map(unquote, names[-2:])
    )


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
        raise WrongUsage(f"{named(typed)!r} is not the URL of an index: it must end in /USER/INDEX")
    return found


def user_name(typed: str) -> str:
    """Return a user name as typed.

    Raises WrongUsage for what cannot be one.
    """
    if not is_name(typed):
        raise WrongUsage(f"{typed!r} is not the name of a user", hint="for an index, use 'devpi index'")
    return typed


def index_name(typed: str, user: str | None) -> str:
    """Return ``user/index`` for ``[/]user/index``, or for ``index`` of a user.

    Raises WrongUsage for anything else.
    """
    names = typed.strip("/").split("/")
    if len(names) == 1 and user:
        names.insert(0, user)
    if len(names) != 2 or not all(map(is_name, names)):  # noqa: PLR2004 (user/index are two)
        needs = "USER/INDEX" if len(names) == 1 else "of the form USER/INDEX or INDEX"
        raise WrongUsage(f"index {typed!r} must be {needs}")
    return "/".join(names)
