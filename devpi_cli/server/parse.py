"""Turn the JSON of a server into values of ``models``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from devpi_cli import urls
from devpi_cli.errors import NotDevpi
from devpi_cli.models import Action, Index, Link, Login, Release, Replica, Service, Status, User
from devpi_cli.printable import hide
from devpi_cli.server import hashes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpi_cli.http.responses import Reply

LONGEST_SECONDS = 1e10  # three centuries: later times are out of range for clocks and calendars
WHEN = ("year", "month", "day", "hour", "minute", "second")  # in UTC, as in the log of a file
ROLES = {"MASTER": "primary", "PRIMARY": "primary", "REPLICA": "replica"}  # 6.20 still says MASTER


def expect(reply: Reply, kind: str) -> dict[str, Any]:
    """Return the result of a reply. Raises NotDevpi if it has another type."""
    if reply.type != kind or not isinstance(reply.result, dict):
        raise NotDevpi(
            [reply.url, f"unexpected type of reply: expected {kind!r}, got {reply.type!r}"],
            hint="is this the URL of a devpi server?",
        )
    return reply.result


def acknowledged(reply: Reply, *kinds: str) -> Reply:
    """Return a reply that is a mere message, or has a result of one of the types.

    Raises NotDevpi for any other reply.
    """
    if reply.type not in (None, *kinds) or (reply.type is None and (reply.result is not None or not reply.message)):
        raise NotDevpi(
            [reply.url, f"unexpected type of reply: {reply.type!r}"],
            hint="is this the URL of a devpi server?",
        )
    return reply


def text(data: Mapping[str, Any], key: str) -> str | None:
    """Return the string under a key; None if missing or not a string."""
    value = data.get(key)
    return value if isinstance(value, str) else None


def count(data: Mapping[str, Any], key: str) -> int | None:
    """Return the integer under a key; None if missing or not an integer."""
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def yanked(data: Mapping[str, Any]) -> bool | str:
    """Return whether a file is yanked (PEP 592), or the reason, if one is given."""
    value = data.get("yanked")
    return value if value and isinstance(value, str) else bool(value) or value == ""


def place(data: Mapping[str, Any], key: str, reply: Reply) -> str | None:
    """Return the absolute URL under a key; None if missing.

    Characters that no URL has are quoted: control characters, blanks, and halves of characters.
    Raises NotDevpi for an invalid URL.
    """
    given = text(data, key)
    if given and given.startswith("/".join([*reply.url.split("/", 3)[:3], ""])) and given.isprintable():
        return given  # on the same server: fast, because there can be ten thousand links
    try:
        whole = urljoin(reply.url, _quoted(given)) if given else None
        urls.origin(whole or "")  # its port may be invalid
    except ValueError:
        raise NotDevpi([reply.url, f"the reply has an invalid URL: {hide(given or '')!r}"]) from None
    return whole


def _quoted(url: str) -> str:
    """Return a URL with the characters quoted that cannot be printed or sent."""
    return "".join(sign if sign.isprintable() and sign != " " else quote(sign, errors="replace") for sign in url)


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Any]:
    """Return a JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else []


def service(reply: Reply) -> Service:
    """Return what a server says of itself and of an index.

    A URL that would leave https gets scheme and host of the request. Raises NotDevpi without a valid login URL, and for
    an index that is not on the server: its name becomes the path of requests, its URL is written into pip's settings.
    """
    result = expect(reply, "apiconfig")
    asked, login_url = urlsplit(reply.url), place(result, "login", reply) or ""
    is_login = login_url.endswith("/+login") and login_url.startswith(("http://", "https://"))
    if not is_login or "@" in urlsplit(login_url).netloc or urls.names_in(login_url) is None:
        raise NotDevpi([f"GET {reply.url}", f"the reply has no valid login URL: {hide(login_url)!r}"])

    def secure(key: str) -> str | None:
        url = place(result, key, reply)
        parts = urlsplit(url) if url else None
        if parts and asked.scheme == "https" and parts.scheme == "http":
            parts = parts._replace(scheme=asked.scheme, netloc=asked.netloc)
        return parts.geturl() if parts else None

    root, index = (secure("login") or login_url).removesuffix("+login"), secure("index")
    for url in (index, secure("simpleindex"), secure("pypisubmit")):
        if url and not (index and _is_at(url, root, index)):
            raise NotDevpi([f"GET {reply.url}", f"the reply has no valid URL of an index: {hide(url)!r}"])
    status = result.get("authstatus")
    return Service(
        root=root,
        index=index,
        simpleindex=secure("simpleindex"),
        pypisubmit=secure("pypisubmit"),
        features=tuple(sorted(str(feature) for feature in rows(result.get("features")))),
        status=str(status[0]) if isinstance(status, list) and status else "",
    )


def _is_at(url: str, root: str, index: str) -> bool:
    """Return whether a URL is that of an index on a server, or below it."""
    names, above = urls.names_in(index), urls.names_in(root)
    is_index = names is not None and above is not None and len(names) - len(above) == 2  # noqa: PLR2004 (user/index)
    return is_index and urls.is_below(index, root) and urls.is_below(url, index.rstrip("/"))


def login(user: str, result: Mapping[str, Any], reply: Reply) -> Login:
    """Return a login by its token. Raises NotDevpi if there is none."""
    token, seconds = result.get("password"), result.get("expiration")
    if not isinstance(token, str) or not isinstance(seconds, int | float) or abs(seconds) > LONGEST_SECONDS:
        raise NotDevpi([reply.url, "the reply to a login has no valid token"])
    return Login(user, token, time.time() + seconds)


def status(reply: Reply) -> Status:
    """Return the status of a server; older ones say ``master`` for ``primary``."""
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
    """Return a user by name and configuration."""
    config = dict(mapping(config))
    indexes = mapping(config.pop("indexes", None))
    config.pop("username", None)
    return User(
        name, config, tuple(Index(f"{name}/{index}", dict(mapping(data))) for index, data in sorted(indexes.items()))
    )


def index(name: str, reply: Reply) -> Index:
    """Return an index. Raises NotDevpi if the reply has another type."""
    config = dict(expect(reply, "indexconfig"))
    return Index(name, config, _names(rows(config.pop("projects", None))))


def _names(found: list[Any]) -> tuple[str, ...]:
    """Return names sorted; as there can be half a million, they are walked only once."""
    try:
        found.sort()
    except TypeError:  # not all are strings
        return tuple(sorted(map(str, found)))
    return tuple(found) if found and isinstance(found[0], str) else tuple(sorted(map(str, found)))


def release(project: str, version: str, data: object, reply: Reply) -> Release:
    """Return a release from the metadata of a version."""
    data = mapping(data)
    shadowed = tuple(link for hidden in rows(data.get("+shadowing")) for link in links(mapping(hidden), reply))
    classifiers = tuple(map(str, rows(data.get("classifiers"))))
    return Release(text(data, "name") or project, version, links(data, reply), shadowed, classifiers)


def links(data: Mapping[str, Any], reply: Reply) -> tuple[Link, ...]:
    """Return the links of a version; older servers give only their paths."""
    is_yanked = yanked(data)  # what a mirror has of a version is yanked, or none of it
    found = (
        Link(
            url,
            str(link.get("rel")),
            (told := hashes.told(link, url))[0],
            place(link, "for_href", reply),
            count(link, "size"),
            *_upload(link),
            told[1],
            yanked=is_yanked,
        )
        for link in map(mapping, rows(data.get("+links")))
        if (url := place(link, "href", reply))
    )
    return tuple(sorted(found, key=lambda link: link.name))


def _upload(link: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return when and by whom a file was uploaded, by its log, which a push copies."""
    uploads = [entry for entry in map(mapping, rows(link.get("log"))) if entry.get("what") == "upload"]
    if not uploads:
        return None, None
    return moment(uploads[-1]), text(uploads[-1], "who")


def moment(entry: Mapping[str, Any]) -> str | None:
    """Return when something in a log happened; None if it is not a time."""
    when = rows(entry.get("when"))
    is_time = len(when) == len(WHEN) and all(isinstance(part, int) for part in when)
    return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*when) if is_time else None


def actions(rows: object, url: str) -> list[Action]:
    """Return the actions of a push. Raises NotDevpi if they are not a log."""
    is_log = isinstance(rows, list) and all(isinstance(row, list) and row and isinstance(row[0], int) for row in rows)
    if not isinstance(rows, list) or not rows or not is_log:
        raise NotDevpi([url, "the reply to a push is not a log of actions"])
    return [Action(row[0], tuple(str(word) for word in row[1:])) for row in rows]
