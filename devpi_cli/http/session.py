"""Send requests to a server: login, TLS, timeouts, retries, redirects, failures."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

from devpi_cli import urls
from devpi_cli._version import __version__
from devpi_cli.errors import NotAllowed, NotDevpi, ServerFailed, Unreachable, WrongUsage
from devpi_cli.http import deadline
from devpi_cli.http.failures import plain, unreachable
from devpi_cli.http.identity import Identity
from devpi_cli.http.responses import READING, confirmed, received, redirected, reply_of, sent_on
from devpi_cli.http.retries import MAYBE_DONE, Retries
from devpi_cli.http.tls import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Protocol

    import httpx

    from devpi_cli.http.responses import Reply, Response
    from devpi_cli.models import Login

    _Result = TypeVar("_Result")

    class Authenticator(Protocol):
        """Provide logins to a session."""

        def prepare(self, session: Session) -> None:
            """Log in with credentials at hand; called before every request."""

        def recover(self, session: Session, refused: Identity, error: NotAllowed) -> bool:
            """Try another login after a refusal; return True to repeat the request.

            ``refused`` is the identity that the request had.
            """

        def search(self, session: Session) -> None:
            """Log in with stored credentials, without asking the user."""

        def ask(self, session: Session, request: str) -> None:
            """Ask the user for a login that ``request`` needs."""


# A locked-down server recognises clients by this name, and does not send them its HTML login page.
USER_AGENT = f"devpi-cli/{__version__} devpi-client/7.3.0"
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
MOST_REDIRECTS = 10
LOOK = "the server may have done it anyway: check before you try again"


class Form(NamedTuple):
    """A multipart body: fields, and a file open for reading with the name to send.

    ``arrived`` asks the server whether it has the file; only a form that has it is sent again.
    """

    fields: Mapping[str, object]
    name: str
    file: BinaryIO
    arrived: Callable[[], bool] | None = None


class Session:
    """Sends requests to one server, as one user, over connections that stay open.

    ``timeout`` is the seconds of silence that end a request. ``retries`` limits the time of a whole request and its
    repetitions; by default there are none. ``log`` gets a line per request. ``transport`` replaces the network in
    tests. ``trust_env`` uses the proxies set in the environment, but never for this machine.
    """

    def __init__(  # noqa: PLR0913 (keyword options)
        self,
        identity: Identity | None = None,
        *,
        authenticator: Authenticator | None = None,
        timeout: float | None = None,
        trust: Trust | None = None,
        retries: Retries | None = None,
        log: Callable[[str], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        trust_env: bool = True,
    ) -> None:
        self._identity = identity or Identity("")
        self._authenticator = authenticator
        self._timeout = timeout or SILENCE_SECONDS
        self._trust = trust or Trust()
        self._retries = retries or Retries()
        self._log = log or (lambda line: None)
        self._transport = transport
        self._trust_env = trust_env
        self._quickest: float | None = None
        self._clients: dict[tuple[str, str | None, bool], httpx.Client] = {}
        self._creating = Lock()

    @property
    def identity(self) -> Identity:
        """Credentials that requests carry."""
        return self._identity

    @property
    def quickest(self) -> float | None:
        """Seconds that the quickest request took; None before the first."""
        return self._quickest

    def log_in(self, login: Login) -> None:
        """Send requests as this user from now on. The server is not asked."""
        self._identity = replace(self._identity, login=login)

    def acting(self) -> Login | None:
        """Return the login at hand, without searching for one."""
        if self._authenticator:
            self._authenticator.prepare(self)
        return self._identity.login

    def find_login(self) -> Login | None:
        """Return the login at hand or a stored one, without asking the user."""
        if self._authenticator:
            self._authenticator.search(self)
        return self._identity.login

    def ask_login(self, request: str) -> None:
        """Ask the user for a login that ``request`` needs."""
        if self._authenticator:
            self._authenticator.ask(self, request)

    def as_user(self, login: Login | None) -> Session:
        """Return a session with only this login; it shares the connections."""
        session = copy(self)
        session._identity, session._authenticator = replace(self._identity, login=login), None
        return session

    def anonymous(self) -> Session:
        """Return a session without credentials; it shares the connections."""
        session = self.as_user(None)
        session._identity = replace(session._identity, basic_auth=None)
        return session

    def hurried(self, seconds: float) -> Session:
        """Return a session that gives up after ``seconds``; it shares the connections."""
        session = self.as_user(self._identity.login)
        session._timeout, session._retries = min(seconds, self._timeout), Retries(most_seconds=seconds)
        return session

    def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        form: Form | None = None,
        anyone: bool = False,
    ) -> Reply:
        """Send one request and return the reply of the server.

        ``json`` is a JSON body, ``form`` a multipart body, which is streamed. ``anyone`` accepts JSON from servers
        other than devpi.

        Raises Refused for a status of 400 or more, Unreachable if there is no response, NotDevpi for a response that
        cannot come from devpi, and Redirected for a redirect that must not be followed.
        """
        body: dict[str, Any] = {} if json is None else {"json": json}
        return self._with_login(url, partial(self._request, method, url, body, form, anyone=anyone))

    def _request(self, method: str, url: str, body: dict[str, Any], form: Form | None, *, anyone: bool) -> Reply:
        try:
            response = self._followed(method, url, partial(self._send, method, body, form))
            with sent_on(url, response.url):
                return reply_of(response, anyone=anyone)
        except (Unreachable, ServerFailed, NotDevpi) as error:
            if method not in READING and _may_be_done(url, error):
                error.hint = LOOK
            raise

    def download(self, url: str, take: Callable[[bytes], None]) -> None:
        """Download a file; pass each piece to ``take`` as it arrives.

        Redirects are followed; another server gets no credentials. Raises what ``request`` raises.
        """
        self._with_login(url, partial(self._download, url, take))

    def _with_login(self, url: str, ask: Callable[[], _Result]) -> _Result:
        """Call ``ask``; if the server refuses, try once more with another login."""
        if self._authenticator is None or not urls.is_below(url, self._identity.root):
            return ask()
        self._authenticator.prepare(self)
        sent = self._identity  # other threads may log in while this request is on its way
        try:
            return ask()
        except NotAllowed as error:
            if not self._authenticator.recover(self, sent, error):
                raise
        return ask()

    def _download(self, url: str, take: Callable[[bytes], None]) -> None:
        once = partial(self._fetch, take)
        response = self._followed("GET", url, lambda place: self._retries.run(partial(once, place)), for_file=True)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            reply_of(response, anyone=True)

    def size(self, url: str) -> int | None:
        """Ask for the size of a file in bytes; None if the server does not tell.

        Raises what ``request`` raises, except Refused.
        """
        ask = partial(self._fetch, lambda piece: None, method="HEAD")
        response = self._followed("HEAD", url, lambda place: self._retries.run(partial(ask, url=place)), for_file=True)
        length = response.headers.get("content-length", "")
        return int(length) if length.isdecimal() and response.status_code == HTTPStatus.OK else None

    def prepare(self, url: str) -> None:
        """Do the slow local work before a request to a URL: imports, a TLS context."""
        self._client(url)

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _followed(self, method: str, url: str, ask: Callable[[str], Response], *, for_file: bool = False) -> Response:
        """Call ``ask`` with a URL and follow redirects, within the deadline."""
        place = url
        with deadline.within(self._retries.most_seconds):
            for _ in range(MOST_REDIRECTS + 1):
                with sent_on(url, place):
                    response = ask(place)
                if response.location is None:
                    return response
                place = redirected(response, for_file=for_file)
        raise NotDevpi(f"{method} {urls.hide(url)}\nmore than {MOST_REDIRECTS} redirects", hint="is the URL right?")

    def _fetch(self, take: Callable[[bytes], None], url: str, method: str = "GET") -> Response:
        """Download once; after the first piece was taken, a failure cannot be retried."""
        # Ask for the file itself, not for JSON about it, and without compression, which would change its hash.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        taken = False
        try:
            with self._response(method, url, headers) as response:
                self._log(f"{method} {urls.hide(url)} -> {response.status_code} {response.reason_phrase}")
                if response.is_success:
                    with deadline.suspended():
                        for piece in response.iter_raw():
                            taken = True
                            take(piece)
                return received(response, whole=response.is_error)
        except Unreachable as error:
            if taken:
                error.fault = ""
            raise

    def _send(self, method: str, body: dict[str, Any], form: Form | None, url: str) -> Response:
        """Send a request, and retry if that is safe."""
        once = partial(self._send_once, method, body, form, url)
        if method in READING:
            return self._retries.run(once)
        if form and form.arrived:
            return self._retries.run(once, form.arrived) or confirmed(method, url)
        return once()

    def _send_once(self, method: str, body: dict[str, Any], form: Form | None, url: str) -> Response:
        if form is not None:
            form.file.seek(0)
            body = {**body, "data": form.fields, "files": {"content": (form.name, form.file)}}
        started = time.perf_counter()
        with self._response(method, url, {}, **body) as response:
            whole = received(response)
        passed = time.perf_counter() - started
        self._quickest = min(self._quickest or passed, passed)
        self._log(f"{method} {urls.hide(url)} -> {whole.status_code} {whole.reason_phrase}, {passed * 1000:.0f} ms")
        return whole

    @contextmanager
    def _response(self, method: str, url: str, headers: dict[str, str], **body: Any) -> Iterator[httpx.Response]:
        """Send a request; inside the block the body of the response can be read."""
        with self._failures(method, url):
            client = self._client(url)
            headers = {**headers, **self._identity.headers(url)}
            timeouts = dict.fromkeys(("read", "write", "pool"), self._timeout) | {"connect": self._connect_seconds}
            extensions = {"trace": deadline.trace(), "timeout": timeouts}
            with client.stream(method, url, headers=headers, extensions=extensions, **body) as response:
                yield response

    @property
    def _connect_seconds(self) -> float:
        return min(CONNECT_SECONDS, self._timeout)

    @contextmanager
    def _failures(self, method: str, url: str) -> Iterator[None]:
        """Turn exceptions of httpx inside the block into errors of this package."""
        httpx = import_httpx()
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise WrongUsage(f"invalid URL {urls.hide(url)!r}: {error}") from None
        except UnicodeError:  # its text may contain a secret
            raise WrongUsage(f"{method} {urls.hide(url)}\nthe data to be sent is not valid UTF-8") from None
        except httpx.DecodingError as error:
            raise NotDevpi(f"{method} {urls.hide(url)}\nthe reply is damaged: {error}") from None
        except (httpx.TransportError, deadline.DeadlineExceeded) as error:
            self._log(f"{method} {urls.hide(url)} -> {error!r}")
            parts = urlsplit(url)
            where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
            if isinstance(error, httpx.ConnectTimeout):
                tls = f"does this port speak https, or should the URL be {plain(where)}?"
                hint = tls if parts.scheme == "https" else "is the URL right?"
                what = f"cannot reach {where}: no connection within {self._connect_seconds:g} s"
                raise Unreachable(what, hint=hint) from None
            if isinstance(error, httpx.TimeoutException | deadline.DeadlineExceeded):
                raise self._late(where) from None
            is_passing = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
            fault: Literal["", "refused", "broken"] = "broken" if is_passing else ""
            raise unreachable(where, error, "refused" if isinstance(error, httpx.ConnectError) else fault) from None

    def _late(self, where: str) -> Unreachable:
        """Return the error for a timeout: silence, or the deadline is over."""
        if deadline.left():
            what, option = f"no answer from {where} within {self._timeout:g} s", "--timeout"
        else:
            what, option = f"no complete answer from {where} within {self._retries.most_seconds:g} s", "--deadline"
        return Unreachable(what, hint=f"to wait longer, add {option} SECONDS", fault="silent")

    def _client(self, url: str) -> httpx.Client:
        """Return the client for a URL; only those for https load CAs."""
        scheme, certificate = urlsplit(url).scheme, self._identity.certificate(url)
        # A proxy on another machine cannot reach this one.
        by_proxy = self._trust_env and not urls.is_loopback(url)
        with self._creating:
            if (scheme, certificate, by_proxy) not in self._clients:
                self._clients[scheme, certificate, by_proxy] = self._new_client(scheme, certificate, by_proxy=by_proxy)
        return self._clients[scheme, certificate, by_proxy]

    def _new_client(self, scheme: str, certificate: str | None, *, by_proxy: bool) -> httpx.Client:
        library = import_httpx()
        trusted = self._trust.context(certificate) if scheme == "https" else None
        try:
            client: httpx.Client = library.Client(
                verify=trusted,  # None for plain http, which does not use it
                timeout=None,  # set per request
                headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                transport=self._transport,
                trust_env=by_proxy,
            )
        except (library.InvalidURL, ValueError, ImportError) as error:  # ImportError: SOCKS needs another package
            raise WrongUsage(
                f"cannot use the proxy set in the environment: {urls.hide(str(error))}",
                hint="check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY",
            ) from None
        return client


def import_httpx() -> Any:
    """Import httpx without its command line.

    That would import rich and pygments (45 ms); httpx expects that it may be missing.
    """
    without = "httpx" not in sys.modules
    if without:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]  # marks it as not importable
    try:
        return import_module("httpx")
    finally:
        if without:
            del sys.modules["httpx._main"]


def _may_be_done(url: str, error: Unreachable | ServerFailed | NotDevpi) -> bool:
    """Return whether a failed request may have changed something; a login does not."""
    if url.endswith("/+login"):
        return False
    if isinstance(error, NotDevpi):
        return not error.hint  # with a hint it is probably not a devpi server at all
    return error.fault in ("broken", "silent") if isinstance(error, Unreachable) else error.status in MAYBE_DONE
