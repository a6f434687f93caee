"""Replies of the real server, with one part changed to something it never sends."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.cases import hostile
from tests.hostile.harness import Somebody, documents
from tests.hostile.texts import ESCAPES, URLS
from tests.hostile.trees import Mutation, mutations
from tests.hostile.wire import Answer, Recorder, Replay
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from tests.support.clients import Member
    from tests.support.servers import Live

REPORT: dict[str, Any] = {
    "host": "here",
    "platform": "linux",
    "reportversion": "1",
    "testenvs": {
        "py": {
            "python": {"version": "3.11.1 (main)"},
            "setup": [{"command": ["pip", "install"], "retcode": "0", "output": "", "err": ""}],
            "test": [{"command": ["pytest"], "retcode": 1, "output": "bad", "err": "worse"}],
        }
    },
}
COMMANDS = [
    "use",
    "use --urls",
    "status",
    "whoami",
    "env",
    "upload --skip-existing demo-1.0-py3-none-any.whl",
    "remove -n demo",
    "index --delete -n dev",
    "use {root}{user}/dev",
    "use -l",
    "apply --export",
    "show demo -t --all-indexes",
    "search demo",
    "search --names demo",
    "open demo==1.0",
    "use --set-cfg --dry-run",
    "login {user} --password-stdin",
    "user",
    "user -l",
    "user {user} email=a@b",
    "index",
    "index -l",
    "index dev title=x",
    "index -c new bases=",
    "index --delete -y new",
    "list",
    "list -v",
    "list demo --all",
    "list -f demo",
    "getjson /+status",
    "getjson -v /{user}/dev/demo/1.0",
    "patchjson /{user}/dev -",
    "upload demo-1.0-py3-none-any.whl",
    "push demo==1.0 {user}/other",
    "push -n demo==1.0 other",
    "push demo==1.0 pypi:there",
    "refresh demo --index {user}/mirror",
    "refresh d* --index {user}/mirror",
    "test --list demo",
    "test demo",
    "passwd --password-stdin",
    "doctor",
    "--version -v",
    "prune -n --keep-within 1d",
    "prune -y demo --only all --keep-last 1",
    "remove -y demo==1.0",
    "remove -y other",
]


@dataclass(frozen=True)
class Scene:
    """A command, and what the real server answered to it."""

    typed: tuple[str, ...]
    answers: dict[tuple[str, str], Answer] = field(repr=False)


class Scenes(list[Scene]):
    """Scenes, which a failure need not show all of."""

    def __repr__(self) -> str:
        return f"<{len(self)} scenes>"


@pytest.fixture
def scenes(member: Member, server: Live, somebody: Somebody) -> Scenes:
    """Every command, once with the real server, which has something for each."""
    _fill(member, server)
    found = Scenes()
    for line in COMMANDS:
        typed = tuple(word.format(root=server.url, user=member.user) for word in line.split())
        recorder = Recorder()
        state = somebody.state_file.read_bytes()
        outcome = replace(somebody, wire=recorder)(
            *typed, stdin="[]" if typed[0] == "patchjson" else f"{member.password}\n"
        )
        somebody.state_file.write_bytes(state)
        assert recorder.answers, outcome
        found.append(Scene(typed, recorder.answers))
    return found


def _fill(member: Member, server: Live) -> None:
    make_wheel(member.home)
    with tarfile.open(member.home / "demo-1.0.tar.gz", "w:gz") as sdist:
        for name, text in (("PKG-INFO", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"), ("tox.ini", "[tox]\n")):
            info = tarfile.TarInfo(f"demo-1.0/{name}")
            info.size = len(text)
            sdist.addfile(info, io.BytesIO(text.encode()))
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    member.server.create_index(
        f"{member.user}/mirror", {"type": "mirror", "mirror_url": f"{server.url}{member.index}/+simple/"}
    )
    (member.home / ".pypirc").write_text(
        f"[there]\nrepository={server.url}{member.user}/other/\nusername=u\npassword=p\n"
    )
    programs = member.home / "bin"
    programs.mkdir()
    for name in ("tox", "uv"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    member.ok("upload", "-q", "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz")
    for release in member.server.releases(member.index, "demo"):
        for file in release.files:
            member.server.attach_tox_result(file.url, REPORT)


DEEP = [
    b'{"type": "%s", "result": {"a": %s}}' % (kind, b"[" * depth + b"]" * depth)
    for kind in (b"indexconfig", b"userconfig", b"projectconfig", b"x")
    for depth in (300, 900, 5000)
]
HEADERS = [b"Location", b"Date", b"Retry-After", b"X-Devpi-Api-Version", b"Content-Type", b"Content-Encoding"]
HEADER_VALUES = [url.encode("utf-8", "surrogateescape").replace(b"\t", b" ") for url in URLS] + [
    *(text.encode().replace(b"\r", b" ") for text in ESCAPES),
    *(
        b"",
        b"0",
        b"-1",
        b"9" * 400,
        b"nan",
        b"1e400",
        b"3",
        b"2",
        b"gzip",
        b"br",
        b"identity, gzip",
        b"\xff\xfe",
        b"/",
        b"//",
    ),
    *(b"Thu, 01 Jan 0000 00:00:00 GMT", b"Thu, 99 Foo 9999 99:99:99 +9999", b"Wed, 21 Oct 2015 07:28:00 -0000"),
]
BODIES = [b"", b"null", b"\xff", b"[" * 50_000, b'{"a":' * 50_000, b"<html>", b"9" * 5000, b'{"result": NaN}', *DEEP]
REASONS = [b"", b"OK", b"\x1b[31m", "\u202ebad".encode(), b"x" * 3000, b"Upload of identical file"]
STATUSES = [
    200,
    201,
    204,
    299,
    301,
    302,
    304,
    307,
    399,
    400,
    401,
    403,
    404,
    407,
    409,
    410,
    418,
    429,
    500,
    502,
    503,
    599,
]


@dataclass(frozen=True)
class Deviation:
    """What a server says instead: other JSON, or that and more that is not JSON."""

    mutation: Mutation | bytes
    status: int | None = None
    reason: bytes = b"OK"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def of(self, answer: Answer) -> Answer:
        content = self.mutation if isinstance(self.mutation, bytes) else answer.content
        if isinstance(self.mutation, Mutation) and answer.tree is not None:
            content = json.dumps(self.mutation.of(answer.tree)).encode()
        if self.status is None:
            return replace(answer, content=content)
        return Answer(self.status, self.reason, (*answer.headers, *self.headers), content)


others = st.one_of(mutations, mutations, st.sampled_from(BODIES), st.binary(max_size=9))
headers = st.lists(st.tuples(st.sampled_from(HEADERS), st.sampled_from(HEADER_VALUES)), max_size=2).map(tuple)
deviations = st.one_of(
    st.builds(Deviation, mutations),
    st.builds(Deviation, others),
    st.builds(Deviation, others, st.sampled_from(STATUSES), st.sampled_from(REASONS), headers),
)


@hostile("replies")
@given(number=st.integers(0, len(COMMANDS) - 1), reply=st.integers(0, 9), deviation=deviations, as_json=st.booleans())
def test_no_reply_breaks_a_command(
    scenes: Scenes, somebody: Somebody, number: int, reply: int, deviation: Deviation, as_json: bool
) -> None:
    scene = scenes[number]
    asked = list(scene.answers)[reply % len(scene.answers)]
    wire = Replay(scene.answers, {asked: deviation.of(scene.answers[asked])})
    state = somebody.state_file.read_bytes()
    stdin = "[]" if scene.typed[0] == "patchjson" else "password\n"
    try:
        env = {"PATH": str(somebody.folder / "bin")}
        outcome = replace(somebody, wire=wire)(*scene.typed, *(["--json"] if as_json else []), env=env, stdin=stdin)
        if as_json:
            assert documents(outcome), outcome
        json.loads(somebody.state_file.read_text())
    finally:
        somebody.state_file.write_bytes(state)
