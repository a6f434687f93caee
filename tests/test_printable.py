"""What is hidden in a text, what is not, and what stays on its line."""

from __future__ import annotations

import re
import string
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, seed, settings
from hypothesis import strategies as st

from devpi_cli.errors import DevpiError, Refused, SomeFailed
from devpi_cli.printable import hidden, hide, one_line
from tests.hostile import cases

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 2.0  # of the processor for a MiB; anything quadratic takes minutes


@pytest.mark.parametrize(("text", "shown"), [
    ("http://alice:secret@host/dev", "http://alice:****@host/dev"),
    ("http://:token@host/dev", "http://:****@host/dev"),
    ("GET http://a:b@h/ and https://c:d@i/", "GET http://a:****@h/ and https://c:****@i/"),
    ("http://a:b@h/,https://c:d@i/", "http://a:****@h/,https://c:****@i/"),
    ('["http://a:b@h/","https://c:d@i/"]', '["http://a:****@h/","https://c:****@i/"]'),
    ("http://alice:p@ss:w@host/", "http://alice:****@host/"),
    ("http://alice:se/cret@host/", "http://alice:****@host/"),
    ("http://alice:se#cret@host/", "http://alice:****@host/"),
    ("http://alice:se?cret@host/", "http://alice:****@host/"),
    ("http://alice:se cret@host/", "http://alice:****@host/"),
    ("http://alice:12#34@host/", "http://alice:****@host/"),
    ("http://alice:12@34/x@host/", "http://alice:****@host/"),
    ("http://me@example.com:pw@host/", "http://****@host/"),
    ("http://me@example.com:p@w/x@host/", "http://****@host/"),
    ("http://me%40example.com:p%40w@host/", "http://me%40example.com:****@host/"),
    ("https://TOKEN@host/", "https://****@host/"),
    ("https://TOKEN@host:3141/a@b and https://c:d@i/", "https://****@b and https://c:****@i/"),
    ("https://TOKEN:@host/", "https://****@host/"),
    ("https://TOKEN:x-oauth-basic@host/", "https://****@host/"),
    ("https://sso?next=http://a:b@c/", "https://****@c/"),
    ("https://sso/login/?next=http://a:b@c/", "https://sso/login/?next=http://a:****@c/"),
    ("demo @ git+https://TOKEN@host/demo@main", "demo @ git+https://****@main"),
    ("socks5://me:pw@proxy:1080", "socks5://me:****@proxy:1080"),
    ("unknown scheme for proxy URL URL('me:pw@proxy:3128')", "unknown scheme for proxy URL URL('me:****@proxy:3128')"),
    ("user:pw@host/alice/dev", "user:****@host/alice/dev"),
    ("'user:p#/?:@w@host'", "'user:****@host'"),
    ("HTTP_PROXY=user:pw@host:8080", "HTTP_PROXY=user:****@host:8080"),
    ("me@example.com:pw@host", "****@host"),
    ("redirected to '//user:pw@host/'", "redirected to '//user:****@host/'"),
    ("u:pw@[::1]:80", "u:****@[::1]:80"),
    ("http://h/x?token=t0ken", "http://h/x?token=****"),
    ("'http://h/x?a=b&access_token=t0ken': no", "'http://h/x?a=b&access_token=****': no"),
    ("http://h/x.whl?X-Amz-Signature=s1g&x=y#sha256=00", "http://h/x.whl?X-Amz-Signature=****&x=y#sha256=00"),
    ("http://h/x.whl?sig=s1g#sha256=00", "http://h/x.whl?sig=****#sha256=00"),
    ("http://h/x?API_KEY=k&apikey=l&api-key=m", "http://h/x?API_KEY=****&apikey=****&api-key=****"),
    ("http://h/x?password=p#w&client_secret=q", "http://h/x?password=****&client_secret=****"),
    ("http://h/#access_token=t0ken", "http://h/#access_token=****"),
    ("X-Amz-Security-Token in http://h/?X-Amz-Security-Token=x&X-Amz-Credential=y",
     "X-Amz-Security-Token in http://h/?X-Amz-Security-Token=****&X-Amz-Credential=****"),
])  # fmt: skip
def test_what_is_hidden(text: str, shown: str) -> None:
    assert hide(text) == shown
    assert hide(shown) == shown


@pytest.mark.parametrize("text", [
    "http://host:3141/alice@example/dev", "http://host/a:b@c", "http://host/alice@example/dev", "http://[::1]:80/a@b",
    "http://127.0.0.1:3141/alice@example.com/dev/+f/123/abc/demo-1.0.zip#sha256=00ff",
    "alice@example.com", "email=alice@example.com", "Alice <alice@example.com>", "mailto:alice@example.com",
    '{"email": "alice@example.com", "title": "x: y"}', '{"email":"alice@example.com"}',
    "@scope/name", "@scope/name:1.0", "git@github.com:owner/name", "ssh://git@github.com/owner/name.git",
    "demo @ https://host/demo-1.0-py3-none-any.whl", "demo@https://host/demo-1.0-py3-none-any.whl#sha256=00",
    "demo @ file:///home/alice@corp/demo-1.0.tar.gz", "acl_upload=:ANONYMOUS:,alice@example.com",
    "localhost:3141/alice@example/dev", "put USER:PASSWORD@ before the host", r"C:\Users\alice@corp\pip.ini",
    "about token=x, password=y; secret=z", "http://h/x?no_projects=", "http://h/?tokens=3&page=2", "index?keep=a",
    "type 'devpi login alice@example' at http://host:3141/", "the port: alice@example.com knows it",
])  # fmt: skip
def test_what_is_left_as_it_is(text: str) -> None:
    assert hide(text) == text


# -- whatever the password

MANY = settings(max_examples=500, deadline=None, database=None, print_blob=True)
SIGNS = string.ascii_letters + string.digits + "@#/:?%&=+.-_~!$*,;'\"()<>[]{}\\|^`é"
USERS = st.text(string.ascii_letters + string.digits + ".-_+@", min_size=1, max_size=12)
PASSWORDS = st.text(SIGNS, min_size=4, max_size=24)
AROUND = [
    "{scheme}{user}:{secret}@{host}", "{scheme}{user}:{secret}@{host}/alice/dev", "{scheme}{secret}@{host}/",
    "GET {scheme}{user}:{secret}@{host}/x -> 401", "invalid URL '{scheme}{user}:{secret}@{host}': it has no host",
    '{{"url": "{scheme}{user}:{secret}@{host}/"}}', "({user}:{secret}@{host})", "{user}:{secret}@{host}:8080/x",
    "proxy={user}:{secret}@{host} is no URL", "{scheme}{host}/x.whl?token={quoted}", "see {scheme}h/?a=b&sig={quoted}.",
]  # fmt: skip


@MANY
@seed(cases.seed())
@given(st.sampled_from(AROUND), st.sampled_from(["http://", "https://", "socks5://"]), USERS, PASSWORDS)
def test_no_password_survives_in_any_form(around: str, scheme: str, user: str, password: str) -> None:
    """Undecidable are a port that a path follows, and a token before a slash, which may be a host and a path."""
    assume(not re.match(r"\d{1,5}/|//", password))
    assume(user.lower() not in ("mailto", "xmpp", "sip", "acct"))
    assume(len(user) > 1 or "\\" not in password)
    for secret in {password, quote(password), quote(password, safe=""), quote_plus(password)}:
        assume("{user}" in around or "/" not in secret.partition("@")[0])
        text = around.format(scheme=scheme, user=user, secret=secret, host="devpi.example", quoted=quote(password, ""))
        forms = (secret, password, quote(password, safe=""))
        rest = around.format(scheme=scheme, user=user, secret="", host="devpi.example", quoted="")
        assume(not any(form in rest for form in forms))
        shown = [told.replace("****", "") for told in (hide(text), str(DevpiError(text, hint=text)))]
        assert [form for form in forms for told in shown if form in told] == []


@MANY
@seed(cases.seed())
@given(st.text(SIGNS + " \n\x00\u2028"))
def test_a_text_is_hidden_once(text: str) -> None:
    assert hide(hide(text)) == hide(text)


@pytest.mark.parametrize("part", [
    "@", "a:", "://", "://a:", "http://a:b ", "http://a:b@h ", "?token=", "?a", "token", "&a=", ",http", "=a:1/",
    " a:1/", "ssh://x/", "http://[:", "sip:", "mailto:,", "'", " ", "\n", "?token=#", "#sha256=", "a.-", "http://a:",
    "x ", "?auth", "[", "http://a:b,", "****@",
])  # fmt: skip
def test_a_long_text_takes_no_time(part: str) -> None:
    for text in (part * (2**20 // len(part)), "http://a:b " + part * (2**20 // len(part)) + "@h/?sig=x"):
        started = time.process_time()
        hide(text)
        assert time.process_time() - started < SECONDS


# -- JSON


def test_json_is_shown_without_the_secrets_in_its_texts() -> None:
    told = {
        "index": {"mirror_url": "http://me:pw@host/", "bases": ["http://t0ken@host/", "root/pypi"], "volatile": True}
    }
    shown = {"mirror_url": "http://me:****@host/", "bases": ["http://****@host/", "root/pypi"], "volatile": True}
    assert hidden(told) == {"index": shown}
    assert hidden({"http://me:pw@host/": ("u:p@h", 1)}) == {"http://me:****@host/": ["u:****@h", 1]}
    assert hidden({"password": "pw", "pwhash": "h", "title": "password"}) == {
        "password": "****",
        "pwhash": "****",
        "title": "password",
    }
    assert hidden(None) is None


# -- lines


def test_a_line_stays_one_line() -> None:
    text = "a\nb\rc\vd\fe\x1cf\x1dg\x1eh\x85i\u2028j\u2029k\tl"
    assert one_line(text) == r"a\nb\x0dc\x0bd\x0ce\x1cf\x1dg\x1eh\x85i\u2028j\u2029k" + "\tl"
    assert len(one_line("".join(map(chr, range(0x3000)))).splitlines()) == 1


@pytest.mark.parametrize(("make", "lines"), [
    (lambda: DevpiError("a\nwarning: b", hint="c\nd"), [r"a\nwarning: b", r"c\nd"]),
    (lambda: DevpiError("GET http://h/\nno\nwarning: b"), [r"GET http://h/\nno\nwarning: b"]),
    (lambda: DevpiError(["GET http://h/", "no\nwarning: b"]), ["GET http://h/", r"no\nwarning: b"]),
    (lambda: DevpiError("http://h/\nwarning: b"), [r"http://h/\nwarning: b"]),
    (lambda: SomeFailed(["a\nb", "c\nd"], status=1), [r"a\nb", r"c\nd"]),
    (lambda: Refused("GET http://h/", 400, "a\nb"), ["GET http://h/", r"400 a\nb"]),
])  # fmt: skip
def test_an_error_has_no_lines_but_its_own(make: Callable[[], DevpiError], lines: list[str]) -> None:
    assert str(make()).splitlines() == lines
