"""Interpret an HTTP response: a devpi reply, a redirect, or a failure."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from devpi_cli import strict_json, urls
from devpi_cli.errors import NotDevpi, Redirected, Unreachable, WrongUsage, refused
from devpi_cli.http import bodies
from devpi_cli.http.failures import NO_CERTIFICATE
from devpi_cli.printable import hide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

API_VERSION = "2"
CONFIRMED = "uploaded, confirmed by the server"
SERIAL = "x-devpi-serial"
READING = ("GET", "HEAD")
DONE = (HTTPStatus.OK, HTTPStatus.CREATED)
REDIRECTS = (301, 302, 303, 307, 308)
MOST_MIB = 64  # an index with half a million projects needs 12
LONGEST_MESSAGE = 10_000
IS_IT_DEVPI = "is this the URL of a devpi server?"
OTHER_LOGIN = "a web server in front of devpi needs a login of its own: put USER:PASSWORD@ before the host"
# How Python shows an object that devpi-server puts into a message, as in "<devpi_server.model.User object at 0x7f…>".
OBJECT = re.compile(r"<(?:devpi_\w+\.[\w.]+|[A-Z][a-z]\w*)( [^<>]*)>")
# Hints by what web servers say on their error page for status 400.
PAGES = {
    b"HTTPS port|SSL-enabled server|HTTPS server": "this port speaks TLS: use a URL with https://",
    b"SSL certificate": NO_CERTIFICATE,  # nginx
}


class Response(NamedTuple):
    """An HTTP response, read completely."""

    method: str
    url: str
    status_code: int
    reason_phrase: str
    headers: Mapping[str, str]
    content: bytes = b""

    @property
    def location(self) -> str | None:
        """Target of a redirect; None for any other response."""
        return self.headers.get("location") if self.status_code in REDIRECTS else None


class Reply(NamedTuple):
    """A server's reply: status and headers, and the parts of its JSON, if any."""

    url: str
    status: int
    reason: str
    headers: Mapping[str, str] = {}
    type: str | None = None
    result: Any = None
    message: str = ""
    json: Any = None
    is_empty: bool = False


def received(response: httpx.Response, *, whole: bool = True) -> Response:
    """Return a response with its body; without if not ``whole``.

    Raises NotDevpi for a body over 64 MiB, and for one that cannot be decoded.
    """
    method, url, reason = response.request.method, str(response.request.url), response.reason_phrase
    try:
        content = bodies.read(response, int(MOST_MIB * 2**20)) if whole else b""
    except bodies.TooLarge:
        what = f"{response.status_code} {reason}, but larger than {MOST_MIB} MiB"
        raise NotDevpi([f"{method} {url}", what], hint=IS_IT_DEVPI) from None
    except bodies.Damaged as error:
        raise NotDevpi([f"{method} {url}", f"the reply is damaged: {error}"]) from None
    return Response(method, url, response.status_code, reason, response.headers, content)


def redirected(response: Response, *, leave_tls: bool = False) -> str:
    """Return the target of a redirect; which credentials it gets is decided anew.

    Raises Redirected for a request that may change something: a POST that becomes a GET looks like success, but stores
    nothing. Also for a target without TLS, unless ``leave_tls``. Raises NotDevpi if the target is not a URL.
    """
    method, asked, location = response.method, response.url, response.location or ""
    request, status = f"{method} {asked}", f"{response.status_code} {response.reason_phrase}"
    try:
        target = urljoin(asked, location)
        urls.checked(target)
    except (ValueError, WrongUsage):
        raise NotDevpi([request, f"{status}: redirected to {location!r}, which is not a URL"]) from None
    if method not in READING:
        raise Redirected(
            [request, f"{status}: redirected to {target}: a change is not sent on"],
            hint="type 'devpi use' with the URL that the server redirects to",
            by_devpi={"x-devpi-api-version", SERIAL} <= response.headers.keys(),
            target=target,
        )
    if asked.startswith("https:") and not target.startswith("https:") and not leave_tls:
        raise Redirected([request, f"{status}: redirected to {target}, without TLS"], by_devpi=False)
    query = urlsplit(asked).query
    if query and not urlsplit(target).query and urls.origin(asked) == urls.origin(target):
        target = f"{target}?{query}"
    return target


def reply_of(response: Response, *, anyone: bool) -> Reply:
    """Return the reply in a response.

    ``anyone`` accepts JSON from servers other than devpi.

    Raises Refused for a status of 400 or more, and NotDevpi for a response that cannot come from devpi.
    """
    request = f"{response.method} {response.url}"
    is_devpi = response.headers.get("x-devpi-api-version")
    try:
        body, is_json = _parsed(response.content)
    except strict_json.TooLarge as error:
        body, is_json = None, False
        if response.status_code < HTTPStatus.BAD_REQUEST:
            raise NotDevpi([request, f"{response.status_code} {response.reason_phrase}, but {error}"]) from None
    message = " ".join(str(body.get("message") or "")[:LONGEST_MESSAGE].split()) if isinstance(body, dict) else ""
    message = _readable(message, response.url)
    reason = _readable(response.reason_phrase, response.url) or _standard_reason(response.status_code)
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        full_reason = f"{reason}: {message}" if message else reason
        if not is_devpi and not is_json and response.status_code == HTTPStatus.NOT_FOUND:
            raise NotDevpi([request, f"{response.status_code} {full_reason}"], hint=IS_IT_DEVPI)
        result = body.get("result") if isinstance(body, dict) else None
        hint = "" if is_devpi else _hint_of_others(response)
        serial = serial_of(response.headers)
        raise refused(request, response.status_code, full_reason, hint=hint, result=result, serial=serial)
    if is_devpi not in (API_VERSION, None):
        raise NotDevpi([request, f"the server speaks devpi API version {is_devpi}, this client {API_VERSION}"])
    if not (is_devpi or (anyone and is_json)) or (response.content and not is_json):
        kind = response.headers.get("content-type", "no content type")
        not_json = "this is not JSON" if "json" in kind else "this is a page, not JSON"
        why = not_json if is_devpi else "no devpi server answers like this"
        hint = "" if is_devpi else IS_IT_DEVPI
        raise NotDevpi([request, f"{response.status_code} {reason}, but {why} ({kind})"], hint=hint)
    parts = body if isinstance(body, dict) else {}
    return Reply(
        url=response.url,
        status=response.status_code,
        reason=reason,
        headers=response.headers,
        type=parts.get("type"),
        result=parts.get("result"),
        message=message,
        json=body,
        is_empty=not response.content,
    )


def acknowledged(method: str, reply: Reply, *, is_upload: bool) -> Reply:
    """Return devpi's own reply to a change; raise NotDevpi for any other.

    Every devpi-server since 6.0 says 200 or 201, which serial the index has now, and what it did, in JSON. To an upload
    it says nothing, or repeats its status in JSON. A web server in front of it can easily say less, and have done
    nothing.
    """
    says = reply.json if isinstance(reply.json, dict) else None
    is_told = says is not None and (not is_upload or "code" in says)
    if reply.status not in DONE or SERIAL not in reply.headers or not (is_told or (is_upload and reply.is_empty)):
        what = "an upload" if is_upload else "a change"
        raise NotDevpi([f"{method} {reply.url}", f"{reply.status} {reply.reason}, but this is not the reply to {what}"])
    return reply


def _readable(text: str, url: str) -> str:
    """Return a message without the objects of the server.

    Their names replace them, or what the URL names.
    """
    names = urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1]

    def name(match: re.Match[str]) -> str:
        quoted = re.search(r"'([^']*)'", match[1])
        return repr(quoted[1] if quoted else unquote(names))

    return OBJECT.sub(name, text)


@contextmanager
def sent_on(asked: str, place: str) -> Iterator[None]:
    """Explain a failure at the target of a redirect: name the URL that led there."""
    try:
        yield
    except (NotDevpi, Unreachable) as error:
        if place != asked:
            guess = ": is this the login page of a network or a proxy?" if isinstance(error, NotDevpi) else ""
            error.hint = f"redirected from {hide(asked)}{guess}"
        raise


def confirmed(method: str, url: str) -> Response:
    """Return a substitute for the lost response to an upload that has arrived."""
    return Response(method, url, HTTPStatus.OK, CONFIRMED, {"x-devpi-api-version": API_VERSION, SERIAL: ""})


def serial_of(headers: Mapping[str, str]) -> int | None:
    """Return the serial of the last change that the server knows.

    It is -1 for none; return None if the server does not say so.
    """
    serial = headers.get("x-devpi-serial", "")
    return int(serial) if re.fullmatch(r"-1|[0-9]{1,18}", serial) else None


def _parsed(content: bytes) -> tuple[Any, bool]:
    """Return the JSON of a body, and whether it is JSON."""
    try:
        return strict_json.parsed(content), True
    except strict_json.TooLarge:
        raise
    except ValueError:
        return None, False


def _standard_reason(status: int) -> str:
    """Return the usual reason phrase: HTTP/2 sends none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _hint_of_others(response: Response) -> str:
    """Return a hint for an error response that does not come from devpi."""
    match response.status_code:
        case HTTPStatus.BAD_REQUEST:
            return next((hint for words, hint in PAGES.items() if re.search(words, response.content)), "")
        case HTTPStatus.UNAUTHORIZED if response.headers.get("www-authenticate", "").lower().startswith("basic"):
            return OTHER_LOGIN
        case HTTPStatus.NOT_FOUND:
            return IS_IT_DEVPI
    return ""
