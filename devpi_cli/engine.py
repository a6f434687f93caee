"""httpx, imported without what a command seldom uses of it, and in three quarters of the time.

Cookies, international host names, httpx's own command line and asynchronous clients bring 70 modules along. While httpx
is imported, others stand in for these, which import them when somebody does use them: nothing is missing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What httpx and httpcore only call into, and do not look at before.
CALLED_LATER = ("anyio", "certifi", "email.message", "idna")
# This one stays: httpx imports it for every client, also for one that trusts somebody else.
STAYS = "certifi"


def start() -> None:
    """Import httpx, unless that is done; for a program of its own, where nobody else wants these modules whole."""
    if "httpx" in sys.modules:
        return
    import email
    import http
    import urllib

    stand_ins = {name: _stand_in(name) for name in CALLED_LATER}
    stand_ins["httpx._main"] = _stand_in("httpx._main", main=_later("httpx._main", "main"))
    stand_ins["http.cookiejar"] = _stand_in(
        "http.cookiejar", CookieJar=CookieJar, Cookie=_later("http.cookiejar", "Cookie")
    )
    stand_ins["urllib.request"] = _stand_in(
        "urllib.request",
        Request=Request,
        getproxies=getproxies,
        parse_http_list=_later("urllib.request", "parse_http_list"),
    )
    stand_ins = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(stand_ins)
    for package, name in ((email, "message"), (http, "cookiejar"), (urllib, "request")):
        if stand_in := stand_ins.get(f"{package.__name__}.{name}"):
            setattr(package, name, stand_in)  # the real module takes that place when it is imported
    try:
        import_module("httpx")
        import_module("httpcore")
    finally:
        for name, stand_in in stand_ins.items():
            if name != STAYS and sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _stand_in(name: str, **ready: Any) -> ModuleType:
    """Return a module with some parts ready, which imports the real one for all others."""
    module = ModuleType(name)

    def part_of_the_real_one(part: str) -> Any:
        if part.startswith("__") and (name, part) != (STAYS, "__path__"):  # the import system looks for some
            raise AttributeError(part)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        return getattr(import_module(name), part)

    vars(module).update(ready, __getattr__=part_of_the_real_one)
    return module


def _later(module: str, name: str) -> Callable[..., Any]:
    """Return what calls a function of a module that is imported for it."""

    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **named)

    return call


def getproxies() -> dict[str, str]:
    """Return the proxies that the environment, or the system, names; only some systems can."""
    named = {name.lower() for name in os.environ if name.lower().endswith("_proxy")}
    if sys.platform not in ("darwin", "win32") and named <= {"no_proxy"}:
        return {}
    found: dict[str, str] = import_module("urllib.request").getproxies()
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
            self._jar = import_module("http.cookiejar").CookieJar()
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
            self._request = import_module("urllib.request").Request(**self._parts)
        return self._request
