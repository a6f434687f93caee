"""click and httpx, imported without what a command seldom uses of them, and in half the time.

TLS for plain http, cookies, international host names, httpx's own command line and asynchronous clients bring a hundred
modules along, and click looks into source code. While these are imported, others stand in for what is seldom used,
which import it when somebody does use it: nothing is missing.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

STARTED: list[str] = []


def start_click() -> None:
    """Import click; for a program of its own, likewise."""
    with seldom_used("inspect", "uuid"):
        import_module("click")
        import_module("dataclasses")  # which looks into a class only where its docstring is missing


def start() -> None:
    """Import httpx, unless that is done; for a program of its own, where nobody else wants these modules whole."""
    if "httpx" not in sys.modules:
        STARTED.append("httpx")
        with seldom_used():
            import_module("httpx")
            import_module("httpcore")


def start_whole() -> None:
    """Import httpx whole, for a program of somebody else, but for its command line, which brings click and rich."""
    if "httpx" not in sys.modules:
        with seldom_used("httpx._main"):
            import_module("httpx")


def as_started() -> AbstractContextManager[None]:
    """Return what is around the making of a client: stand-ins, if httpx was imported with them."""
    return seldom_used() if STARTED else nullcontext()


@contextmanager
def seldom_used(*names: str) -> Iterator[None]:
    """Let others stand in for the modules, or some of them, that are not there yet; around an import."""
    wanted = {name: SELDOM_USED[name] for name in names or SELDOM_USED}
    stand_ins = {name: StandIn(name, ready) for name, ready in wanted.items() if name not in sys.modules}
    for name, stand_in in stand_ins.items():
        package, _, last = name.rpartition(".")
        if package in sys.modules or package in ("email", "http", "urllib"):
            setattr(import_module(package), last, stand_in)  # the real module takes that place when it is imported
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


class StandIn(ModuleType):
    """A module with some parts ready, which imports the real one for all others."""

    def __init__(self, name: str, ready: dict[str, Any]) -> None:
        super().__init__(name)
        vars(self).update(ready)

    def __getattr__(self, part: str) -> Any:
        if part.startswith("__"):  # the import system looks for some
            raise AttributeError(part)
        return getattr(_real(self.__name__), part)


def _real(name: str) -> ModuleType:
    if isinstance(sys.modules.get(name), StandIn):
        del sys.modules[name]
    return import_module(name)


def _is_there(name: str) -> bool:
    return not isinstance(sys.modules.get(name), StandIn | None)


def _later(module: str, name: str) -> Callable[..., Any]:
    """Return what calls a function of a module that is imported for it."""

    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(_real(module), name)(*arguments, **named)

    return call


def cleandoc(text: str) -> str:
    """Return a text without the blanks that it was indented by."""
    if "\n" in text or "\t" in text:
        told: str = _real("inspect").cleandoc(text)
        return told
    return text.lstrip()


class _IsUuid(type):
    def __instancecheck__(cls, value: object) -> bool:
        return _is_there("uuid") and isinstance(value, _real("uuid").UUID)


class UUID(metaclass=_IsUuid):
    """What click takes for the class of identifiers; to make one makes a real one."""

    def __new__(cls, *arguments: Any, **named: Any) -> Any:
        """Make one."""
        return _real("uuid").UUID(*arguments, **named)


def getproxies() -> dict[str, str]:
    """Return the proxies that the environment, or the system, names; only some systems can."""
    named = {name.lower() for name in os.environ if name.lower().endswith("_proxy")}
    if sys.platform not in ("darwin", "win32") and named <= {"no_proxy"}:
        return {}
    found: dict[str, str] = _real("urllib.request").getproxies()
    return found


class CookieJar:
    """A jar of cookies that becomes a real one with the first cookie."""

    def __init__(self) -> None:
        self._jar: Any = None

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Keep the cookies of a response (httpx wraps its own in ``response.response``)."""
        if "set-cookie" in response.response.headers:
            self._real().extract_cookies(response, request)

    def add_cookie_header(self, request: Any) -> None:
        """Show the cookies that are kept to whom they belong."""
        if self._jar is not None:
            self._jar.add_cookie_header(request)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._jar or ())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def _real(self) -> Any:
        if self._jar is None:
            self._jar = _real("http.cookiejar").CookieJar()
        return self._jar


class Request:
    """A request as a jar of cookies wants to see it, which becomes a real one when a jar looks at it."""

    def __init__(self, **parts: Any) -> None:
        self._parts = parts
        self._request: Any = None

    def add_unredirected_header(self, name: str, value: str) -> None:
        """Add a header that is not sent elsewhere."""
        self._real().add_unredirected_header(name, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def _real(self) -> Any:
        if self._request is None:
            self._request = _real("urllib.request").Request(**self._parts)
        return self._request


class Logger:
    """A logger that says nothing until somebody imports logging: before that, nobody listens."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        if _is_there("logging"):
            return getattr(_real("logging").getLogger(self.name), name)
        return self._nothing

    @staticmethod
    def _nothing(*_: object, **__: object) -> bool:
        return False


class _IsTls(type):
    def __instancecheck__(cls, value: object) -> bool:
        return _is_there("ssl") and isinstance(value, _real("ssl").SSLSocket)


class SSLSocket(metaclass=_IsTls):
    """What tells a TLS socket from another one, which is the other one where nobody imported ssl."""


# By module: the parts that are looked at when click, httpx or filelock is imported, or a client for plain http is made.
SELDOM_USED: dict[str, dict[str, Any]] = {
    "anyio": {},
    "certifi": {},
    "email.message": {},
    "hashlib": {name: _later("hashlib", name) for name in ("md5", "sha1", "sha256", "sha512")},
    "http.cookiejar": {"CookieJar": CookieJar, "Cookie": _later("http.cookiejar", "Cookie")},
    "httpx._main": {"main": _later("httpx._main", "main")},
    "idna": {},
    "inspect": {"cleandoc": cleandoc},
    "secrets": {},
    "logging": {"getLogger": Logger, "DEBUG": 10, "INFO": 20},
    "ssl": {"SSLContext": _later("ssl", "SSLContext"), "SSLSocket": SSLSocket},
    "uuid": {"UUID": UUID},
    "urllib.request": {
        "Request": Request,
        "getproxies": getproxies,
        "parse_http_list": _later("urllib.request", "parse_http_list"),
    },
}
