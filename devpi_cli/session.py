"""How a request is made: auth, TLS, timeouts, retries, JSON reply, failures."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urljoin, urlsplit

from devpi_cli import __version__, urls
from devpi_cli.errors import NotDevpi, Redirected, Unreachable, WrongUsage, refused

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    import httpx

# A locked-down server tells clients from browsers by this name, and answers them without an HTML login page.
USER_AGENT = f"devpi-cli/{__version__} devpi-client/7.3.0"
API_VERSION = "2"
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
MOST_REDIRECTS = 10
UNKNOWN_CA = (18, 19, 20, 21)  # what OpenSSL calls a certificate whose issuer it does not know
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class Access:
    """Credentials, and the root URL of the server that may see them."""

    root: str
    login: tuple[str, str] | None = field(default=None, repr=False)
    """``(user, token)`` for devpi itself."""
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    """``(user, password)`` for a web server in front of devpi."""
    client_cert: str | None = None
    """A PEM file with a certificate and its key, shown to that server in the TLS handshake."""

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers that prove who asks; none for a URL of somebody else."""
        if not urls.is_below(url, self.root):
            return {}
        headers = {}
        if self.login:
            headers["X-Devpi-Auth"] = _base64(self.login)
        if self.basic_auth:
            headers["Authorization"] = f"Basic {_base64(self.basic_auth)}"
        return headers

    def certificate(self, url: str) -> str | None:
        """Return the client certificate for a connection to where a URL points; none for somebody else."""
        return self.client_cert if self.client_cert and urls.origin(url) == urls.origin(self.root) else None


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


@dataclass(frozen=True)
class Form:
    """A multipart body: fields, and a file open for reading under the name it shall have."""

    fields: Mapping[str, object]
    name: str
    file: BinaryIO


@dataclass(frozen=True)
class Trust:
    """Whom TLS trusts: the operating system, and the CAs in a file or folder of PEM certificates."""

    ca_bundle: str | None = None
    insecure: bool = False

    def context(self, client_cert: str | None = None) -> ssl.SSLContext:
        """Build the TLS context. Raises WrongUsage for a CA bundle or client certificate that cannot be read."""
        import ssl

        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if client_cert:
            _show_certificate(context, client_cert)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        named = [self.ca_bundle] if self.ca_bundle else [os.environ[v] for v in CA_VARIABLES if os.environ.get(v)]
        for place in named[:1]:
            folder = os.path.isdir(place)  # noqa: PTH112 (a string from the environment goes on as a string)
            try:
                context.load_verify_locations(cafile=None if folder else place, capath=place if folder else None)
            except OSError as error:
                raise WrongUsage(f"cannot read the CA bundle {place}: {error.strerror or error}") from None
        return context


class Session:
    """One way to ask a server. Connections are kept open until ``close``.

    ``timeout`` is how many seconds of silence end a request; ``log`` gets a line per request; ``transport`` is httpx's
    seam for tests.
    """

    def __init__(
        self,
        access: Access | None = None,
        *,
        timeout: float | None = None,
        trust: Trust | None = None,
        log: Callable[[str], None] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.access = access or Access("")
        self.timeout = timeout or SILENCE_SECONDS
        self.trust = trust or Trust()
        self.log = log or (lambda line: None)
        self.transport = transport
        self._clients: dict[tuple[str, str | None], httpx.Client] = {}

    def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        form: Form | None = None,
        anyone: bool = False,
    ) -> Reply:
        """Send one request and return what a devpi server answered.

        ``json`` is a body as it is, ``form`` one that is streamed. ``anyone`` accepts JSON from a server that is no
        devpi.

        Raises Refused for a status of 400 or more, Unreachable when there is no answer, NotDevpi for a reply that no
        devpi server gives, and Redirected for a redirect that must not be followed.
        """
        body: dict[str, Any] = {}
        if json is not None:
            body["json"] = json
        if form is not None:
            body |= {"data": form.fields, "files": {"content": (form.name, form.file)}}
        response = self._send(method, url, body)
        for _ in range(MOST_REDIRECTS):
            if not response.has_redirect_location:
                return _reply(response, anyone=anyone)
            response = self._send(method, _redirect(response, method), body)
        raise NotDevpi(f"{method} {urls.hide(url)}\nmore than {MOST_REDIRECTS} redirects", hint="is the URL right?")

    def download(self, url: str, take: Callable[[bytes], None]) -> None:
        """Hand over what is at a URL, piece by piece, as it comes.

        Redirects are followed, and a server elsewhere gets no credentials. Raises what ``request`` raises.
        """
        # Never a JSON description of the file, nor the file compressed once more, which would spoil its hash.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        for _ in range(MOST_REDIRECTS + 1):
            with (
                self._failures("GET", url),
                self._client(urlsplit(url).scheme, self.access.certificate(url)).stream(
                    "GET", url, headers={**headers, **self.access.headers(url)}
                ) as response,
            ):
                self.log(f"GET {urls.hide(url)} -> {response.status_code} {response.reason_phrase}")
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    response.read()
                    _reply(response, anyone=True)
                if not response.has_redirect_location:
                    for piece in response.iter_raw():
                        take(piece)
                    return
                url = _redirect(response, "GET")
        raise NotDevpi(f"GET {urls.hide(url)}\nmore than {MOST_REDIRECTS} redirects", hint="is the URL right?")

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _send(self, method: str, url: str, body: dict[str, Any]) -> httpx.Response:
        """Send one request once. The place for a policy of retries."""
        started = time.perf_counter()
        with self._failures(method, url):
            client = self._client(urlsplit(url).scheme, self.access.certificate(url))
            response = client.request(method, url, headers=self.access.headers(url), **body)
        passed = (time.perf_counter() - started) * 1000
        status = f"{response.status_code} {response.reason_phrase}"
        self.log(f"{method} {urls.hide(url)} -> {status}, {passed:.0f} ms")
        return response

    @contextmanager
    def _failures(self, method: str, url: str) -> Iterator[None]:
        """Say in the words of the field what went wrong inside the block."""
        httpx = _httpx()
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise WrongUsage(f"invalid URL {urls.hide(url)!r}: {error}") from None
        except httpx.DecodingError as error:
            raise NotDevpi(f"{method} {urls.hide(url)}\nthe reply is damaged: {error}") from None
        except httpx.TransportError as error:
            self.log(f"{method} {urls.hide(url)} -> {error!r}")
            raise _unreachable(url, error, self.timeout) from None

    def _client(self, scheme: str, certificate: str | None) -> httpx.Client:
        """Return the client for a scheme; only the one for https pays for a TLS context with CAs."""
        if (scheme, certificate) not in self._clients:
            httpx = _httpx()
            trusted = self.trust.context(certificate) if scheme == "https" else _trusts_nobody()
            try:
                self._clients[scheme, certificate] = httpx.Client(
                    verify=trusted,
                    timeout=httpx.Timeout(self.timeout, connect=min(CONNECT_SECONDS, self.timeout)),
                    headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                    transport=self.transport,
                )
            except (httpx.InvalidURL, ValueError, ImportError) as error:  # ImportError: SOCKS needs one more package
                raise WrongUsage(
                    f"cannot use the proxy that the environment names: {urls.hide(str(error))}",
                    hint="look at HTTP_PROXY, HTTPS_PROXY and ALL_PROXY",
                ) from None
        return self._clients[scheme, certificate]


def _httpx() -> ModuleType:
    """Import httpx without its own command line, which would bring rich and pygments (a quarter of the time)."""
    if "httpx" not in sys.modules:
        stand_in = ModuleType("httpx._main")
        stand_in.main = lambda: None  # type: ignore[attr-defined]  # a module has what is put into it
        sys.modules["httpx._main"] = stand_in
        import_module("httpx")
        del sys.modules["httpx._main"]
    return sys.modules["httpx"]


def _show_certificate(context: ssl.SSLContext, path: str) -> None:
    """Let a TLS context show a client certificate. A key with a passphrase is refused: OpenSSL would ask for it."""
    import ssl

    try:
        context.load_cert_chain(path, password="")
    except OSError as error:
        is_bad = isinstance(error, ssl.SSLError)
        why = "it has to hold a certificate and its key, without a passphrase" if is_bad else error.strerror
        raise WrongUsage(
            f"cannot use the client certificate {path}: {why}",
            hint="name another with 'devpi use --client-cert FILE', or none with --client-cert ''",
        ) from None


def _trusts_nobody() -> ssl.SSLContext:
    """Return a context that costs nothing to build and accepts no server: what plain http never needs."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _base64(pair: tuple[str, str]) -> str:
    return base64.b64encode(":".join(pair).encode()).decode()


def _redirect(response: httpx.Response, method: str) -> str:
    """Return where to go instead, for requests that change nothing; credentials are decided anew for that URL.

    A POST that a redirect turns into a GET looks like success and stored nothing, so that others are refused.
    """
    asked, location = str(response.request.url), response.headers["location"]
    try:
        target = urljoin(asked, location)
        urls.checked(target)
    except (ValueError, WrongUsage):
        what = f"{method} {urls.hide(asked)}\n{response.status_code} {response.reason_phrase}"
        raise NotDevpi(f"{what}: sent on to {urls.hide(location)!r}, which is no URL") from None
    if method not in ("GET", "HEAD"):
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


def _reply(response: httpx.Response, *, anyone: bool) -> Reply:
    request = f"{response.request.method} {urls.hide(str(response.request.url))}"
    is_devpi = response.headers.get("x-devpi-api-version")
    body, is_json = _body(response)
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
        url=str(response.url),
        status=response.status_code,
        reason=reason,
        headers=response.headers,
        type=parts.get("type"),
        result=parts.get("result"),
        message=message,
        json=body,
    )


def _body(response: httpx.Response) -> tuple[Any, bool]:
    """Return the JSON body and whether there is one."""
    try:
        return json.loads(response.content), True
    except (ValueError, RecursionError):
        return None, False


def _standard_reason(status: int) -> str:
    """HTTP/2 has no reason phrases."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _unreachable(url: str, error: httpx.TransportError, timeout: float) -> Unreachable:
    """Say why there was no answer, from the innermost cause."""
    import ssl

    httpx = _httpx()
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
    causes: list[BaseException] = [error]
    while inner := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(inner)
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        remedy = "if its certificate comes from a CA of your own, name that with --ca-bundle FILE"
        unknown = tls.verify_code in UNKNOWN_CA
        return Unreachable(f"cannot trust {where}: {tls.verify_message}", hint=remedy if unknown else "")
    if tls:
        return Unreachable(f"cannot reach {where}: {tls.reason or tls}", hint="does this port speak https?")
    if isinstance(error, httpx.ConnectTimeout):
        return Unreachable(f"cannot reach {where}: no connection within {min(CONNECT_SECONDS, timeout):g} s")
    if isinstance(error, httpx.TimeoutException):
        return Unreachable(f"no answer from {where} within {timeout:g} s", hint="--timeout SECONDS waits longer")
    why = next((c.strerror for c in reversed(causes) if isinstance(c, OSError) and c.strerror), None) or error
    return Unreachable(f"cannot reach {where}: {why}", hint="is the server running, and the URL right?")
