"""Which requests exist: the devpi protocol, one method per request.

The facts stand in devpi-server's ``views.py`` (6.20); where a reply does not say more, it is that of a live server.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from devpi_cli import urls
from devpi_cli.errors import NotDevpi, WrongUsage
from devpi_cli.models import Index, Link, Login, Release, Service, User
from devpi_cli.session import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from devpi_cli.session import Reply, Session

KEY_VALUE_PARSING = "server-keyvalue-parsing"
NO_PROJECTS = "no_projects="


def discover(session: Session, url: str) -> Service:
    """Ask what is at the URL of a server, a user or an index (``GET …/+api``).

    The URLs in the reply are those the server believes it has; one that would leave https is not believed.
    """
    reply = session.request("GET", f"{url.rstrip('/')}/+api")
    result = _expect(reply, "apiconfig")
    login = urljoin(reply.url, _text(result, "login") or "")
    if not login.endswith("/+login"):
        raise NotDevpi(f"GET {urls.hide(reply.url)}\nthe reply names no place to log in at: {urls.hide(login)!r}")
    asked = urlsplit(reply.url)

    def ours(place: str | None) -> str | None:
        there = urlsplit(urljoin(reply.url, place)) if place else None
        if there and asked.scheme == "https" and there.scheme == "http":
            there = there._replace(scheme=asked.scheme, netloc=asked.netloc)
        return there.geturl() if there else None

    status = result.get("authstatus")
    return Service(
        root=(ours(login) or login).removesuffix("+login"),
        index=ours(_text(result, "index")),
        simpleindex=ours(_text(result, "simpleindex")),
        pypisubmit=ours(_text(result, "pypisubmit")),
        features=tuple(sorted(str(feature) for feature in result.get("features") or ())),
        status=str(status[0]) if isinstance(status, list) and status else "noauth",
    )


@dataclass(frozen=True)
class Server:
    """A devpi server at its root URL (which ends in a slash). Every method is one request.

    All raise what ``Session.request`` raises, and NotDevpi for a reply of another shape than devpi's.
    Indexes are named ``user/index``; projects by their normalised name, which costs no redirect.
    """

    root: str
    session: Session
    features: tuple[str, ...] = ()

    def url(self, *names: str) -> str:
        """Return the URL of a user, an index (``user/index`` is one name), a project."""
        return urls.join(self.root, *(part for name in names for part in name.split("/")))

    # -- logins and users

    def login(self, user: str, password: str) -> Login:
        """Trade a password for a token."""
        reply = self.session.request("POST", f"{self.root}+login", json={"user": user, "password": password})
        return _login(user, _expect(reply, "proxyauth"), reply)

    def users(self) -> list[User]:
        """List all users with their indexes."""
        result = _expect(self.session.request("GET", self.root), "list:userconfig")
        return [_user(name, config) for name, config in sorted(result.items())]

    def user(self, name: str) -> User:
        """Show a user."""
        return _user(name, _expect(self.session.request("GET", self.url(name)), "userconfig"))

    def create_user(self, name: str, config: Mapping[str, str]) -> None:
        """Create a user; ``config`` has at least ``password`` or ``pwhash``."""
        self.session.request("PUT", self.url(name), json=dict(config))

    def modify_user(self, name: str, config: Mapping[str, str]) -> Login | None:
        """Change some settings of a user; its own new password comes back as a new token."""
        reply = self.session.request("PATCH", self.url(name), json=dict(config))
        return _login(name, _expect(reply, "userpassword"), reply) if reply.type == "userpassword" else None

    def delete_user(self, name: str) -> None:
        """Delete a user with its volatile indexes."""
        self.session.request("DELETE", self.url(name))

    # -- indexes

    def index(self, name: str, *, projects: bool = True) -> Index:
        """Show an index; ``projects`` of a mirror can be hundreds of thousands."""
        url = self.url(name) if projects else f"{self.url(name)}?{NO_PROJECTS}"
        return _index(name, self.session.request("GET", url))

    def create_index(self, name: str, config: Mapping[str, str]) -> Index:
        """Create an index; lists in ``config`` are comma-separated."""
        return _index(name, self.session.request("PUT", self.url(name), json=dict(config)))

    def modify_index(self, name: str, changes: Sequence[str]) -> Index:
        """Apply ``key=value``, ``key+=value`` and ``key-=value``.

        The server does that in one step, so that two clients cannot overwrite each other; one too old for it gets the
        changed configuration, after a request for the present one.
        """
        if KEY_VALUE_PARSING in self.features:
            return _index(name, self.session.request("PATCH", self.url(name), json=list(changes)))
        config = self.index(name, projects=False).config
        for change in changes:
            _apply(config, change)
        return _index(name, self.session.request("PATCH", self.url(name), json=config))

    def delete_index(self, name: str) -> None:
        """Delete a volatile index with everything on it."""
        self.session.request("DELETE", self.url(name))

    # -- releases

    def releases(self, index: str, project: str, *, ignore_bases: bool = False) -> list[Release]:
        """List the releases of a project on an index and, unless told not to, its bases; in no order."""
        url = self.url(index, project) + ("?ignore_bases=" if ignore_bases else "")
        reply = self.session.request("GET", url)
        return [_release(project, version, data, reply) for version, data in _expect(reply, "projectconfig").items()]

    def upload(self, index: str, fields: Mapping[str, object], name: str, file: BinaryIO) -> str:
        """Upload a distribution, streamed from an open file; return what the server says of it, mostly nothing.

        ``fields`` are those of the core metadata with ``filetype`` and ``pyversion``. What went wrong stands in the
        reason phrase; a reply with a body does not come from devpi's upload view, unless it is JSON without a result.
        """
        fields = {":action": "file_upload", "protocol_version": "1", **fields}
        reply = self.session.request("POST", f"{self.url(index)}/", form=Form(fields, name, file))
        if reply.result is not None:
            raise NotDevpi(f"POST {self.url(index)}/\n{reply.status} {reply.reason}, but not the reply to an upload")
        return "" if reply.reason == "OK" else reply.reason

    def remove_project(self, index: str, project: str, *, force: bool = False) -> None:
        """Remove a project with all its releases; ``force`` also on a non-volatile index."""
        self._remove(self.url(index, project), force=force)

    def remove_release(self, index: str, project: str, version: str, *, force: bool = False) -> None:
        """Remove a release with all its files."""
        self._remove(urls.join(self.url(index, project), version), force=force)

    def remove_file(self, url: str, *, force: bool = False) -> None:
        """Remove one file."""
        self._remove(url, force=force)

    def _remove(self, url: str, *, force: bool) -> None:
        self.session.request("DELETE", f"{url}?force=" if force else url)


# -- from devpi's JSON to the words of the field


def _expect(reply: Reply, kind: str) -> dict[str, Any]:
    """Return the result of a reply of the type asked for."""
    if reply.type != kind or not isinstance(reply.result, dict):
        raise NotDevpi(
            f"{urls.hide(reply.url)}\nthe reply is not what was asked for: {kind!r} expected, {reply.type!r} found",
            hint="is this the URL of a devpi server?",
        )
    return reply.result


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) else None


def _login(user: str, result: Mapping[str, Any], reply: Reply) -> Login:
    token, seconds = result.get("password"), result.get("expiration")
    if not isinstance(token, str) or not isinstance(seconds, int | float):
        raise NotDevpi(f"{urls.hide(reply.url)}\nthe reply to a login has no token, or one that never was valid")
    return Login(user, token, time.time() + seconds)


def _user(name: str, config: object) -> User:
    config = dict(config) if isinstance(config, dict) else {}
    indexes = config.pop("indexes", None) or {}
    config.pop("username", None)
    return User(name, config, tuple(Index(f"{name}/{index}", dict(data)) for index, data in sorted(indexes.items())))


def _index(name: str, reply: Reply) -> Index:
    config = dict(_expect(reply, "indexconfig"))
    projects = config.pop("projects", None) or ()
    return Index(name, config, tuple(sorted(str(project) for project in projects)))


def _release(project: str, version: str, data: object, reply: Reply) -> Release:
    data = data if isinstance(data, dict) else {}
    shadowed = tuple(link for hidden in data.get("+shadowing") or () for link in _links(hidden, reply))
    return Release(_text(data, "name") or project, version, _links(data, reply), shadowed)


def _links(data: Mapping[str, Any], reply: Reply) -> tuple[Link, ...]:
    """Return the links of a version; older servers give their path only."""
    found = (
        Link(urljoin(reply.url, href), str(link.get("rel")), (link.get("hashes") or {}).get("sha256"))
        for link in data.get("+links") or ()
        if (href := _text(link, "href"))
    )
    return tuple(sorted(found, key=lambda link: link.name))


def _apply(config: dict[str, Any], change: str) -> None:
    """Do to a configuration what a newer server would do itself."""
    key, _, value = change.partition("=")
    name, operator = (key[:-1], key[-1]) if key[-1:] in ("+", "-") else (key, "")
    if not operator:
        config[name] = value
        return
    there = list(config.get(name) or [])
    items = [item for item in value.split(",") if item]
    if not isinstance(config.get(name, []), list):
        raise WrongUsage(f"{change!r}: {name} is no list, so that only = can change it")
    config[name] = (
        there + [i for i in items if i not in there] if operator == "+" else [i for i in there if i not in items]
    )
