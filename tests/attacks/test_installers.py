"""pip, uv and tox are given a login for one server: nobody else is to see it, and it is to work there."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from devpi_cli.packages import dists
from tests.support.clients import WITH_PROGRAMS
from tests.support.dists import make_sdist, make_wheel
from tests.support.gates import Gate, Recorder, open_at, own_address
from tests.support.pips import VERSIONS
from tests.support.webservers import tls_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import trustme

    from tests.support.clients import Member, Result

INSTALLERS = [*VERSIONS, "uv"]
# Neither tries again, nor takes from a cache what a server does not give.
AT_ONCE = {"PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1", "UV_HTTP_RETRIES": "0", "UV_NO_CACHE": "1"}
TOX = "[testenv]\nskip_install = true\ndeps = demo\ncommands = python -c 'import demo'\n"
GATE = ("web", "pass word:/@%#")  # pip would send an é as Latin-1


@dataclass
class Scene:
    """Alice's index with ``demo`` behind a gate, and a stranger who records what he is shown."""

    member: Member
    gate: Gate
    stranger: Recorder
    folder: Path
    pips: Callable[[str], Path]

    @property
    def token(self) -> str:
        return self.member.state.servers[self.gate.url].logins[self.member.user].token

    def install(self, installer: str, *typed: object, **env: str) -> Result:
        """Install ``demo`` from the index into a folder of its own."""
        venv = self.pips(next(iter(VERSIONS)) if installer == "uv" else installer)
        chosen = ["--installer", "uv" if installer == "uv" else "pip", "--venv", venv]
        place = ["--", "--target", self.folder / "target"]
        self.result = self.member(
            "install", *chosen, "demo", *typed, *place, **{**AT_ONCE, "PATH": WITH_PROGRAMS, **env}
        )
        return self.result

    @property
    def is_installed(self) -> bool:
        return (self.folder / "target" / "demo.py").exists()

    def seen(self) -> str:
        """Return what the stranger saw, for the table; he must have been asked."""
        assert self.stranger.asked, (self.gate.asked, self.gate.shown, self.result)
        secrets = (self.token, self.member.password, GATE[1])
        theirs = [shown for shown in self.stranger.shown if any(secret in shown for secret in secrets)]
        return f"{len(self.stranger.asked)} requests, {len(theirs)} with the login"


def upload(member: Member, path: Path) -> None:
    with path.open("rb") as file:
        member.server.upload(member.index, dists.read(path).fields, path.name, file)


@contextmanager
def scene(
    member: Member, folder: Path, pips: Callable[[str], Path], *, ca: trustme.CA | None = None, strict: bool = True
) -> Iterator[Scene]:
    """Open the gate and the stranger's server; with a CA they are at the usual ports of one address."""
    if ca and os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("only root may use the ports 80 and 443")
    (folder / "strangers").mkdir()
    make_wheel(folder / "strangers")
    upload(member, make_wheel(folder))
    stranger = Recorder(folder / "strangers", strict)
    known = member.state.servers[member.server.root]
    login = f"{member.user}:{known.logins[member.user].token}"
    gate = Gate(folder, behind=member.server.root, logins=(login,))
    address = own_address() if ca else "127.0.0.1"
    with ExitStack() as stack:
        if ca:
            stack.enter_context(open_at(gate, address, 443, tls_context(ca.issue_cert(address))))
            stack.enter_context(open_at(stranger, address, 80))
        else:
            stack.enter_context(open_at(gate))
            stack.enter_context(open_at(stranger))
        with member.state.changing() as state:
            state.servers[gate.url] = known
            state.server = gate.url
        yield Scene(member, gate, stranger, folder, pips)


def linked(scene: Scene) -> dict[str, str]:
    scene.gate.links = scene.stranger.url
    return {}


def redirected(scene: Scene) -> dict[str, str]:
    scene.gate.files = scene.stranger.url
    return {}


def extra_index(scene: Scene) -> dict[str, str]:
    return {"PIP_EXTRA_INDEX_URL": scene.stranger.url, "UV_INDEX": scene.stranger.url}


def extra_index_with_the_user(scene: Scene) -> dict[str, str]:
    url = scene.stranger.url.replace("://", f"://{scene.member.user}@")
    return {"PIP_EXTRA_INDEX_URL": url, "UV_INDEX": url}


def extra_index_in_a_file(scene: Scene) -> dict[str, str]:
    config = scene.member.home / ".config"
    for name, text in (
        ("pip/pip.conf", f"[global]\nextra-index-url = {scene.stranger.url}\n"),
        ("uv/uv.toml", f'[[index]]\nurl = "{scene.stranger.url}"\n'),
    ):
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(text)
    return {}


def find_links(scene: Scene) -> dict[str, str]:
    page = f"{scene.stranger.url}demo/"
    return {"PIP_FIND_LINKS": page, "UV_FIND_LINKS": page}


WAYS = {
    "a link of the index to another port": linked,
    "a redirect to another port": redirected,
    "an extra index in a variable": extra_index,
    "an extra index with alice@ in its URL": extra_index_with_the_user,
    "an extra index in a file": extra_index_in_a_file,
    "find-links": find_links,
}


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("way", WAYS)
def test_nobody_else_is_shown_the_login(
    member: Member,
    tmp_path: Path,
    pips: Callable[[str], Path],
    attack: Callable[[str, str, str], None],
    way: str,
    installer: str,
) -> None:
    with scene(member, tmp_path, pips) as here:
        result = here.install(installer, **WAYS[way](here))
        attack("a login is shown to another server", f"{installer}: {way}", here.seen())
        assert ", 0 with" in here.seen(), result.stderr
        assert here.token not in result.stdout + result.stderr
        if WAYS[way] in (linked, redirected):  # what is set may end uv, and pip 22.3, before they come to the index
            assert f"{member.user}:{here.token}" in here.gate.shown


TLS_WAYS = {
    "an http link of an https index": linked,
    "a redirect from https to http": redirected,
    "an http extra index of the same host": extra_index,
    "http find-links of the same host": find_links,
}


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("way", TLS_WAYS)
def test_the_same_host_without_tls_is_not_shown_the_login(
    member: Member,
    tmp_path: Path,
    pips: Callable[[str], Path],
    ca: trustme.CA,
    ca_file: Path,
    attack: Callable[[str, str, str], None],
    way: str,
    installer: str,
) -> None:
    """pip keeps a login by host and port as they are written, without the scheme."""
    with scene(member, tmp_path, pips, ca=ca) as here:
        result = here.install(installer, DEVPI_CA_BUNDLE=str(ca_file), **TLS_WAYS[way](here))
        attack("a login is shown without TLS", f"{installer}: {way}", here.seen())
        assert ", 0 with" in here.seen(), result.stderr
        if TLS_WAYS[way] in (linked, redirected):
            assert f"{member.user}:{here.token}" in here.gate.shown, result.stderr


def locked(scene: Scene) -> None:
    """The gate asks for the devpi login, as devpi-lockdown does."""


def behind_basic_auth(scene: Scene) -> None:
    scene.gate.logins = (":".join(GATE),)
    with scene.member.state.changing() as state:
        state.servers[scene.gate.url].basic_auth = GATE


def open_to_everybody(scene: Scene) -> None:
    scene.gate.logins = ()


def files_elsewhere(scene: Scene) -> None:
    scene.gate.files = scene.stranger.url


KINDS = {
    "an index with a login": locked,
    "an index behind basic auth": behind_basic_auth,
    "an index open to everybody": open_to_everybody,
    "an index with its files elsewhere": files_elsewhere,
}


def logins_at(scene: Scene) -> str:
    """Return who was shown what, for the table: the gate's own logins, and the stranger's."""
    whole = sum(shown in scene.gate.logins for shown in scene.gate.shown)
    return (
        f"the login was shown {'to the index' if whole else 'to nobody'}, {len(scene.stranger.shown)} times elsewhere"
    )


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("kind", KINDS)
def test_pip_and_uv_install_and_show_the_login_where_it_belongs(
    member: Member,
    tmp_path: Path,
    pips: Callable[[str], Path],
    attack: Callable[[str, str, str], None],
    kind: str,
    installer: str,
) -> None:
    with scene(member, tmp_path, pips, strict=False) as here:
        KINDS[kind](here)
        result = here.install(installer)
        assert (result.status, here.is_installed) == (0, True), result
        attack("pip and uv install", f"{installer}: {kind}", logins_at(here))
        whom = "nobody" if kind == "an index open to everybody" else "the index"
        assert logins_at(here) == f"the login was shown to {whom}, 0 times elsewhere"
        if whom == "nobody":
            assert here.gate.shown == []  # not even half a login
        assert [text for text in (here.token, GATE[1]) if text in result.stdout + result.stderr] == []


@pytest.mark.parametrize("kind", KINDS)
def test_so_does_tox(
    member: Member, tmp_path: Path, pips: Callable[[str], Path], attack: Callable[[str, str, str], None], kind: str
) -> None:
    with scene(member, tmp_path, pips, strict=False) as here:
        sdist = make_sdist(tmp_path, {"tox.ini": TOX}, "tested")
        upload(member, sdist)
        KINDS[kind](here)
        (tmp_path / "strangers" / sdist.name).write_bytes(sdist.read_bytes())
        result = member("test", "tested", "--no-upload", **AT_ONCE, PATH=WITH_PROGRAMS)
        assert result.status == 0, result
        attack("pip and uv install", f"tox: {kind}", logins_at(here))
        whom = "nobody" if kind == "an index open to everybody" else "the index"
        assert logins_at(here).endswith(", 0 times elsewhere")
        assert whom == "nobody" or "to the index" in logins_at(here)
