"""pip and uv ask keyring for the login of one server: nobody else is to be shown it, and API tokens come narrowed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.attacks.test_installers import AT_ONCE, TLS_WAYS, WAYS, Scene, linked, redirected, scene
from tests.support.clients import WITH_PROGRAMS
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    import trustme

    from tests.support.clients import Member, Result

    Attack = Callable[[str, str, str], None]

INSTALLERS = ["pip 23.2", "newest pip", "uv"]
FOREIGN = ("PIP_", "PYTHON", "XDG_")


def install(here: Scene, installer: str, **env: str) -> str:
    """Let a program install ``demo`` with nothing but its settings and the real keyring; return what it says."""
    environment = {name: value for name, value in here.member.environment.items() if not name.startswith(FOREIGN)}
    where = ["--target", here.folder / "target"]
    if installer == "uv":
        command = ["uv", "pip", "install", "--python", sys.executable, *where, "demo"]
    else:
        command = [here.pips(installer) / "bin/python", "-m", "pip", "install", *where, "demo"]
    done = subprocess.run(
        list(map(str, command)), env={**environment, **AT_ONCE, "PATH": WITH_PROGRAMS, **env}, cwd=here.folder,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("way", WAYS)
def test_nobody_else_is_shown_the_login(
    member: Member, tmp_path: Path, pips: Callable[[str], Path], attack: Attack, way: str, installer: str
) -> None:
    with scene(member, tmp_path, pips) as here:
        here.member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
        variables = WAYS[way](here)
        if way == "an extra index in a file":  # it has replaced the settings
            here.member("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS)
        said = install(here, installer, **variables)
        attack("a login is shown to another server", f"{installer} with the backend: {way}", here.seen())
        assert ", 0 with" in here.seen(), said
        assert here.token not in said
        if WAYS[way] in (linked, redirected):
            assert f"{member.user}:{here.token}" in here.gate.shown, said


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("way", TLS_WAYS)
def test_the_same_host_without_tls_is_not_shown_the_login(
    member: Member,
    tmp_path: Path,
    pips: Callable[[str], Path],
    ca: trustme.CA,
    ca_file: Path,
    attack: Attack,
    way: str,
    installer: str,
) -> None:
    with scene(member, tmp_path, pips, ca=ca) as here:
        here.member.ok("use", "--set-cfg", "--keyring", PATH=WITH_PROGRAMS, DEVPI_CA_BUNDLE=str(ca_file))
        trust = {"PIP_CERT": str(ca_file), "SSL_CERT_FILE": str(ca_file)}
        said = install(here, installer, **trust, **TLS_WAYS[way](here))
        attack("a login is shown without TLS", f"{installer} with the backend: {way}", here.seen())
        assert ", 0 with" in here.seen(), said
        if TLS_WAYS[way] in (linked, redirected):
            assert f"{member.user}:{here.token}" in here.gate.shown, said


# -- what an API token is good for


def handed_out(member: Member, url: str) -> str:
    """Return what the program ``keyring`` gives a program for a URL."""
    environment = {name: value for name, value in member.environment.items() if not name.startswith("PYTHON")}
    program = Path(sys.executable).with_name("keyring")
    done = subprocess.run(
        [program, "get", url, member.user], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def tried(member: Member, token: str, *typed: object) -> Result:
    return member(*typed, DEVPI_TOKEN=token, DEVPI_INDEX=member.index_url)


def test_of_an_api_token_programs_get_one_that_may_do_less(member: Member, tmp_path: Path, attack: Attack) -> None:
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    (whole,) = member.ok("token", "create")
    member.ok("token", "login", "-f", "-", stdin=f"{whole}\n")
    reading = handed_out(member, f"{member.index_url}/+simple/")
    writing = handed_out(member, f"{member.index_url}/")
    assert len({whole, reading, writing}) == 3
    outcomes = {
        "upload with a token for reading": tried(member, reading, "upload", make_wheel(tmp_path)).status,
        "upload to the index": tried(member, writing, "upload", make_wheel(tmp_path)).status,
        "upload to another index": tried(
            member, writing, "upload", "--index", f"{member.index_url[:-3]}other", make_wheel(tmp_path)
        ).status,
        "list": tried(member, reading, "list", "demo").status,
        "remove": tried(member, writing, "remove", "-y", "demo").status,
        "change the index": tried(member, writing, "index", "dev", "title=theirs").status,
        "create a token": tried(member, writing, "token", "create").status,
    }
    for what, status in outcomes.items():
        attack("a token that keyring handed out is misused", what, f"exit status {status}")
    assert outcomes == {
        "upload with a token for reading": 3,
        "upload to the index": 0,
        "upload to another index": 3,
        "list": 0,
        "remove": 3,
        "change the index": 3,
        "create a token": 3,
    }
