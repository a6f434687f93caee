"""Send requests to a server: login, TLS, timeouts, retries, redirects, failures."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from copy import copy
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from devpi_cli import urls
from devpi_cli.errors import NotAllowed, NotDevpi, Redirected, ServerFailed, Unreachable
from devpi_cli.http import deadline, failures
from devpi_cli.http.connections import Connections
from devpi_cli.http.identity import Identity
from devpi_cli.http.responses import READING, acknowledged, confirmed, received, redirected, reply_of, sent_on
from devpi_cli.http.retries import Retries, ask, may_be_done
from devpi_cli.http.tls import Trust
from devpi_cli.printable import hide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    import httpx

    from devpi_cli.errors import DevpiError
    from devpi_cli.http.bodies import Form
    from devpi_cli.http.identity import Authenticator
    from devpi_cli.http.responses import Reply, Response
    from devpi_cli.models import Login

    _Result = TypeVar("_Result")


CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
MOST_REDIRECTS = 10
NOT_THERE = "the index does not have the file: is something in front of the server answering in its place?"
LOOK = "the server may have done it anyway: check before you try again"


class _Call(NamedTuple):
    """What ``Session.request`` was asked for."""

    method: str
    url: str
    body: dict[str, Any]
    form: Form | None
    anyone: bool
    safe: bool


class Session:
    """Sends requests to one server, as one user, over connections that stay open.

    ``timeout`` is the seconds of silence that end a request. ``retries`` limits the time of a whole request and its
    repetitions; by default there are none. ``log`` gets a line per request. ``transport`` replaces the network in
    tests. ``trust_env`` uses the proxies set in the environment, but never for this machine. ``waiting`` is a
    block around a request, given its URL.
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
        waiting: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._identity = identity or Identity("")
        self._authenticator = authenticator
        self._timeout = timeout or SILENCE_SECONDS
        self._retries = retries or Retries()
        self._log = log or (lambda line: None)
        self._waiting = waiting
        self._connections = Connections(trust or Trust(), transport, trust_env=trust_env)
        self._quickest: float | None = None

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

    def ask_login(self, request: str, error: DevpiError | None = None) -> None:
        """Ask the user for a login that ``request`` needs.

        If that is not possible, and there is no login at all, the hint of ``error`` lists the sources.
        """
        if self._authenticator:
            self._authenticator.ask(self, request, error)

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

    def request(  # noqa: PLR0913 (keyword options)
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        content: bytes | None = None,
        form: Form | None = None,
        accept: str = "",
        anyone: bool = False,
        safe: bool = False,
    ) -> Reply:
        """Send one request and return the reply of the server.

        ``json`` is a JSON body, ``content`` one that is sent as it is, ``form`` a multipart body, which is streamed.
        ``accept`` asks for another kind of reply than devpi's own JSON. ``anyone`` accepts JSON from servers other than
        devpi. ``safe`` marks a request that changes nothing, whatever its method.

        Raises Refused for a status of 400 or more, Unreachable if there is no response, NotDevpi for a response that
        cannot come from devpi, and Redirected for a redirect that must not be followed.
        """
        body: dict[str, Any] = {} if json is None else {"json": json}
        body |= {} if content is None else {"content": content}
        headers = {"Accept": accept, "Content-Type": "application/json" if content else ""}
        body |= {"headers": {name: value for name, value in headers.items() if value}}
        call = _Call(method, url, body, form, anyone, safe or method in READING)
        return self._with_login(url, partial(self._request, call))

    def _request(self, call: _Call) -> Reply:
        try:
            response = self._followed(call.method, call.url, partial(self._send, call))
            with sent_on(call.url, response.url):
                reply = reply_of(response, anyone=call.anyone)
            return reply if call.safe else acknowledged(call.method, reply, is_upload=call.form is not None)
        except (Unreachable, ServerFailed, NotDevpi, Redirected) as error:
            if isinstance(error, NotDevpi | Redirected) and call.form and call.form.arrived:
                has_arrived = ask(call.form.arrived)
                if has_arrived:
                    return reply_of(confirmed(call.method, call.url), anyone=False)
                if has_arrived is False and isinstance(error, NotDevpi):
                    error.hint = NOT_THERE
            if not (call.safe or isinstance(error, Redirected)) and may_be_done(error):
                error.hint = LOOK
            raise

    def ask(self, url: str, question: bytes, kind: str) -> bytes:
        """Send a question of another content type than JSON, which changes nothing; return the body of the answer.

        Raises what ``request`` raises, except NotDevpi for a body that is not JSON.
        """
        body = {"content": question, "headers": {"Content-Type": kind, "Accept": kind}}
        call = _Call("POST", url, body, None, anyone=False, safe=True)

        def answered() -> bytes:
            response = self._followed("POST", url, partial(self._send, call))
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                reply_of(response, anyone=False)
            return response.content

        return self._with_login(url, answered)

    def download(
        self,
        url: str,
        take: Callable[[bytes], None],
        *,
        leave_tls: bool = False,
        size: Callable[[int], None] = lambda size: None,
    ) -> None:
        """Download a file; pass each piece to ``take`` as it arrives, and before them its size, if known, to ``size``.

        Redirects are followed; another server gets no credentials. ``leave_tls`` also follows from https to http: only
        for files that are verified by other means. Raises what ``request`` raises.
        """
        self._with_login(url, partial(self._download, url, take, size, leave_tls=leave_tls))

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

    def _download(
        self, url: str, take: Callable[[bytes], None], size: Callable[[int], None], *, leave_tls: bool
    ) -> None:
        once = partial(self._fetch, take, size=size)
        response = self._followed("GET", url, lambda place: self._retries.run(partial(once, place)), leave_tls)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            reply_of(response, anyone=True)

    def size(self, url: str) -> int | None:
        """Ask for the size of a file in bytes; None if the server does not tell.

        Raises what ``request`` raises, except Refused.
        """
        ask = partial(self._fetch, lambda piece: None, method="HEAD")
        response = self._followed("HEAD", url, lambda place: self._retries.run(partial(ask, url=place)), leave_tls=True)
        length = response.headers.get("content-length", "")
        return int(length) if length.isdecimal() and response.status_code == HTTPStatus.OK else None

    def prepare(self, url: str) -> None:
        """Do the slow local work before a request to a URL: imports, a TLS context."""
        self._client(url)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def _followed(self, method: str, url: str, ask: Callable[[str], Response], leave_tls: bool = False) -> Response:
        """Call ``ask`` with a URL and follow redirects, within the deadline."""
        place = url
        with deadline.within(self._retries.most_seconds):
            for _ in range(MOST_REDIRECTS + 1):
                with sent_on(url, place):
                    response = ask(place)
                if response.location is None:
                    return response
                place = redirected(response, leave_tls=leave_tls)
        raise NotDevpi([f"{method} {url}", f"more than {MOST_REDIRECTS} redirects"], hint="is the URL right?")

    def _fetch(
        self,
        take: Callable[[bytes], None],
        url: str,
        method: str = "GET",
        size: Callable[[int], None] = lambda size: None,
    ) -> Response:
        """Download once; after the first piece was taken, a failure cannot be retried."""
        # Ask for the file itself, not for JSON about it, and without compression, which would change its hash.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        taken = False
        try:
            with self._response(method, url, headers) as response:
                self._log(f"{method} {hide(url)} -> {response.status_code} {response.reason_phrase}")
                if response.is_success:
                    if (length := response.headers.get("content-length", "")).isdecimal():
                        size(int(length))
                    with deadline.suspended():
                        for piece in response.iter_raw():
                            taken = True
                            take(piece)
                return received(response, whole=response.is_error)
        except Unreachable as error:
            if taken:
                error.fault = ""
            raise

    def _send(self, call: _Call, url: str) -> Response:
        """Send a request, and retry if that is safe."""
        once = partial(self._send_once, call, url)
        if call.safe:
            return self._retries.run(once)
        if call.form and call.form.arrived:
            return self._retries.run(once, call.form.arrived) or confirmed(call.method, url)
        return once()

    def _send_once(self, call: _Call, url: str) -> Response:
        method, body, form = call.method, call.body, call.form
        if form is not None:
            form.file.seek(0)
            body = {**body, "data": form.fields, "files": {"content": (form.name, form.file)}}
        started = time.perf_counter()
        with self._response(method, url, **body) as response:
            whole = received(response)
        passed = time.perf_counter() - started
        self._quickest = min(self._quickest or passed, passed)
        self._log(f"{method} {hide(url)} -> {whole.status_code} {whole.reason_phrase}, {passed * 1000:.0f} ms")
        return whole

    @contextmanager
    def _response(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, **body: Any
    ) -> Iterator[httpx.Response]:
        """Send a request; inside the block the body of the response can be read."""
        timeouts = self._timeouts
        with self._waiting(url), failures.explained(method, url, timeouts, self._log):
            client = self._client(url)
            headers = {**(headers or {}), **self._identity.headers(url)}
            seconds = dict.fromkeys(("read", "write", "pool"), timeouts.silence) | {"connect": timeouts.connect}
            extensions = {"trace": deadline.trace(), "timeout": seconds}
            with client.stream(method, url, headers=headers, extensions=extensions, **body) as response:
                yield response

    def _client(self, url: str) -> httpx.Client:
        return self._connections.client(url, self._identity.certificate(url))

    @property
    def _timeouts(self) -> deadline.Timeouts:
        return deadline.Timeouts(min(CONNECT_SECONDS, self._timeout), self._timeout, self._retries.most_seconds)
