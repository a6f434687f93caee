"""Which requests exist: the devpi protocol, one method per request.

The facts stand in devpi-server's ``views.py`` (6.20); where a reply does not say more, it is that of a live server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from devpi_cli import strict_json, urls
from devpi_cli.errors import BrokenDistribution, Missing, NotAllowed, NotDevpi, Redirected, Refused, ServerFailed
from devpi_cli.http.session import Form
from devpi_cli.models import Action, Index, Link, Login, Release, Service, Status, User, normalised
from devpi_cli.server import config_changes, parse
from devpi_cli.server.tokens import is_token, narrowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from devpi_cli.http.responses import Reply
    from devpi_cli.http.session import Session

KEY_VALUE_PARSING = "server-keyvalue-parsing"
NO_PROJECTS = "no_projects="
MAKE_VOLATILE = "make it volatile first: 'devpi index {} volatile=True'"
ADD_FORCE = "add --force to remove from a non-volatile index"


def discover(session: Session, url: str) -> Service:
    """Ask what is at the URL of a server, a user or an index (``GET …/+api``).

    The URLs in the reply are those the server believes it has; one that would leave https is not believed.
    """
    return parse.service(session.request("GET", f"{url.rstrip('/')}/+api"))


@dataclass(frozen=True, eq=False)
class Server:
    """A devpi server at its root URL (which ends in a slash). Every method is one request.

    All raise what ``Session.request`` raises, and NotDevpi for a reply of another shape than devpi's.
    Indexes are named ``user/index``; projects by their normalised name, which costs no redirect.
    """

    root: str
    session: Session
    features: tuple[str, ...] | None = ()
    """What the server can do; None when that is not known, and has to be asked."""

    def url(self, *names: str) -> str:
        """Return the URL of a user, an index (``user/index`` is one name), a project."""
        return urls.join(self.root, *(part for name in names for part in name.split("/")))

    def _user_url(self, name: str) -> str:
        return self.url(urls.user_name(name))

    def narrowed_to(self, project: str) -> Server:
        """Return the server to somebody whose login is good for uploads of one project within a minute.

        That can be made from an API token only, with ``pypitoken``; any other login stays what it is.
        """
        login = self.session.identity.login
        token = narrowed(login.token, project) if login and is_token(login.token) else None
        if not (login and token):
            return self
        return replace(self, session=self.session.as_user(replace(login, token=token)))

    def hurried(self, seconds: float) -> Server:
        """Return the server to somebody who gives up after so many seconds."""
        return replace(self, session=self.session.hurried(seconds))

    def anonymous(self) -> Server:
        """Return the server to somebody who has no credentials."""
        return replace(self, session=self.session.anonymous())

    # -- logins and users

    def login(self, user: str, password: str) -> Login:
        """Trade a password for a token."""
        who = {"user": urls.user_name(user), "password": password}
        try:
            reply = self.session.request("POST", f"{self.root}+login", json=who)
        except NotAllowed as error:
            error.hint = "is the user name right, and the password?"
            raise
        return parse.login(user, parse.expect(reply, "proxyauth"), reply)

    def users(self) -> list[User]:
        """List all users with their indexes."""
        result = parse.expect(self.session.request("GET", self.root), "list:userconfig")
        return [parse.user(name, config) for name, config in sorted(result.items())]

    def user(self, name: str) -> User:
        """Show a user."""
        return parse.user(name, parse.expect(self.session.request("GET", self._user_url(name)), "userconfig"))

    def create_user(self, name: str, config: Mapping[str, str]) -> None:
        """Create a user; ``config`` has at least ``password`` or ``pwhash``."""
        parse.expect(self.session.request("PUT", self._user_url(name), json=dict(config)), "userconfig")

    def modify_user(self, name: str, config: Mapping[str, str]) -> Login | None:
        """Change some settings of a user; its own new password comes back as a new token."""
        reply = self.session.request("PATCH", self._user_url(name), json=dict(config))
        is_login = parse.acknowledged(reply, "userpassword").type is not None
        return parse.login(name, parse.expect(reply, "userpassword"), reply) if is_login else None

    def delete_user(self, name: str) -> None:
        """Delete a user with its volatile indexes."""
        self._delete(self._user_url(name), "make its indexes volatile first: 'devpi index USER/INDEX volatile=True'")

    def status(self) -> Status:
        """Ask how the server is: versions, role, serials."""
        return parse.status(self.session.request("GET", f"{self.root}+status"))

    # -- indexes

    def index(self, name: str, *, projects: bool = True) -> Index:
        """Show an index; ``projects`` of a mirror can be hundreds of thousands."""
        url = self.url(name) if projects else f"{self.url(name)}?{NO_PROJECTS}"
        return parse.index(name, self.session.request("GET", url))

    def create_index(self, name: str, config: Mapping[str, str]) -> Index:
        """Create an index; lists in ``config`` are comma-separated."""
        return parse.index(name, self.session.request("PUT", self.url(name), json=dict(config)))

    def modify_index(self, name: str, changes: Sequence[str]) -> Index:
        """Apply ``key=value``, ``key+=value`` and ``key-=value``.

        The server does that in one step, so that two clients cannot overwrite each other; one too old for it is asked
        for the configuration and gets the changed one.
        """
        features = discover(self.session, self.root).features if self.features is None else self.features
        if KEY_VALUE_PARSING in features:
            return parse.index(name, self.session.request("PATCH", self.url(name), json=list(changes)))
        config = self.index(name, projects=False).config
        for change in changes:
            config_changes.apply(config, change)
        return parse.index(name, self.session.request("PATCH", self.url(name), json=config))

    def delete_index(self, name: str) -> None:
        """Delete a volatile index with everything on it."""
        self._delete(self.url(name), MAKE_VOLATILE.format(name))

    # -- releases

    def releases(self, index: str, project: str, *, ignore_bases: bool = False) -> list[Release]:
        """List the releases of a project on an index and, unless told not to, its bases; in no order."""
        url = self.url(index, project) + ("?ignore_bases=" if ignore_bases else "")
        reply = self.session.request("GET", url)
        return [
            parse.release(project, version, data, reply)
            for version, data in parse.expect(reply, "projectconfig").items()
        ]

    def has_project(self, index: str, project: str) -> bool:
        """Tell whether an index has a project; a mirror may ask its upstream for that. No list of files is sent."""
        try:
            self.session.request("HEAD", f"{self.url(index, '+simple', project)}/")
        except Missing:
            return False
        return True

    def release(self, index: str, project: str, version: str) -> Release:
        """Show a release of a project on an index, or what it has from its bases."""
        reply = self.session.request("GET", urls.join(self.url(index, project), version))
        return parse.release(project, version, parse.expect(reply, "versiondata"), reply)

    def upload(
        self, index: str, fields: Mapping[str, object], name: str, file: BinaryIO, *, action: str = "file_upload"
    ) -> str:
        """Upload a file, streamed while it is open; return what the server says of it, mostly nothing.

        The fields of a distribution are those of the core metadata with ``filetype`` and ``pyversion``; for
        ``doc_upload``, a zip of pages, ``name`` and perhaps ``version``. What went wrong stands in the
        reason phrase; when that got lost, the server is asked whether it has the file. A reply with a body does not
        come from devpi's upload view, unless it is JSON without a result.
        """
        fields = {":action": action, "protocol_version": "1", **fields}
        arrived = partial(self._arrived, index, normalised(str(fields.get("name"))), file)
        reply = self.session.request("POST", f"{self.url(index)}/", form=Form(fields, name, file, arrived))
        if reply.result is not None:
            raise NotDevpi(f"POST {self.url(index)}/\n{reply.status} {reply.reason}, but not the reply to an upload")
        return "" if reply.reason == "OK" else reply.reason

    def _arrived(self, index: str, project: str, file: BinaryIO) -> bool:
        """Tell whether an index has a file, by its SHA-256."""
        from hashlib import file_digest

        file.seek(0)
        digest = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it wants one that is no BinaryIO
        try:
            releases = self.releases(index, project, ignore_bases=True)
        except Missing:
            return False
        return any(link.sha256 == digest for release in releases for link in release.links)

    def push(self, index: str, project: str, version: str, options: Mapping[str, object]) -> list[Action]:
        """Copy a release from an index to another one and return what was done, also where some of it failed.

        ``options`` are ``targetindex`` for an index of this server, or ``posturl``, ``username`` and ``password`` for
        one elsewhere; ``no_docs``, ``only_docs`` and ``register_project`` where the server has those features.
        Proxies that do not know the verb PUSH answer 405 or 501; POST does the same. An external push of which a part
        failed is a 502 with the log of all actions.
        """
        url, body = self.url(index), {"name": project, "version": version, **options}
        try:
            rows = self._push(url, body).result
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

        The server redirects to what it then knows. It says 500 whatever goes wrong; looking at the project tells what.
        """
        url = self.url(mirror, "+simple", project, "refresh")
        try:
            reply = self.session.request("POST", url)
            if reply.status < HTTPStatus.MULTIPLE_CHOICES:
                raise NotDevpi(f"POST {url}\n{reply.status} {reply.reason}, but not the reply to a refresh")
        except Redirected as redirect:
            if not redirect.by_devpi:
                raise
        except ServerFailed:
            self.releases(mirror, project, ignore_bases=True)
            raise

    def download(self, link: Link, file: BinaryIO) -> None:
        """Write a file of a release to an open file, as it comes.

        Raises BrokenDistribution when it is not the one that the index announced by its SHA-256.
        """
        from hashlib import sha256

        digest = sha256()

        def take(piece: bytes) -> None:
            file.write(piece)
            digest.update(piece)

        self.session.download(link.url, take)
        if link.sha256 and digest.hexdigest() != link.sha256:
            what = f"what came has the SHA-256 {digest.hexdigest()}, and the index announced {link.sha256}"
            raise BrokenDistribution(f"{link.name}: {what}")

    def size(self, link: Link) -> int | None:
        """Return how many bytes a file has; None where the server does not say."""
        return self.session.size(link.url) if link.size is None else link.size

    def tox_result(self, link: Link) -> object:
        """Return a report of tox. Raises BrokenDistribution for one that is no JSON."""
        pieces: list[bytes] = []
        self.session.download(link.url, pieces.append)
        try:
            return strict_json.parsed(b"".join(pieces))
        except ValueError:
            raise BrokenDistribution(f"{link.name}: is no JSON") from None

    def attach_tox_result(self, url: str, report: Mapping[str, object]) -> str:
        """Attach a report of tox to the file at a URL; return what the server has to say about it, mostly nothing."""
        reply = self.session.request("POST", url, json=dict(report))
        return parse.acknowledged(reply, "toxresultpath").message

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
        self._delete(f"{url}?force=" if force else url, ADD_FORCE)

    def _delete(self, url: str, if_not_volatile: str) -> None:
        try:
            parse.acknowledged(self.session.request("DELETE", url))
        except NotAllowed as error:
            if "non-volatile" in error.reason:
                error.hint = if_not_volatile
            raise
