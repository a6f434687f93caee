"""What a server's JSON says, in the words of the field."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from devpi_cli import urls
from devpi_cli.errors import NotDevpi
from devpi_cli.models import Action, Index, Link, Login, Release, Replica, Service, Status, User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.http.responses import Reply

LONGEST_SECONDS = 1e10  # three centuries: beyond that clocks and calendars have an end
WHEN = ("year", "month", "day", "hour", "minute", "second")  # of UTC, as the log of a file has it
ROLES = {"MASTER": "primary", "PRIMARY": "primary", "REPLICA": "replica"}  # 6.20 still says MASTER


def expect(reply: Reply, kind: str) -> dict[str, Any]:
    """Return the result of a reply of the type asked for."""
    if reply.type != kind or not isinstance(reply.result, dict):
        raise NotDevpi(
            f"{urls.hide(reply.url)}\nthe reply is not what was asked for: {kind!r} expected, {reply.type!r} found",
            hint="is this the URL of a devpi server?",
        )
    return reply.result


def acknowledged(reply: Reply, *kinds: str) -> Reply:
    """Return a reply that says in words that something was done, or has a result of one of the kinds."""
    if reply.type not in (None, *kinds) or (reply.type is None and reply.result is not None):
        raise NotDevpi(
            f"{urls.hide(reply.url)}\nthe reply is not what was asked for: {reply.type!r} found",
            hint="is this the URL of a devpi server?",
        )
    return reply


def text(data: Mapping[str, Any], key: str) -> str | None:
    """Return the text under a key; None where something else is, or nothing."""
    value = data.get(key)
    return value if isinstance(value, str) else None


def count(data: Mapping[str, Any], key: str) -> int | None:
    """Return the whole number under a key; None where something else is, or nothing."""
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def place(data: Mapping[str, Any], key: str, reply: Reply) -> str | None:
    """Return the URL under a key, made whole; None where there is none. Raises NotDevpi for what can be no URL."""
    given = text(data, key)
    if given and given.startswith("/".join([*reply.url.split("/", 3)[:3], ""])) and given.isprintable():
        return given  # where the reply came from; there can be ten thousand links
    try:
        whole = urljoin(reply.url, given) if given else None
        urls.origin(whole or "")  # it may still have an impossible port
    except ValueError:
        raise NotDevpi(
            f"{urls.hide(reply.url)}\nthe reply has no URL where one belongs: {urls.hide(given or '')!r}"
        ) from None
    return whole


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one where something else is."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Any]:
    """Return a JSON array; an empty one where something else is."""
    return value if isinstance(value, list) else []


def service(reply: Reply) -> Service:
    """Return what a server says of itself and of an index; a URL that would leave https is not believed.

    Raises NotDevpi when it names no place to log in at.
    """
    result = expect(reply, "apiconfig")
    asked, entrance = urlsplit(reply.url), place(result, "login", reply) or ""
    if not entrance.endswith("/+login") or not entrance.startswith(("http://", "https://")):
        raise NotDevpi(f"GET {urls.hide(reply.url)}\nthe reply names no place to log in at: {urls.hide(entrance)!r}")

    def ours(key: str) -> str | None:
        whole = place(result, key, reply)
        there = urlsplit(whole) if whole else None
        if there and asked.scheme == "https" and there.scheme == "http":
            there = there._replace(scheme=asked.scheme, netloc=asked.netloc)
        return there.geturl() if there else None

    status = result.get("authstatus")
    return Service(
        root=(ours("login") or entrance).removesuffix("+login"),
        index=ours("index"),
        simpleindex=ours("simpleindex"),
        pypisubmit=ours("pypisubmit"),
        features=tuple(sorted(str(feature) for feature in rows(result.get("features")))),
        status=str(status[0]) if isinstance(status, list) and status else "",
    )


def login(user: str, result: Mapping[str, Any], reply: Reply) -> Login:
    """Return a login from its token. Raises NotDevpi when there is none."""
    token, seconds = result.get("password"), result.get("expiration")
    if not isinstance(token, str) or not isinstance(seconds, int | float) or abs(seconds) > LONGEST_SECONDS:
        raise NotDevpi(f"{urls.hide(reply.url)}\nthe reply to a login has no token, or one that never was valid")
    return Login(user, token, time.time() + seconds)


def status(reply: Reply) -> Status:
    """Return how a server is. Older servers say ``master`` where newer ones say ``primary``."""
    result = mapping(acknowledged(reply, "status").result)
    role = text(result, "role") or ""
    in_sync_at = result.get("replica-in-sync-at")
    polling = mapping(result.get("polling_replicas"))
    replicas = [(text(each, "outside-url"), count(each, "serial")) for each in map(mapping, polling.values())]
    return Status(
        versions={str(name): str(version) for name, version in mapping(result.get("versioninfo")).items()},
        role=ROLES.get(role, role.lower()),
        serial=count(result, "serial"),
        primary_url=text(result, "primary-url") or text(result, "master-url"),
        primary_serial=next(
            (found for key in ("primary-serial", "master-serial") if (found := count(result, key)) is not None), None
        ),
        in_sync_at=in_sync_at if isinstance(in_sync_at, int | float) and 0 <= in_sync_at <= LONGEST_SECONDS else None,
        replicas=tuple(Replica(url, serial) for url, serial in replicas if serial is not None),
    )


def user(name: str, config: object) -> User:
    """Return a user from what the server says of it."""
    config = dict(mapping(config))
    indexes = mapping(config.pop("indexes", None))
    config.pop("username", None)
    return User(
        name, config, tuple(Index(f"{name}/{index}", dict(mapping(data))) for index, data in sorted(indexes.items()))
    )


def index(name: str, reply: Reply) -> Index:
    """Return an index. Raises NotDevpi when the reply is about something else."""
    config = dict(expect(reply, "indexconfig"))
    return Index(name, config, _names(rows(config.pop("projects", None))))


def _names(found: list[Any]) -> tuple[str, ...]:
    """Return names in order. There can be half a million: texts are not looked at but to sort them, once."""
    try:
        found.sort()
    except TypeError:  # text compares with text only
        return tuple(sorted(map(str, found)))
    return tuple(found) if found and isinstance(found[0], str) else tuple(sorted(map(str, found)))


def release(project: str, version: str, data: object, reply: Reply) -> Release:
    """Return a release from the metadata of a version."""
    data = mapping(data)
    shadowed = tuple(link for hidden in rows(data.get("+shadowing")) for link in links(mapping(hidden), reply))
    classifiers = tuple(map(str, rows(data.get("classifiers"))))
    return Release(text(data, "name") or project, version, links(data, reply), shadowed, classifiers)


def links(data: Mapping[str, Any], reply: Reply) -> tuple[Link, ...]:
    """Return the links of a version; older servers give their path only."""
    found = (
        Link(
            url,
            str(link.get("rel")),
            text(mapping(link.get("hashes")), "sha256"),
            place(link, "for_href", reply),
            count(link, "size"),
            *_upload(link),
        )
        for link in map(mapping, rows(data.get("+links")))
        if (url := place(link, "href", reply))
    )
    return tuple(sorted(found, key=lambda link: link.name))


def _upload(link: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return when and by whom the file of a link was uploaded, as its log says; the log goes along with a push."""
    uploads = [entry for entry in map(mapping, rows(link.get("log"))) if entry.get("what") == "upload"]
    if not uploads:
        return None, None
    when = rows(uploads[-1].get("when"))
    is_time = len(when) == len(WHEN) and all(isinstance(part, int) for part in when)
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*when) if is_time else None, text(uploads[-1], "who")


def actions(rows: object, url: str) -> list[Action]:
    """Return what a push did. Raises NotDevpi for what is no log of actions."""
    if not isinstance(rows, list) or not all(isinstance(row, list) and row and isinstance(row[0], int) for row in rows):
        raise NotDevpi(f"{urls.hide(url)}\nthe reply to a push is not the log of what was done")
    return [Action(row[0], tuple(str(word) for word in row[1:])) for row in rows]
