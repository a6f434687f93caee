"""Which URL gets which login."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from devpi_cli.auth.answers import Grant, answer, question

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "s3cret"
GRANTS = [
    Grant("https://devpi.example/", "alice", SECRET),
    Grant("http://127.0.0.1:3141/devpi/", "bob", SECRET),
    Grant("http://[::1]:3141/", "carol", SECRET),
]
ANSWERED = [
    "https://devpi.example/alice/dev/+simple/",
    "https://devpi.example:443/alice/dev/+simple/",
    "https://alice@devpi.example/alice/dev/+simple/demo/",
    "HTTPS://DEVPI.EXAMPLE/alice/dev",
    "https://devpi.example/",
    "http://127.0.0.1:3141/devpi/bob/dev",
    "http://[::1]:3141/carol/dev/+f/123/4%2B5/demo-1.0.whl",
]
OTHERS = {
    "the host alone": "devpi.example",
    "host and port alone": "127.0.0.1:3141",
    "the host without a path": "https://devpi.example",
    "no TLS": "http://devpi.example/alice/dev/",
    "TLS where there is none": "https://127.0.0.1:3141/devpi/",
    "another port": "https://devpi.example:8443/alice/dev/",
    "the port of http": "https://devpi.example:80/alice/dev/",
    "another host": "https://evil.example/alice/dev/",
    "a host that begins alike": "https://devpi.example.evil.example/",
    "a host that ends alike": "https://evil-devpi.example/",
    "a host with a dot": "https://devpi.example./alice/dev/",
    "beside the root": "http://127.0.0.1:3141/other/",
    "a path that begins alike": "http://127.0.0.1:3141/devpi-evil/",
    "out of the root": "http://127.0.0.1:3141/devpi/../other/",
    "out of the root, quoted": "http://127.0.0.1:3141/devpi/%2e%2E/other/",
    "out of the root, quoted twice": "http://127.0.0.1:3141/devpi/%252e%252e/other/",
    "out of the root by a backslash": "http://127.0.0.1:3141/devpi/..\\other/",
    "a quoted slash": "http://127.0.0.1:3141/devpi/..%2fother/",
    "a backslash before the @": "http://evil.example\\@devpi.example/",
    "our host as the user": "https://devpi.example@evil.example/",
    "our host as the password": "https://a:devpi.example@evil.example/",
    "two @": "https://a@devpi.example@evil.example/",
    "two @, ours last": "https://a@evil.example@devpi.example/",
    "our host in the query": "https://evil.example?@devpi.example/",
    "our host in the fragment": "https://evil.example#@devpi.example/",
    "a query": "https://devpi.example/alice?x=1",
    "a tab in the host": "https://dev\tpi.example/",
    "a newline": "https://devpi.example/alice\n",
    "a blank before it": " https://devpi.example/",
    "a full-width slash": "https://evil.example\uff0fdevpi.example/",
    "a host that looks alike": "https://devpi.\u0435xample/",
    "another scheme": "ftp://devpi.example/",
    "no scheme": "//devpi.example/alice",
    "a port that is none": "https://devpi.example:x/",
    "port 0": "https://devpi.example:0/",
    "a port that is too large": "https://devpi.example:443443/",
    "an empty segment": "https://devpi.example//evil.example/",
    "no host": "https:///alice/",
    "half an address": "http://[::1:3141/carol/",
    "nothing": "",
}


@pytest.mark.parametrize("url", ANSWERED)
def test_a_url_of_a_known_server_is_answered(url: str) -> None:
    found = answer(url, None, GRANTS)
    assert found
    assert found.secret == SECRET


@pytest.mark.parametrize("tried", OTHERS)
def test_any_other_url_is_not(tried: str, attack: Callable[[str, str, str], None]) -> None:
    found = answer(OTHERS[tried], None, GRANTS)
    attack("the keyring is asked about another URL", f"{tried}: {OTHERS[tried]!r}", f"answer: {found}")
    assert found is None


def test_a_login_is_for_its_user() -> None:
    url = ANSWERED[0]
    assert answer(url, "alice", GRANTS) == answer(url, "", GRANTS) == GRANTS[0]
    assert answer(url, "bob", GRANTS) is None


def test_a_secret_is_not_shown() -> None:
    assert SECRET not in repr(GRANTS)


@pytest.mark.parametrize(
    ("url", "user", "asked"),
    [
        ("https://devpi.example/a", "alice", "https://alice@devpi.example:443/a"),
        ("http://devpi.example/a", "alice", "http://alice@devpi.example:80/a"),
        ("http://127.0.0.1:3141/a", "a@b/c", "http://a%40b%2Fc@127.0.0.1:3141/a"),
        ("http://[::1]:3141/a", "alice", "http://alice@[::1]:3141/a"),
        ("https://[::1]/a", "alice", "https://alice@[::1]:443/a"),
        ("https://devpi.example:/a", "alice", "https://alice@devpi.example:443/a"),
        ("https://old@devpi.example/a", "alice", "https://alice@devpi.example:443/a"),
    ],
)
def test_a_question_names_user_and_port(url: str, user: str, asked: str) -> None:
    assert question(url, user) == asked
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
    assert answer(asked, user, [Grant(root, user, SECRET)]) is not None
