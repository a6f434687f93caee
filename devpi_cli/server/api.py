"""Implement the devpi protocol, one method per request.

Sources: ``views.py`` of devpi-server 6.20, and the replies of a live server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from devpi_cli import urls
from devpi_cli.errors import (
    Missing,
    NotAllowed,
    NotDevpi,
    Redirected,
    Refused,
    ServerFailed,
)
from devpi_cli.http.bodies import Form
from devpi_cli.http.responses import serial_of
from devpi_cli.models import Action, Index, Link, Login, Release, Service, Status, User, normalised
from devpi_cli.server import config_changes, hashes, parse, settings
from devpi_cli.server.tokens import is_token, narrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from devpi_cli.http.responses import Reply
    from devpi_cli.http.session import Session
    from devpi_cli.server.simple import SimplePage

KEY_VALUE_PARSING = "server-keyvalue-parsing"
NO_PROJECTS = "no_projects="
MAKE_VOLATILE = "make it volatile first: 'devpi index {} volatile=True'"
IS_MIRROR = "cannot submit to mirror index"  # answered with 404
ADD_FORCE = "add --force to remove from a non-volatile index"


def discover(session: Session, url: str) -> Service:
    """Ask what is at the URL of a server, a user or an index (``GET …/+api``).

    The reply has the URLs that the server believes it has. One that would leave https gets scheme and host of ``url``.
    """
    return parse.service(session.request("GET", f"{url.rstrip('/')}/+api"))


@dataclass(frozen=True, eq=False)
class Server:
    """A devpi server; its root URL ends in a slash. Every method is one request.

    All raise what ``Session.request`` raises, and NotDevpi for a reply with an unexpected shape. Indexes are named
    ``user/index``. Pass projects by their normalised name, which saves a redirect.
    """

    root: str
    session: Session
    features: tuple[str, ...] | None = ()
    """Features of the server; None if unknown, so that the server must be asked."""

    def url(self, name: str, *names: str) -> str:
        """Return the URL of a user, an index, or of ``names`` below it.

        ``user/index`` is one name.
        """
        return urls.join(self.root, *name.split("/", 1), *names)

    @property
    def users_url(self) -> str:
        """The URL of the list of all users.

        devpi-web redirects ``/devpi/`` to ``/devpi``, which web servers redirect to ``/devpi/``; not with a query.
        """
        return self.root if urls.path(self.root) == "/" else f"{self.root}?{NO_PROJECTS}"

    def _user_url(self, name: str) -> str:
        return self.url(urls.user_name(name))

    def _index_url(self, name: str, *names: str) -> str:
        return self.url(urls.index_name(name, None), *names)

    def narrowed_to(self, project: str) -> Server:
        """Return the server with a login limited to uploads of one project.

        Such a login is valid for a minute. It can be derived only from an API token, and needs ``pypitoken``; otherwise
        the login stays the same.
        """
        login = self.session.identity.login
        token = narrowed(login.token, project) if login and is_token(login.token) else None
        if not (login and token):
            return self
        return replace(self, session=self.session.as_user(replace(login, token=token)))

    def hurried(self, seconds: float) -> Server:
        """Return the server with requests that give up after ``seconds``."""
        return replace(self, session=self.session.hurried(seconds))

    def anonymous(self) -> Server:
        """Return the server without credentials."""
        return replace(self, session=self.session.anonymous())

    # -- logins and users

    def login(self, user: str, password: str) -> Login:
        """Trade a password for a token."""
        body = {"user": urls.user_name(user), "password": password}
        reply = self.session.request("POST", f"{self.root}+login", json=body, safe=True)
        return parse.login(user, parse.expect(reply, "proxyauth"), reply)

    def users(self) -> list[User]:
        """List all users with their indexes."""
        result = parse.expect(self.session.request("GET", self.users_url), "list:userconfig")
        return [parse.user(name, config) for name, config in sorted(result.items())]

    def user(self, name: str) -> User:
        """Show a user."""
        return parse.user(name, parse.expect(self.session.request("GET", self._user_url(name)), "userconfig"))

    def create_user(self, name: str, config: Mapping[str, Any], *, allow_empty_password: bool = False) -> None:
        """Create a user; ``config`` must have ``password`` or ``pwhash``.

        Raises WrongUsage for an empty password, which may come from an unset variable.
        """
        if not allow_empty_password:
            config_changes.refuse_empty_password(config)
        parse.expect(self.session.request("PUT", self._user_url(name), json=dict(config)), "userconfig")

    def modify_user(self, name: str, config: Mapping[str, Any], *, allow_empty_password: bool = False) -> Login | None:
        """Change settings of a user; return a new login if the own password changed.

        Raises WrongUsage for an empty password.
        """
        if not allow_empty_password:
            config_changes.refuse_empty_password(config)
        reply = self.session.request("PATCH", self._user_url(name), json=dict(config))
        is_login = parse.acknowledged(reply, "userpassword").type is not None
        return parse.login(name, parse.expect(reply, "userpassword"), reply) if is_login else None

    def delete_user(self, name: str) -> None:
        """Delete a user with its volatile indexes."""
        self._delete(self._user_url(name), "make its indexes volatile first: 'devpi index USER/INDEX volatile=True'")

    def status(self) -> Status:
        """Return the status of the server: versions, role, serials."""
        return parse.status(self.session.request("GET", f"{self.root}+status"))

    # -- indexes

    def index(self, name: str, *, projects: bool = True) -> Index:
        """Show an index; a mirror can have hundreds of thousands of ``projects``."""
        url = self._index_url(name) if projects else f"{self._index_url(name)}?{NO_PROJECTS}"
        return parse.index(name, self.session.request("GET", url))

    def create_index(self, name: str, config: Mapping[str, Any]) -> Index:
        """Create an index; lists in ``config`` may be texts with commas.

        Raises InvalidSetting for a mirror of nothing.
        """
        settings.require_mirror_url(config)
        return parse.index(name, self.session.request("PUT", self._index_url(name), json=dict(config)))

    def modify_index(self, name: str, changes: Sequence[str]) -> Index:
        """Apply ``key=value``, ``key+=value`` and ``key-=value``.

        The server does that atomically, so clients cannot overwrite each other's changes. A server too old for it is
        asked for the configuration and sent the changed one.
        """
        changes = config_changes.itemised(changes)
        features = discover(self.session, self.root).features if self.features is None else self.features
        if KEY_VALUE_PARSING in features:
            return parse.index(name, self.session.request("PATCH", self._index_url(name), json=changes))
        config = self.index(name, projects=False).config
        for change in changes:
            config_changes.apply(config, change)
        return parse.index(name, self.session.request("PATCH", self._index_url(name), json=config))

    def delete_index(self, name: str) -> None:
        """Delete a volatile index with everything on it."""
        self._delete(self._index_url(name), MAKE_VOLATILE.format(name))

    # -- releases

    def releases(self, index: str, project: str, *, ignore_bases: bool = False) -> list[Release]:
        """List the releases of a project on an index and its bases, in no order."""
        url = self._index_url(index, project) + ("?ignore_bases=" if ignore_bases else "")
        reply = self.session.request("GET", url)
        return [
            parse.release(project, version, data, reply)
            for version, data in parse.expect(reply, "projectconfig").items()
        ]

    def simple_page(self, index: str, project: str) -> SimplePage:
        """List the files that an index and its bases offer to pip.

        They are in the order of the page (PEP 691).
        """
        from devpi_cli.server import simple

        return simple.page(self.session.request("GET", f"{self.url(index, '+simple', project)}/", accept=simple.ACCEPT))

    def has_project(self, index: str, project: str) -> bool:
        """Return whether an index has a project, without transferring its list of files.

        A mirror may ask its upstream.
        """
        try:
            self.session.request("HEAD", f"{self._index_url(index, '+simple', project)}/")
        except Missing:
            return False
        return True

    def release(self, index: str, project: str, version: str) -> Release:
        """Show a release of a project on an index or its bases."""
        reply = self.session.request("GET", self._index_url(index, project, version))
        return parse.release(project, version, parse.expect(reply, "versiondata"), reply)

    def upload(
        self, index: str, fields: Mapping[str, object], name: str, file: BinaryIO, *, action: str = "file_upload"
    ) -> str:
        """Upload an open file as a stream; return the server's message, usually empty.

        A distribution has the fields of its core metadata, ``filetype`` and ``pyversion``. For ``doc_upload`` the file
        is a zip of pages, and the fields are ``name`` and optionally ``version``. The server puts errors into the
        reason phrase. If the response gets lost, or is not devpi's, the server is asked whether it has the file.
        """
        fields = {":action": action, "protocol_version": "1", **fields}
        arrived = partial(self._arrived, index, normalised(str(fields.get("name"))), file)
        url, form = f"{self._index_url(index)}/", Form(fields, name, file, arrived)
        try:
            reply = self.session.request("POST", url, form=form)
        except Missing as error:
            if IS_MIRROR not in error.reason:
                raise
            raise Refused(error.request, error.status, error.reason) from None  # nothing is missing
        return "" if reply.reason == "OK" else reply.reason

    def _arrived(self, index: str, project: str, file: BinaryIO) -> bool:
        """Return whether an index has a file, by its SHA-256."""
        from hashlib import file_digest

        file.seek(0)
        digest = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed does not accept BinaryIO
        try:
            releases = self.releases(index, project, ignore_bases=True)
        except Missing:
            return False
        return any(link.sha256 == digest for release in releases for link in release.links)

    def push(self, index: str, project: str, version: str, options: Mapping[str, object]) -> list[Action]:
        """Copy a release to another index; return all actions, even if some failed.

        ``options`` are ``targetindex`` for an index on this server, or ``posturl``, ``username`` and ``password`` for
        an index elsewhere; also ``no_docs``, ``only_docs`` and ``register_project`` if the server has these features.
        Proxies that do not know the verb PUSH answer 405 or 501; POST does the same. If part of an external push fails,
        the reply is a 502 with the log of all actions.
        """
        url, body = self._index_url(index), {"name": project, "version": version, **options}
        try:
            reply = self._push(url, body)
            rows = reply.result if reply.type == "actionlog" else None
        except Refused as error:
            if not isinstance(error.result, list):
                raise
            rows = error.result
        return parse.actions(rows, url)

    def _push(self, url: str, body: Mapping[str, object]) -> Reply:
        try:
            return self.session.request("PUSH", url, json=body)
        except Refused as error:
            if error.status not in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED):
                raise
        return self.session.request("POST", url, json=body)

    def refresh(self, mirror: str, project: str) -> None:
        """Make a mirror ask its upstream again for the files of a project.

        On success the server redirects to the project. On any failure it replies 500; then reading the project raises
        the actual error.
        """
        url = self._index_url(mirror, "+simple", project, "refresh")
        try:
            reply = self.session.request("POST", url)
            raise NotDevpi([f"POST {url}", f"{reply.status} {reply.reason}, but this is not the reply to a refresh"])
        except Redirected as redirect:
            if not redirect.by_devpi or (urls.names_in(redirect.target) or [])[-2:] != ["+simple", project]:
                raise
        except ServerFailed:
            self.releases(mirror, project, ignore_bases=True)
            raise

    def download(
        self,
        link: Link,
        file: BinaryIO,
        *,
        allow_unverified: bool = False,
        most: int | None = None,
        size: Callable[[int], None] = lambda size: None,
    ) -> None:
        """Download a file of a release into an open file.

        Raises BrokenDistribution if its hash is not the one on the index, and TooLarge if it has more bytes than the
        index says, or than ``most``. Unless ``allow_unverified``, raises NotVerified if the index has no hash of it, or
        only a weak one (MD5, SHA-1) while the file comes without TLS and the index with TLS. ``size`` is told how many
        bytes will come, if the server says so.
        """
        from devpi_cli.server import downloads  # imported here, as few commands download

        if not allow_unverified:
            hashes.require(link, over_tls=self.root.startswith("https:"))
        limit = downloads.MOST_FILE if most is None else most
        limit = limit if link.size is None else min(limit, link.size)
        downloads.download(self.session, link, file.write, limit, leave_tls=allow_unverified, size=size)

    def size(self, link: Link) -> int | None:
        """Return the size of a file in bytes; None if the server does not tell."""
        return self.session.size(link.url) if link.size is None else link.size

    def tox_result(self, link: Link) -> object:
        """Return a tox report.

        Raises BrokenDistribution if it is not JSON, or not the one on the index; TooLarge if it has more than 16 MiB.
        """
        from devpi_cli.server import downloads

        return downloads.tox_result(self.session, link)

    def attach_tox_result(self, url: str, report: Mapping[str, object]) -> str:
        """Attach a tox report to the file at a URL; return the server's message, if any."""
        reply = self.session.request("POST", urls.file_place(url, self.root)[1], json=dict(report))
        if not reply.json:  # a plugin of the server decided so, and gave no reason
            return "the server did not keep the result"
        return parse.acknowledged(reply, "toxresultpath").message

    def remove_project(self, index: str, project: str, *, force: bool = False) -> None:
        """Remove a project with all releases; ``force`` for a non-volatile index."""
        self._remove(self._index_url(index, project), force=force)

    def remove_release(self, index: str, project: str, version: str, *, force: bool = False) -> int | None:
        """Remove a release with all its files; return the serial of the change."""
        return self._remove(self._index_url(index, project, version), force=force)

    def remove_file(self, url: str, *, force: bool = False) -> None:
        """Remove the file at a URL. Raises WrongUsage for any other URL."""
        self._remove(urls.file_place(url, self.root)[1], force=force)

    def _remove(self, url: str, *, force: bool) -> int | None:
        return self._delete(f"{url}?force=" if force else url, ADD_FORCE)

    def _delete(self, url: str, if_not_volatile: str) -> int | None:
        try:
            return serial_of(parse.acknowledged(self.session.request("DELETE", url)).headers)
        except NotAllowed as error:
            if "non-volatile" in error.reason:
                error.hint = if_not_volatile
            raise
