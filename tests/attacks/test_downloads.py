"""An index, or who is between it and the victim, offers other files than those that were uploaded.

The victim runs ``devpi test``, which runs what it downloads: with a real tox, and a package that leaves a trace.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli import connect
from devpi_cli.errors import BrokenDistribution, NotVerified, TooLarge
from devpi_cli.models import Link
from tests.support.dists import QUICK_TOX, make_sdist
from tests.support.webservers import a_front, tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import trustme

    from tests.support.clients import Client
    from tests.support.webservers import Front

    Record = Callable[[str, str, str], None]

FILE = "/alice/dev/+f/abc/0123456789abc/demo-1.0.tar.gz"


@dataclass
class Scene:
    """An index with TLS, a file server without, what was uploaded, and what the attacker made of it."""

    client: Client
    index: Front
    plain: Front
    ca_file: Path
    good: bytes
    evil: bytes
    trace: Path

    def offer(self, link: dict[str, Any], content: bytes, way: str) -> None:
        """Offer a file: ``direct`` on the index, ``redirected`` to plain http, or ``linked`` there."""
        place = self.plain.url.rstrip("/") + FILE if way == "linked" else FILE
        link = {"rel": "releasefile", "href": place, **link}
        link["href"] += link.pop("fragment", "")
        self.index.answer("/+api", {"login": f"{self.index.url}+login", "authstatus": ["noauth", "", []]})
        self.index.answer("/alice/dev", {"type": "stage", "projects": ["demo"]}, kind="indexconfig")
        self.index.answer("/alice/dev/demo", {"1.0": {"name": "demo", "+links": [link]}}, kind="projectconfig")
        location = {"Location": self.plain.url.rstrip("/") + FILE}
        self.index.answers[FILE] = (302, location, b"") if way == "redirected" else (200, {}, content)
        self.plain.answers[FILE] = 200, {}, content

    def test(self, *options: str) -> tuple[int, str]:
        url = f"{self.index.url}alice/dev"
        result = self.client(
            "test", "demo", "--index", url, "--no-upload", "--ca-bundle", self.ca_file, *options, VIRTUALENV_NO_SEED="1"
        )
        return result.status, result.stderr


@pytest.fixture
def scene(devpi: Client, ca: trustme.CA, ca_file: Path, tmp_path: Path) -> Iterator[Scene]:
    trace = tmp_path / "trace"

    def sdist(folder: str, word: str) -> bytes:
        (tmp_path / folder).mkdir()
        tox_ini = f"{QUICK_TOX}\"open({str(trace)!r}, 'w').write('{word}')\"\n"
        return make_sdist(tmp_path / folder, {"tox.ini": tox_ini}).read_bytes()

    with a_front(tls_context(ca.issue_cert("127.0.0.1"))) as index, a_front() as plain:
        yield Scene(devpi, index, plain, ca_file, sdist("good", "good"), sdist("evil", "evil"), trace)


def digest(algorithm: str, content: bytes) -> str:
    return hashlib.new(algorithm, content).hexdigest()


@dataclass(frozen=True)
class Case:
    """A link with the hash of the ``good`` or ``evil`` file, the file that comes, and what is to come of it."""

    name: str
    link: Callable[[Scene], dict[str, Any]]
    way: str
    comes: str
    says: str = ""
    options: tuple[str, ...] = field(default=())


NO_HASH = "the index has no hash to verify it by"
NO_SHA = "it comes without TLS, and the index has no SHA-256 to verify it by"
ANYWAY = ("--allow-unverified",)
CASES = [
    Case("no hash, redirected to http", lambda s: {}, "redirected", "evil", NO_HASH),
    Case("no hash, a link to http", lambda s: {}, "linked", "evil", NO_HASH),
    Case("no hash, from the index", lambda s: {}, "direct", "evil", NO_HASH),
    Case("an empty hash", lambda s: {"hashes": {"sha256": ""}, "hash_spec": "sha256="}, "direct", "evil", NO_HASH),
    Case("a hash of no algorithm", lambda s: {"hash_spec": "rot13=abc"}, "direct", "evil", NO_HASH),
    Case("MD5 of the evil file, redirected to http", lambda s: {"hash_spec": f"md5={digest('md5', s.evil)}"},
         "redirected", "evil", NO_SHA),
    Case("SHA-1 of the evil file, a link to http", lambda s: {"fragment": f"#sha1={digest('sha1', s.evil)}"},
         "linked", "evil", NO_SHA),
    Case("another MD5", lambda s: {"hash_spec": f"md5={digest('md5', s.good)}"}, "direct", "evil", "has the MD5 "),
    Case("another SHA-256 in the URL", lambda s: {"fragment": f"#sha256={digest('sha256', s.good)}"}, "redirected",
         "evil", "has the SHA-256 "),
    Case("another SHA-256 in hash_spec", lambda s: {"hash_spec": f"sha256={digest('sha256', s.good)}"}, "linked",
         "evil", "has the SHA-256 "),
    Case("another SHA-512 in hash_spec", lambda s: {"hash_spec": f"sha512={digest('sha512', s.good)}"}, "linked",
         "evil", "has the SHA-512 "),
    Case("a right MD5 beside another SHA-256", lambda s: {"hashes": {"md5": digest("md5", s.evil)},
         "hash_spec": f"sha256={digest('sha256', s.good)}"}, "direct", "evil", "has the SHA-256 "),
    Case("another SHA-256, --allow-unverified", lambda s: {"hashes": {"sha256": digest("sha256", s.good)}}, "direct",
         "evil", "has the SHA-256 ", ANYWAY),
    Case("larger than the index says", lambda s: {"hashes": {"sha256": digest("sha256", s.evil)}, "size": 10}, "direct",
         "evil", "the download is larger than 10 bytes"),
    Case("right: upper case", lambda s: {"hashes": {"sha256": digest("sha256", s.good).upper()}}, "redirected", "good"),
    Case("right: MD5 in hash_spec over TLS", lambda s: {"hash_spec": f"MD5={digest('md5', s.good)}"}, "direct", "good"),
    Case("right: SHA-512 in the URL", lambda s: {"fragment": f"#sha512={digest('sha512', s.good)}"}, "linked", "good"),
    Case("right: no hash, --allow-unverified", lambda s: {}, "redirected", "good", "", ANYWAY),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_runs_that_is_not_what_the_index_has(scene: Scene, case: Case, attack: Record) -> None:
    scene.offer(case.link(scene), getattr(scene, case.comes), case.way)

    status, said = scene.test(*case.options)

    ran = scene.trace.read_text() if scene.trace.exists() else "nothing"
    attack("devpi test gets another file", case.name, f"exit status {status}, ran: {ran}; {said.splitlines()[:1]}")
    if case.comes == "good":
        assert (status, ran) == (0, "good"), said
        assert said == (
            "warning: demo-1.0.tar.gz: not verified, because the index has no hash of it\n" * bool(case.options)
        )
    else:
        assert (status, ran) == (1, "nothing"), said
        assert case.says in said
        assert ("add --allow-unverified" in said) is (case.says in (NO_HASH, NO_SHA))


@pytest.mark.parametrize("case", [case for case in CASES if not case.options], ids=lambda case: case.name)
def test_the_library_has_the_same_rules(scene: Scene, case: Case) -> None:
    scene.offer(case.link(scene), getattr(scene, case.comes), case.way)
    with connect(f"{scene.index.url}alice/dev", ca_bundle=str(scene.ca_file)) as client:
        (link,) = client.files("demo")
        got = io.BytesIO()
        if case.comes == "good":
            client.download(link, got)
            assert got.getvalue() == scene.good
        else:
            with pytest.raises((NotVerified, BrokenDistribution, TooLarge), match=case.says):
                client.download(link, got)
            if case.says in (NO_HASH, NO_SHA):
                client.download(link, got, allow_unverified=True)


def test_a_test_result_does_not_leave_tls_without_a_hash(scene: Scene, attack: Record) -> None:
    scene.offer({}, b"{}", "redirected")
    url = f"{scene.index.url}alice/dev"
    with connect(url, ca_bundle=str(scene.ca_file)) as client, pytest.raises(NotVerified) as failure:
        client.server.tox_result(Link(scene.index.url.rstrip("/") + FILE))
    attack("devpi test gets another file", "a tox result redirected to http", str(failure.value))


def test_all_candidates_say_what_was_wrong_with_their_sdist(scene: Scene, attack: Record) -> None:
    """The second one said that a folder existed."""
    wheel = {"rel": "releasefile", "href": FILE.replace(".tar.gz", "-py3-none-any.whl")}
    right = {"hashes": {"sha256": digest("sha256", scene.good)}}
    scene.offer(right, scene.evil, "direct")
    sdist = {"rel": "releasefile", "href": FILE, **right}
    scene.index.answer("/alice/dev/demo", {"1.0": {"name": "demo", "+links": [sdist, wheel]}}, kind="projectconfig")

    status, said = scene.test()

    attack("devpi test gets another file", "two candidates with one bad sdist", said.splitlines()[1])
    assert status == 1
    assert said.count("the download has the SHA-256") == 2
    assert said.splitlines()[-1] == "2 of 2 files failed"
    assert scene.index.asked.count(f"GET {FILE}") == 1


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"demo-1.0{'x' * 300}.tar.gz", "the file name is too long"),
        (f"demo-1.0{'é' * 130}.tar.gz", "the file name is too long"),
        ("demo-1.0\ud800.tar.gz", "not a safe file name"),
        ("demo-1.0z%0a.tar.gz", "not a safe file name"),
    ],
)
def test_a_name_that_no_file_can_have_fails_that_file_only(scene: Scene, name: str, says: str, attack: Record) -> None:
    scene.offer({"hashes": {"sha256": digest("sha256", scene.good)}}, scene.good, "direct")
    good = {"rel": "releasefile", "href": FILE, "hashes": {"sha256": digest("sha256", scene.good)}}
    bad = {**good, "href": FILE.replace("demo-1.0.tar.gz", name).replace("/0123", "/9123")}
    scene.index.answer("/alice/dev/demo", {"1.0": {"name": "demo", "+links": [good, bad]}}, kind="projectconfig")

    status, said = scene.test()

    attack("devpi test gets another file", f"a name of {len(name)} characters, {says}", said.splitlines()[-1])
    assert (status, scene.trace.read_text()) == (1, "good")
    assert says in said
    assert said.splitlines()[-1] == "1 of 2 files failed"
