"""What an HTTP response means: a reply of devpi's, another place to ask, or a failure."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from devpi_cli import strict_json, urls
from devpi_cli.errors import NotDevpi, Redirected, Unreachable, WrongUsage, refused
from devpi_cli.http.failures import NO_CERTIFICATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

API_VERSION = "2"
CONFIRMED = "uploaded, as the server confirms"
READING = ("GET", "HEAD")
REDIRECTS = (301, 302, 303, 307, 308)
MOST_MIB = 256  # an index of half a million projects has 12
IS_IT_DEVPI = "is this the URL of a devpi server?"
OTHER_LOGIN = (
    "a web server in front of devpi, or another one, wants a login of its own: put USER:PASSWORD@ before its host"
)
# What web servers say on a page of theirs, with status 400, and what to do.
PAGES = {
    b"HTTPS port|SSL-enabled server|HTTPS server": "this port speaks TLS: let the URL begin with https://",
    b"SSL certificate": NO_CERTIFICATE,  # nginx
}


class Response(NamedTuple):
    """An HTTP response, read to its end."""

    method: str
    url: str
    status_code: int
    reason_phrase: str
    headers: Mapping[str, str]
    content: bytes = b""

    @property
    def location(self) -> str | None:
        """Where a redirect leads."""
        return self.headers.get("location") if self.status_code in REDIRECTS else None


class Reply(NamedTuple):
    """What a server answered: the parts of devpi's JSON, which may be missing, and what HTTP says."""

    url: str
    status: int
    reason: str
    headers: Mapping[str, str] = {}
    type: str | None = None
    result: Any = None
    message: str = ""
    json: Any = None


def received(response: httpx.Response, *, whole: bool = True) -> Response:
    """Return a response, with its body unless that was taken already. Raises NotDevpi for a body without end."""
    method, url, reason = response.request.method, str(response.request.url), response.reason_phrase
    pieces, size = [], 0
    for piece in response.iter_bytes() if whole else ():
        size += len(piece)
        if size > MOST_MIB * 2**20:
            what = f"{method} {urls.hide(url)}\n{response.status_code} {reason}, but with more than {MOST_MIB} MiB"
            raise NotDevpi(what, hint="is this the URL of a devpi server?")
        pieces.append(piece)
    return Response(method, url, response.status_code, reason, response.headers, b"".join(pieces))


def redirected(response: Response, *, for_file: bool = False) -> str:
    """Return where to go instead, for requests that change nothing; credentials are decided anew for that URL.

    A POST that a redirect turns into a GET looks like success and stored nothing, so that others are refused; and so is
    what leaves TLS, unless it is for a file: that one is known by its hash.
    """
    method, asked, location = response.method, response.url, response.location or ""
    try:
        target = urljoin(asked, location)
        urls.checked(target)
    except (ValueError, WrongUsage):
        what = f"{method} {urls.hide(asked)}\n{response.status_code} {response.reason_phrase}"
        raise NotDevpi(f"{what}: sent on to {urls.hide(location)!r}, which is no URL") from None
    if method not in READING:
        raise Redirected(
            f"{method} {urls.hide(asked)}\n"
            f"{response.status_code} {response.reason_phrase}: sent on to {urls.hide(target)}, and nothing was changed",
            hint="type 'devpi use' with the URL that the server wants to be called by",
            by_devpi="x-devpi-api-version" in response.headers,
        )
    if asked.startswith("https:") and not target.startswith("https:") and not for_file:
        what = f"{method} {urls.hide(asked)}\n{response.status_code} {response.reason_phrase}"
        raise Redirected(f"{what}: sent on to {urls.hide(target)}, without TLS", by_devpi=False)
    query = urlsplit(asked).query
    if query and not urlsplit(target).query and urls.origin(asked) == urls.origin(target):
        target = f"{target}?{query}"
    return target


def reply_of(response: Response, *, anyone: bool) -> Reply:
    """Return what a devpi server answered; ``anyone`` accepts JSON from a server that is no devpi.

    Raises Refused for a status of 400 or more, and NotDevpi for what no devpi server answers.
    """
    request = f"{response.method} {urls.hide(response.url)}"
    is_devpi = response.headers.get("x-devpi-api-version")
    body, is_json = _parsed(response.content)
    message = " ".join(str(body.get("message") or "").split()) if isinstance(body, dict) else ""
    reason = response.reason_phrase or _standard_reason(response.status_code)
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        said = f"{reason}: {message}" if message else reason
        if not is_devpi and not is_json and response.status_code == HTTPStatus.NOT_FOUND:
            raise NotDevpi(f"{request}\n{response.status_code} {said}", hint=IS_IT_DEVPI)
        result = body.get("result") if isinstance(body, dict) else None
        hint = "" if is_devpi else _hint_of_others(response)
        raise refused(request, response.status_code, said, hint=hint, result=result)
    if is_devpi not in (API_VERSION, None):
        raise NotDevpi(f"{request}\nthe server speaks devpi API version {is_devpi}, this client {API_VERSION}")
    if not (is_devpi or (anyone and is_json)) or (response.content and not is_json):
        kind = response.headers.get("content-type", "no content type")
        no_json = "this is no JSON" if "json" in kind else "this is a page, not JSON"
        who = no_json if is_devpi else "no devpi server answers like this"
        hint = "" if is_devpi else IS_IT_DEVPI
        raise NotDevpi(f"{request}\n{response.status_code} {reason}, but {who} ({kind})", hint=hint)
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
    )


@contextmanager
def sent_on(asked: str, place: str) -> Iterator[None]:
    """Say of a failure at another place than was asked how it came to be asked there."""
    try:
        yield
    except (NotDevpi, Unreachable) as error:
        if place != asked:
            guess = ": is it a login page of a network or a proxy?" if isinstance(error, NotDevpi) else ""
            error.hint = f"{urls.hide(asked)} sent us there{guess}"
        raise


def confirmed(method: str, url: str) -> Response:
    """Return what stands for an answer that got lost, after the server said that it has what was sent."""
    return Response(method, url, HTTPStatus.OK, CONFIRMED, {"x-devpi-api-version": API_VERSION})


def _parsed(content: bytes) -> tuple[Any, bool]:
    """Return the JSON of a body and whether there is any."""
    try:
        return strict_json.parsed(content), True
    except ValueError:
        return None, False


def _standard_reason(status: int) -> str:
    """HTTP/2 has no reason phrases."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _hint_of_others(response: Response) -> str:
    """Return what it means for us that a server which is no devpi says no."""
    match response.status_code:
        case HTTPStatus.BAD_REQUEST:
            return next((hint for words, hint in PAGES.items() if re.search(words, response.content)), "")
        case HTTPStatus.UNAUTHORIZED if response.headers.get("www-authenticate", "").lower().startswith("basic"):
            return OTHER_LOGIN
        case HTTPStatus.NOT_FOUND:
            return IS_IT_DEVPI
    return ""
