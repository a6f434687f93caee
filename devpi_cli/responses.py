"""What an HTTP response means: a reply of devpi's, another place to ask, or a failure; and why there was none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin, urlsplit

from devpi_cli import urls
from devpi_cli.errors import NotDevpi, Redirected, Unreachable, WrongUsage, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

API_VERSION = "2"
CONFIRMED = "uploaded, as the server confirms"
READING = ("GET", "HEAD")
REDIRECTS = (301, 302, 303, 307, 308)
MOST_MIB = 256  # an index of half a million projects has 12
UNKNOWN_CA = (18, 19, 20, 21)  # what OpenSSL calls a certificate whose issuer it does not know


@dataclass(frozen=True)
class Response:
    """An HTTP response, read to its end."""

    method: str
    url: str
    status_code: int
    reason_phrase: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(default=b"", repr=False)

    @property
    def location(self) -> str | None:
        """Where a redirect leads."""
        return self.headers.get("location") if self.status_code in REDIRECTS else None


@dataclass(frozen=True)
class Reply:
    """What a server answered: the parts of devpi's JSON, which may be missing, and what HTTP says."""

    url: str
    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    type: str | None = None
    result: Any = None
    message: str = ""
    json: Any = field(default=None, repr=False)


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


def redirected(response: Response) -> str:
    """Return where to go instead, for requests that change nothing; credentials are decided anew for that URL.

    A POST that a redirect turns into a GET looks like success and stored nothing, so that others are refused.
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
            raise NotDevpi(f"{request}\n{response.status_code} {said}", hint="is this the URL of a devpi server?")
        raise refused(
            request, response.status_code, said, result=body.get("result") if isinstance(body, dict) else None
        )
    if is_devpi not in (API_VERSION, None):
        raise NotDevpi(f"{request}\nthe server speaks devpi API version {is_devpi}, this client {API_VERSION}")
    if not (is_devpi or (anyone and is_json)) or (response.content and not is_json):
        kind = response.headers.get("content-type", "no content type")
        who = "this is a page, not JSON" if is_devpi else "no devpi server answers like this"
        hint = "" if is_devpi else "is this the URL of a devpi server?"
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


def confirmed(method: str, url: str) -> Response:
    """Return what stands for an answer that got lost, after the server said that it has what was sent."""
    return Response(method, url, HTTPStatus.OK, CONFIRMED, {"x-devpi-api-version": API_VERSION})


def _parsed(content: bytes) -> tuple[Any, bool]:
    """Return the JSON of a body and whether there is any."""
    try:
        return json.loads(content), True
    except (ValueError, RecursionError):
        return None, False


def _standard_reason(status: int) -> str:
    """HTTP/2 has no reason phrases."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def unreachable(where: str, error: Exception, fault: Literal["", "refused", "broken"]) -> Unreachable:
    """Say why there was no answer, from the innermost cause; an unknown host and a TLS failure do not pass."""
    import socket
    import ssl

    causes: list[BaseException] = [error]
    while inner := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(inner)
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        remedy = "if its certificate comes from a CA of your own, name that with --ca-bundle FILE"
        unknown = tls.verify_code in UNKNOWN_CA
        return Unreachable(f"cannot trust {where}: {tls.verify_message}", hint=remedy if unknown else "")
    if tls and not (fault == "broken" and isinstance(tls, ssl.SSLEOFError)):
        return Unreachable(f"cannot reach {where}: {tls.reason or tls}", hint="does this port speak https?")
    why = next((c.strerror for c in reversed(causes) if isinstance(c, OSError) and c.strerror), None) or error
    unknown = any(isinstance(cause, socket.gaierror) for cause in causes)
    hint = "is the server running, and the URL right?"
    return Unreachable(f"cannot reach {where}: {why}", hint=hint, fault="" if unknown else fault)
