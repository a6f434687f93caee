"""What to type after the server said no: why it did, and what was meant, asked with a request or two that may fail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from devpi_cli import urls
from devpi_cli.auth.sources import STORED
from devpi_cli.errors import DevpiError, Missing, NotAllowed
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devpi_cli.cli.app import App
    from devpi_cli.errors import Refused
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server

ASK_SECONDS = 3.0
ALIKE = 0.6
# By the words of devpi-server for what is not there.
WHAT_THERE_IS = {
    "The stage ": "'devpi use -l' shows which indexes there are",
    "no user ": "'devpi user -l' shows which users there are",
    "no project ": "'devpi list' shows which projects there are",
}
DID_YOU_MEAN = "did you mean"
MIRROR = "cannot submit to mirror index"


def what_to_type(app: App, error: DevpiError) -> str:
    """Return a hint for a refusal that came without one. It never fails: what cannot be asked stays unknown."""
    if error.hint or not isinstance(error, (NotAllowed, Missing)):
        return ""
    if error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "the proxy wants a login: put USER:PASSWORD@ before its host in HTTP_PROXY and HTTPS_PROXY"
    try:
        url = error.request.partition(" ")[2]
        server = next((server for server in reversed(app.connections) if urls.is_below(url, server.root)), None)
        refusal = Refusal.of(error, server)
        if isinstance(error, NotAllowed):
            return why(server, refusal) if server else ""
        return _what_was_meant(app, server, refusal)
    except (Exception, KeyboardInterrupt) as second:  # the failure that is to be explained must not get lost
        app.out.debug(f"cannot tell why: {second!r}")
        return ""


@dataclass(frozen=True)
class Refusal:
    """What a server said no to: the method, the names in the URL's path, the words it used."""

    method: str
    names: tuple[str, ...]
    reason: str

    @classmethod
    def of(cls, error: Refused, server: Server | None) -> Refusal:
        method, _, url = error.request.partition(" ")
        path = urlsplit(url).path.removeprefix(urlsplit(server.root).path if server else "")
        return cls(method, tuple(unquote(name) for name in path.split("/") if name), error.reason)

    @property
    def index(self) -> str:
        return "/".join(self.names[:2])

    @property
    def is_inquiry(self) -> bool:
        """Tell whether it is the very request that would tell why."""
        return self.names[-1:] == ("+api",)

    @property
    def wanted(self) -> tuple[str, str] | None:
        """Return what needs a place in ``acl_upload``, and the index that has it."""
        if target := re.search(r"cannot upload to '([^'/]+/[^'/]+)'", self.reason):
            return "upload to", target[1]
        if self.method == "POST" and len(self.names) == 2:  # noqa: PLR2004 (user/index are two)
            return "upload to", self.index
        if self.method == "DELETE" and len(self.names) > 2:  # noqa: PLR2004 (user/index are two)
            return "remove anything from", self.index
        return None


def why(server: Server, refusal: Refusal) -> str:
    """Return why a login was not enough: it expired, it is not valid, or it is somebody else's index."""
    login = server.session.acting()
    if login is None:
        return "not logged in: type 'devpi login USER'"
    status = "" if refusal.is_inquiry else _status(server)
    if status == "ok":
        return _who_may(server, login.user, refusal) or f"the login of {login.user} is good, but may not do this"
    return no_longer_good(login, status) or (
        f"logged in as {login.user}; 'devpi use' tells whether the server still accepts that login"
    )


def no_longer_good(login: Login, status: str) -> str:
    """Say why a server no longer accepts a login, by what it says of it; nothing if it does, or does not say."""
    if status == "expired" or (status != "ok" and not login.is_current):
        return expired(login)
    if status not in ("ok", ""):
        return _invalid(login)
    return ""


def _invalid(login: Login) -> str:
    if login.source in ("", STORED):
        return f"the login of {login.user} is no longer valid: type 'devpi login {login.user}'"
    return f"the server does not take what {login.source} has for a login of {login.user}"


def expired(login: Login) -> str:
    """Say since when a login is no longer good, as far as is known, and what to do."""
    ago = -login.hours
    since = "" if ago <= 0 else f" {ago:.0f} h ago" if ago >= 1 else f" {ago * 60:.0f} min ago"
    return f"the login of {login.user} {f'expired{since}' if since else 'has expired'}: type 'devpi login {login.user}'"


def may_upload(user: str | None, acl: Iterable[object]) -> bool:
    """Tell whether a user is on the list of who may upload; a group may hold anybody."""
    allowed = {str(name) for name in acl}
    return ":ANONYMOUS:" in allowed or bool(user and (user in allowed or any(name[:1] == ":" for name in allowed)))


def _status(server: Server) -> str:
    try:
        return discover(server.hurried(ASK_SECONDS).session, server.root).status
    except DevpiError:
        return ""


def _who_may(server: Server, user: str, refusal: Refusal) -> str:
    if not refusal.wanted:
        return ""
    what, index = refusal.wanted
    try:
        found = server.hurried(ASK_SECONDS).index(index, projects=False)
    except DevpiError:
        return ""
    acl = found.listed("acl_upload")
    if "acl_upload" not in found.config or may_upload(user, acl):
        return ""
    return f"{user} may not {what} {index}: its acl_upload is {','.join(acl) or 'empty'}"


def _what_was_meant(app: App, server: Server | None, refusal: Refusal) -> str:
    kind = next((words for words in WHAT_THERE_IS if words in refusal.reason), "")
    if MIRROR in refusal.reason:
        return instead_of_mirror(refusal.index)
    if not (kind and server):
        return WHAT_THERE_IS.get(kind, "")
    try:
        nearest = _nearest(*_names(app, server.hurried(ASK_SECONDS), kind, refusal))
    except DevpiError:
        nearest = ""
    return f"{DID_YOU_MEAN} {nearest!r}? {WHAT_THERE_IS[kind]}" if nearest else WHAT_THERE_IS[kind]


def instead_of_mirror(index: str) -> str:
    """Return what to type where nothing can be uploaded to an index, because it is a mirror."""
    return f"name another index with --index, or make one on top of it: devpi index -c NAME bases={index}"


def _names(app: App, server: Server, kind: str, refusal: Refusal) -> tuple[str, list[str]]:
    """Return what was asked for and what there is, with one request; none for a mirror: its list is endless."""
    if kind == "no project ":
        is_small = refusal.index == app.state.index and not app.state.is_mirror
        return "/".join(refusal.names[2:3]), list(server.index(refusal.index).projects) if is_small else []
    users = server.users()
    if kind == "no user ":
        return "".join(refusal.names[:1]), [user.name for user in users]
    return refusal.index, [index.name for user in users for index in user.indexes]


def _nearest(typed: str, names: list[str]) -> str:
    """Return the name that is most like what was typed; of an index, both the user and the name have to be."""
    from difflib import SequenceMatcher

    def likeness(name: str) -> tuple[float, float]:
        pairs = zip(typed.split("/"), name.split("/"), strict=True)
        ratios = [SequenceMatcher(None, one, other).ratio() for one, other in pairs]
        return min(ratios), sum(ratios)

    best = max(names, key=likeness, default="")
    return best if best and likeness(best)[0] >= ALIKE else ""
