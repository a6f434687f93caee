"""Hints for refused requests: the reason, and what to type next.

A hint may take a request or two; these may fail without hiding the original error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from devpi_cli import urls
from devpi_cli.auth.sources import STORED
from devpi_cli.cli.messages import NO_INDEX
from devpi_cli.cli.steps.expiry import expired, invalid
from devpi_cli.errors import DevpiError, Missing, NotAllowed, Refused
from devpi_cli.server.api import IS_MIRROR, discover

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devpi_cli.cli.app import App
    from devpi_cli.models import Login
    from devpi_cli.server.api import Server

ASK_SECONDS = 3.0
ALIKE = 0.6
NO_USER, NO_PROJECT = "no user ", "no project "
"""The texts with which devpi-server reports what is missing."""
DID_YOU_MEAN = "did you mean"
NOT_AUTHENTICATED = "could not be authenticated"
OTHER_INDEX, OTHER_TARGET = "choose another index with --index", "choose another target"
LOG_IN = "'devpi login USER'"
UPLOAD_TO = "upload to"
UNEXPECTED = "indexconfig got unexpected keyword arguments: "
IS_THERE = "already exists in non-volatile index"
SKIP = "--skip-existing skips files that are the same; a different file needs another version"


def what_to_type(app: App, error: DevpiError) -> str:
    """Return a hint for an error without one, or an empty string; it never fails."""
    if error.hint or not isinstance(error, Refused) or NOT_AUTHENTICATED in error.reason:
        return ""
    if error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return "the proxy requires a login: put USER:PASSWORD@ before its host in HTTP_PROXY and HTTPS_PROXY"
    try:
        url = error.request.partition(" ")[2]
        server = next((server for server in reversed(app.connections) if urls.is_below(url, server.root)), None)
        refusal = Refusal.of(error, server)
        if not isinstance(error, (NotAllowed, Missing)):
            return _of_request(refusal)
        if isinstance(error, NotAllowed):
            return why(server, refusal) if server else ""
        return _what_exists(app, server, refusal)
    except (Exception, KeyboardInterrupt) as second:  # the original error must not get lost
        app.out.debug(f"cannot find out why: {second!r}")
        return ""


def naming_server(app: App, error: DevpiError, hint: str) -> str:
    """Return the hint of an error that a login is missing; it names the server if others would be meant by it."""
    what = f"{error.message} {error.request if isinstance(error, Refused) else ''}"
    usual = app.target(None).root
    root = next((each.root for each in app.connections if each.root in what), usual)
    return hint if root == usual else hint.replace(LOG_IN, f"{LOG_IN} with DEVPI_INDEX={root}")


@dataclass(frozen=True)
class Refusal:
    """A refused request: method, names in the URL's path, and the server's reason."""

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
        """Return True if this is the request that would show the reason."""
        return self.names[-1:] == ("+api",)

    @property
    def needs_acl(self) -> tuple[str, str] | None:
        """The action that ``acl_upload`` must allow, and the index; or None."""
        if target := re.search(r"cannot upload to '([^'/]+/[^'/]+)'", self.reason):
            return UPLOAD_TO, target[1]
        if self.method == "POST" and len(self.names) == 2:  # noqa: PLR2004 (user/index are two)
            return UPLOAD_TO, self.index
        if self.method == "DELETE" and len(self.names) > 2:  # noqa: PLR2004 (user/index are two)
            return "remove anything from", self.index
        return None


def why(server: Server, refusal: Refusal) -> str:
    """Return why a login was refused: expired, invalid, or not allowed on the index."""
    login = server.session.acting()
    if login is None:
        return "not logged in: type 'devpi login USER'"
    status = "" if refusal.is_inquiry else _status(server)
    if status == "ok":
        return (
            _acl_reason(server, login.user, refusal) or f"the login of {login.user} is valid, but does not allow this"
        )
    return no_longer_good(login, status) or (
        f"logged in as {login.user}; 'devpi use' shows whether the server still accepts this login"
    )


def no_longer_good(login: Login, status: str) -> str:
    """Return why a server no longer accepts a login.

    ``status`` is what the server reports of the login; the result is empty if it is valid or nothing is reported.
    """
    if status == "expired" or (status != "ok" and not login.is_current):
        return expired(login)
    if status not in ("ok", ""):
        return _invalid(login)
    return ""


def _invalid(login: Login) -> str:
    if login.source in ("", STORED):
        return invalid(login)
    return f"the server does not accept the login of {login.user} from {login.source}"


def may_upload(user: str | None, acl: Iterable[object]) -> bool:
    """Return True if an ACL may allow a user to upload; a group may contain any user."""
    allowed = {str(name) for name in acl}
    return ":ANONYMOUS:" in allowed or bool(user and (user in allowed or any(name[:1] == ":" for name in allowed)))


def _status(server: Server) -> str:
    try:
        return discover(server.hurried(ASK_SECONDS).session, server.root).status
    except DevpiError:
        return ""


def _acl_reason(server: Server, user: str, refusal: Refusal) -> str:
    if not refusal.needs_acl:
        return ""
    action, index = refusal.needs_acl
    try:
        found = server.hurried(ASK_SECONDS).index(index, projects=False)
    except DevpiError:
        return ""
    if found.is_mirror and action == UPLOAD_TO:
        choose = OTHER_TARGET if refusal.method == "PUSH" else OTHER_INDEX
        return f"{index} is a mirror: {instead_of_mirror(index, choose)}"
    acl = found.listed("acl_upload")
    if "acl_upload" not in found.config or may_upload(user, acl):
        return ""
    return f"{user} may not {action} {index}: its acl_upload is {','.join(acl) or 'empty'}"


def _what_exists(app: App, server: Server | None, refusal: Refusal) -> str:
    kind = next((text for text in (NO_INDEX, NO_USER, NO_PROJECT) if text in refusal.reason), "")
    if not (kind and server) or (refusal.is_inquiry and kind != NO_INDEX):
        return ""
    listing = _listing(app, server, kind, refusal)
    try:
        nearest = _nearest(*_names(app, server.hurried(ASK_SECONDS), kind, refusal))
    except DevpiError:
        nearest = ""
    return f"{DID_YOU_MEAN} {nearest!r}? {listing}" if nearest else listing


def _listing(app: App, server: Server, kind: str, refusal: Refusal) -> str:
    """Return the command that lists what exists, on the server and the index that were asked."""
    if kind == NO_USER:
        return "'devpi user -l' shows which users there are"
    is_in_use = server.root == app.state.server
    if kind == NO_INDEX:
        what = "shows which indexes there are"
        return f"'devpi use -l' {what}" if is_in_use else f"'devpi use -l {server.root}' {what}"
    what = "shows which projects there are"
    if is_in_use and refusal.index == app.state.index:
        return f"'devpi list' {what}"
    return f"'devpi list --index {refusal.index if is_in_use else server.url(refusal.index)}' {what}"


def _of_request(refusal: Refusal) -> str:
    """Return a hint for a request that the server does not serve.

    It may also not have understood it.
    """
    if IS_MIRROR in refusal.reason:
        return instead_of_mirror(refusal.index)
    if IS_THERE in refusal.reason:
        return SKIP
    if UNEXPECTED not in refusal.reason:
        return ""
    from devpi_cli.server.settings import key_hint

    return key_hint(refusal.reason.partition(UNEXPECTED)[2].partition("=")[0])


def instead_of_mirror(index: str, choose: str = OTHER_INDEX) -> str:
    """Return what to type after an upload to a mirror was refused."""
    return f"{choose}, or create one based on it: 'devpi index -c NAME bases={index}'"


def _names(app: App, server: Server, kind: str, refusal: Refusal) -> tuple[str, list[str]]:
    """Return the name that was asked for and the existing ones, with one request.

    A mirror has too many projects to list: then there are no existing ones.
    """
    if kind == NO_PROJECT:
        is_small = refusal.index == app.state.index and not app.state.is_mirror
        return "/".join(refusal.names[2:3]), list(server.index(refusal.index).projects) if is_small else []
    users = server.users()
    if kind == NO_USER:
        return "".join(refusal.names[:1]), [user.name for user in users]
    return refusal.index, [index.name for user in users for index in user.indexes]


def _nearest(typed: str, names: list[str]) -> str:
    """Return the most similar name, or nothing.

    For an index, both user and name must be similar.
    """
    from difflib import SequenceMatcher

    def likeness(name: str) -> tuple[float, float]:
        pairs = zip(typed.split("/"), name.split("/"), strict=True)
        ratios = [SequenceMatcher(None, one, other).ratio() for one, other in pairs]
        return min(ratios), sum(ratios)

    best = max(names, key=likeness, default="")
    return best if best and likeness(best)[0] >= ALIKE else ""
