"""click and httpx, imported lightly: nothing of them is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.webservers import DEVPI_HEADERS, a_front

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.webservers import Front

START = "from devpi_cli.http import engine; engine.start(); import httpx, sys\n"


@pytest.fixture
def front() -> Iterator[Front]:
    """A web server that gives a cookie to who comes to its root."""
    with a_front() as found:
        found.answers["/"] = 200, {**DEVPI_HEADERS, "Set-Cookie": "flavour=vanilla; Path=/"}, b'{"name": "\xc3\xa9"}'
        yield found


def run(code: str, *arguments: str, **env: str) -> str:
    """Run a program of its own that has imported httpx lightly; return what it prints."""
    command = [sys.executable, "-c", START + code, *arguments]
    done = subprocess.run(command, env={"NO_PROXY": "*", **env}, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


CLIENT = "with engine.seldom_used(): client = httpx.Client(verify=None)\n"


@pytest.mark.parametrize(
    ("what", "code", "brings"),
    [
        ("nothing", "", ""),
        ("a client", CLIENT, ""),
        ("a request", f"{CLIENT}client.get(sys.argv[1] + 'plain')", ""),
        ("a reply with a cookie", f"{CLIENT}client.get(sys.argv[1])", "http.cookiejar"),
        ("a proxy", f"import os; os.environ['HTTP_PROXY'] = sys.argv[1]\n{CLIENT}", "urllib.request"),
        ("an international host", "httpx.URL('http://bücher.example/').raw_host", "idna"),
        ("a client with the trust of httpx", "httpx.Client()", "certifi.core"),
        ("a client that trusts anybody", "httpx.Client(verify=False)", "ssl"),
    ],
)
def test_what_is_seldom_used_is_imported_when_it_is(front: Front, what: str, code: str, brings: str) -> None:
    del what
    front.answer("/plain")
    seldom = (
        "anyio.abc",
        "certifi.core",
        "email.message",
        "http.cookiejar",
        "idna",
        "logging",
        "ssl",
        "urllib.request",
    )
    found = run(f"{code}\nprint(*(name for name in {seldom} if name in sys.modules))", front.url).split()
    assert (brings in found) if brings else (found == [])


def test_who_listens_hears_what_httpx_logs(front: Front) -> None:
    code = "import logging; logging.basicConfig(level=logging.INFO, stream=sys.stdout)\nhttpx.get(sys.argv[1])"
    assert run(code, front.url) == f'INFO:httpx:HTTP Request: GET {front.url} "HTTP/1.0 200 OK"\n'


def test_cookies_are_kept_and_shown(front: Front) -> None:
    code = "client = httpx.Client(); client.get(sys.argv[1]); client.get(sys.argv[1])\n"
    code += "print(dict(client.cookies)); client.cookies.set('more', 'nuts'); client.get(sys.argv[1])"
    assert run(code, front.url) == "{'flavour': 'vanilla'}\n"
    sent = [headers.get("cookie") for headers in front.headers]
    assert sent == [None, "flavour=vanilla", "flavour=vanilla; more=nuts"]


def test_a_cookie_may_be_given(front: Front) -> None:
    run("httpx.get(sys.argv[1], cookies={'a': 'b'})", front.url)
    assert front.headers[0]["cookie"] == "a=b"


def test_proxies_of_the_environment_are_used(front: Front) -> None:
    code = "print(httpx.get('http://elsewhere.example/').json())"
    front.answers["http://elsewhere.example/"] = front.answers["/"]
    assert run(code, http_proxy=front.url, NO_PROXY="") == "{'name': 'é'}\n"
    assert front.asked == ["GET http://elsewhere.example/"]


def test_asynchronous_clients_work(front: Front) -> None:
    code = "import asyncio\nasync def get():\n async with httpx.AsyncClient() as client:\n"
    code += "  return await client.get(sys.argv[1])\nprint(asyncio.run(get()).text)"
    assert run(code, front.url) == '{"name": "é"}\n'


def test_the_charset_of_a_reply_is_heard(front: Front) -> None:
    front.answers["/"] = 200, {"Content-Type": "text/plain; charset=latin-1"}, "é".encode("latin-1")
    assert run("print(httpx.get(sys.argv[1]).text)", front.url) == "é\n"


def test_what_is_imported_afterwards_is_the_real_thing() -> None:
    code = "import anyio, certifi.core, email.message, http.cookiejar, idna.core, urllib.request\n"
    code += "print(email.message.Message, http.cookiejar.CookieJar, urllib.request.Request, certifi.where()[-4:])"
    assert run(code) == (
        "<class 'email.message.Message'> <class 'http.cookiejar.CookieJar'> <class 'urllib.request.Request'> .pem\n"
    )


def test_a_module_that_is_there_already_is_taken() -> None:
    code = "import http.cookiejar, urllib.request\nfrom devpi_cli.http import engine; engine.start()\n"
    code += "import httpx; print(type(httpx.Cookies().jar))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "<class 'http.cookiejar.CookieJar'>\n"


CLICK = """from devpi_cli.http import engine; engine.start_click()
import click, sys
@click.command(epilog="Examples:\\n  devpi")
@click.option("--id", type=click.UUID, default=lambda: None, show_default=True, help="  One line.")
@click.option("--more", help="Two lines,\\n    and no indent.")
def command(id, more):
    \"\"\"Say it.

    And more.
    \"\"\"
    print(id, type(id))
"""


def test_a_command_of_few_words_needs_little() -> None:
    code = "from devpi_cli.http import engine; engine.start_click()\nimport click, dataclasses, sys\n"
    code += "@click.command()\n@click.option('--id', help='One.')\ndef command(id): 'Say it.'\n"
    code += "command([], standalone_mode=False)\nprint({'inspect', 'platform', 'uuid'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("command(['--id', '0' * 32])", "00000000-0000-0000-0000-000000000000 <class 'uuid.UUID'>\n"),
        (
            "from uuid import UUID\ncommand([], default_map={'id': UUID(int=1)})",
            f"{'0' * 8}-0000-0000-0000-{1:012} <class 'uuid.UUID'>\n",
        ),
        (
            "command.main(['--help'], 'x')",
            "Usage: x [OPTIONS]\n\n  Say it.\n\n  And more.\n\nOptions:\n"
            "  --id UUID    One line.  [default: (dynamic)]\n"
            "  --more TEXT  Two lines, and no indent.\n"
            "  --help       Show this message and exit.\n\n  Examples: devpi\n",
        ),
        ("import inspect, uuid\nprint(inspect.__name__, inspect.cleandoc, uuid.UUID)", None),
    ],
)
def test_click_is_whole(code: str, printed: str | None) -> None:
    def told(begin: str) -> str:
        done = subprocess.run([sys.executable, "-c", f"{begin}{code}"], capture_output=True, text=True, check=True)
        return re.sub(" at 0x[0-9a-f]+", "", done.stdout)

    assert told(CLICK) == (printed or told("import click, sys\n"))
