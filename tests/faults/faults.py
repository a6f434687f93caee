"""Faults between a client and devpi, and how the client has to react."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.proxy import Exchange, pass_on

if TYPE_CHECKING:
    from tests.faults.proxy import Action

DEVPI = ("X-Devpi-Api-Version: 2", "Content-Type: application/json")
DRIP_SECONDS = 0.05
SILENCE, DEADLINE = "--timeout", "--deadline"


# -- what happens


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def lose(exchange: Exchange) -> None:
    await exchange.ask_devpi()
    exchange.reset()


async def hang(exchange: Exchange) -> None:
    await exchange.until_they_leave()


async def drip(begin: bytes, exchange: Exchange) -> None:
    await exchange.send(begin)
    while True:
        await asyncio.sleep(DRIP_SECONDS)
        await exchange.send(b" ")


async def endless(exchange: Exchange) -> None:
    await exchange.send(head("200 OK", *DEVPI), b"[")
    while True:
        await exchange.send(b"0," * 30_000)


async def cut(exchange: Exchange) -> None:
    """Send half of what devpi answered: of its body, or where that is empty of its head."""
    begin, body = await exchange.ask_devpi()
    await exchange.send(*((begin, body[: len(body) // 2]) if body else (begin[: len(begin) // 2],)))


async def say(status: str, headers: tuple[str, ...], body: bytes, exchange: Exchange) -> None:
    await exchange.say(status, body, *headers)


async def be_busy(exchange: Exchange) -> None:
    await exchange.say("429 Too Many Requests", b"", f"Retry-After: {formatdate(usegmt=True)}")


async def send_on(status: str, place: str, exchange: Exchange) -> None:
    """Redirect: to the same server, ``again``, to another port, or in a loop."""
    if exchange.path.startswith("/again/"):
        exchange.path = exchange.path.removeprefix("/again")
        exchange.door.asked[-1] = f"{exchange.method} {exchange.path}"
        await pass_on(exchange)
        return
    where = {"again": f"/again{exchange.path}", "loop": exchange.path}
    target = where.get(place) or f"{exchange.door.elsewhere.rstrip('/')}{exchange.path}"
    await exchange.say(status, b"<h1>Moved</h1>", f"Location: {target}", "Content-Type: text/html")


async def mislabel(exchange: Exchange) -> None:
    begin, body = await exchange.ask_devpi()
    await exchange.send(begin.replace(b"application/json", b"text/html"), body)


async def miscount(more: int, exchange: Exchange) -> None:
    """Give the body of devpi's answer a length that it does not have."""
    begin, body = await exchange.ask_devpi()
    lines = [line for line in begin[:-4].split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    length = max(0, len(body) + more)
    await exchange.send(b"\r\n".join([*lines, b"Content-Length: %d" % length, b"", b""]), body)


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Connection: close", "", ""]).encode()


# -- what the client makes of it


@dataclass(frozen=True)
class Expected:
    """Which exit status there has to be, and what has to be said (a regular expression)."""

    status: int
    says: str = ""


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and what has to become of commands that read, and of those that change something."""

    name: str
    action: Action
    reading: Expected
    changing: Expected
    uploading: Expected
    when: str = ""
    """``at once``: before anything is read; ``after head``: before the body is; else then."""
    times: int = 10**9
    option: str = ""
    """The option that ends it."""
    door: str = "http"
    """``closed`` where nobody listens, ``https`` where it speaks TLS."""

    @property
    def is_redirect(self) -> bool:
        return self.name[:2] == "30"


def fault(
    name: str,
    action: Action,
    status: int,
    says: str = "",
    *,
    changing: Expected | None = None,
    uploading: Expected | None = None,
    when: str = "",
    times: int = 10**9,
    option: str = "",
    door: str = "http",
) -> Fault:
    reading = Expected(status, says)
    changing = changing or reading
    return Fault(name, action, reading, changing, uploading or changing, when, times, option, door)


def answer(status: str, body: bytes = b"", *headers: str) -> Action:
    return partial(say, status, headers, body)


def redirect(name: str, status: str, place: str, exit_status: int = 0, says: str = "", door: str = "http") -> Fault:
    nothing_done = Expected(1, "redirected to .*: a change is not sent on")
    return fault(name, partial(send_on, status, place), exit_status, says, changing=nothing_done, door=door)


def refusal(status: str, exit_status: int, says: str = "", *headers: str) -> Fault:
    refuse = answer(status, b"<h1>No</h1>", "Content-Type: text/html", *headers)
    return fault(status[:3], refuse, exit_status, says or status)


OK = Expected(0)
HTML = b"<!DOCTYPE html><html><body>Please log in to this network</body></html>"
WRONG_SHAPE = json.dumps({"type": "weather", "result": ["rain", {"wind": 7}]}).encode()
LATE = "no complete answer from .* within [0-9.]+ s"
NONSENSE = "unexpected type of reply|this is not the reply|is not a log of actions"
NO_STATUS = b"HTTP/1.1 200 OK\r\nX-Slow: "
BUSY = answer("503 Service Unavailable")
LATER = answer("429 Too Many Requests", b"", "Retry-After: 0")
BROKEN = "cannot reach .*: (Connection reset by peer|Broken pipe|Server disconnected without sending a response)"
CUT_SHORT = "cannot reach .*: (peer closed connection|Server disconnected|Connection reset)"
PAGE = "no devpi server answers like this|this is not JSON"
once = {"times": 1}

FAULTS = [
    fault("refuse", reset, 6, "cannot reach .*: Connection refused", door="closed"),
    fault("reset before", reset, 6, BROKEN, when="at once"),
    fault("reset during", reset, 6, BROKEN, when="after head"),
    fault("reset after", reset, 6, BROKEN),
    fault("lost answer", lose, 6, BROKEN),
    fault("hang", hang, 6, "no answer from .* within [0-9.]+ s", option=SILENCE),
    fault("drip head", partial(drip, NO_STATUS), 6, LATE, option=DEADLINE),
    fault("drip body", partial(drip, head("200 OK", *DEVPI)), 6, LATE, option=DEADLINE),
    fault("cut short", cut, 6, CUT_SHORT),
    redirect("301 same", "301 Moved Permanently", "again"),
    redirect("302 port", "302 Found", "elsewhere"),
    redirect("303 loop", "303 See Other", "loop", 1, "more than 10 redirects"),
    redirect("307 same", "307 Temporary Redirect", "again"),
    redirect("308 port", "308 Permanent Redirect", "elsewhere"),
    redirect("302 to http", "302 Found", "elsewhere", 1, "redirected to http://.*, without TLS", door="https"),
    refusal("401 Unauthorized", 3),
    refusal("403 Forbidden", 3),
    refusal("407 Proxy Authentication Required", 3),
    refusal("413 Request Entity Too Large", 1),
    refusal("429 Too Many Requests", 1, "429 Too Many Requests", "Retry-After: 0"),
    fault("429 date", be_busy, 1, "429 Too Many Requests"),
    refusal("500 Internal Server Error", 6),
    refusal("502 Bad Gateway", 6),
    refusal("503 Service Unavailable", 6),
    refusal("504 Gateway Timeout", 6),
    fault("HTML", answer("200 OK", HTML, "Content-Type: text/html"), 1, PAGE),
    fault("empty", answer("200 OK"), 1, PAGE),
    fault("mislabelled", mislabel, 0),
    fault("broken JSON", answer("200 OK", b'{"type": "userconfig", "result": {', *DEVPI), 1, PAGE),
    fault("endless", endless, 1, "larger than 1 MiB"),
    fault(
        "wrong shape",
        answer("200 OK", WRONG_SHAPE, *DEVPI),
        1,
        NONSENSE,
    ),
    fault("API 3", answer("200 OK", b"{}", "X-Devpi-Api-Version: 3", *DEVPI[1:]), 1, "speaks devpi API version 3"),
    fault("too long", partial(miscount, 7), 6, CUT_SHORT),
    fault("too short", partial(miscount, -5), 1, PAGE),
    fault("503 once", BUSY, 0, changing=Expected(6, "503"), uploading=OK, **once),
    fault("429 once", LATER, 0, changing=Expected(1, "429"), uploading=OK, **once),
    fault("reset once", reset, 0, changing=Expected(6, BROKEN), uploading=OK, **once),
    fault("lost once", lose, 0, changing=Expected(6, BROKEN), uploading=OK, **once),
]
