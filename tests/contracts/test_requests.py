"""The number of requests and connections of each command, which matter on a slow network."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.bench.distance import line_to
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

ONE = [
    ("use HOST", "GET /+api"),
    ("use INDEX", "GET /INDEX/+api"),
    ("use HOST/INDEX", "GET /INDEX/+api"),
    ("use", "GET /INDEX/+api"),
    ("use --urls", "GET /INDEX/+api"),
    ("use -l", "GET /"),
    ("use -l -u USER", "GET /USER"),
    ("-q login USER --password PASSWORD", "POST /+login"),
    ("index", "GET /INDEX"),
    ("index --no-projects", "GET /INDEX"),
    ("index -l", "GET /USER"),
    ("index -c new bases=", "PUT /USER/new"),
    ("index dev title=x", "PATCH /INDEX"),
    ("user", "GET /USER"),
    ("user USER email=x", "PATCH /USER"),
    ("getjson /INDEX", "GET /INDEX"),
    ("list", "GET /INDEX"),
    ("list demo", "GET /INDEX/demo"),
    ("list demo --all", "GET /INDEX/demo"),
    ("list De.Mo==1.0", "GET /INDEX/de-mo/1.0"),
    ("-q push demo==1.0 USER/other", "GET /INDEX/demo PUSH /INDEX"),
    ("-yq remove De.Mo", "GET /INDEX/de-mo DELETE /INDEX/de-mo"),
]
MORE = [
    ("list -v", "GET /INDEX GET /INDEX/de-mo GET /INDEX/demo"),
    ("list --all -v", "GET /INDEX GET /INDEX/de-mo GET /INDEX/demo"),
    ("-q wait demo==1.0", "GET /INDEX/+simple/demo/"),
    ("-q push demo==1.0 USER/other --wait", "GET /INDEX/demo PUSH /INDEX GET /USER/other/+simple/demo/"),
    ("-q diff INDEX USER/other", "GET /INDEX GET /USER/other GET /INDEX/de-mo GET /INDEX/demo"),
    (
        "-q copy INDEX USER/other demo",
        "GET /INDEX GET /USER/other GET /INDEX/demo GET /USER/other/demo PUSH /INDEX PUSH /INDEX",
    ),
    ("-q download demo==1.0", "GET /INDEX/+simple/demo/ GET /FILE"),
    ("-q verify demo==1.0 --quick", "GET /INDEX/demo HEAD /FILE"),
    ("show De.Mo==1.0 version", "GET /INDEX/de-mo/1.0"),
    ("show demo version", "GET /INDEX/demo"),
    ("-q search demo", "POST /INDEX/"),
    ("-q search --names demo", "GET / GET /INDEX"),
    ("open demo==1.0", "GET /+status GET /INDEX/demo/1.0"),
    ("why demo", "GET / GET /INDEX/demo GET /INDEX/+simple/demo/"),
    ("-yq remove demo>=0", "GET /INDEX/demo DELETE /INDEX/demo/1.0 DELETE /INDEX/demo/2.0"),
    ("-yq remove demo==1.0", "GET /INDEX/demo DELETE /INDEX/demo/1.0"),
    ("prune -n --keep-last 1", "GET /INDEX GET /INDEX/+simple/de-mo/ GET /INDEX/+simple/demo/"),
    ("prune -n --keep-within 90d", "GET /INDEX GET /INDEX/de-mo GET /INDEX/demo"),
    (
        "-yq prune --only all --keep-last 1",
        "GET /INDEX GET /INDEX/+simple/de-mo/ GET /INDEX/+simple/demo/ GET /INDEX/demo DELETE /INDEX/demo/1.0",
    ),
    (
        "-yq prune demo --only all --keep-in USER/other",
        "GET /INDEX GET /USER/other GET /INDEX/+simple/demo/ GET /INDEX/demo DELETE /INDEX/demo/1.0",
    ),
    ("prune --keep-last 1 --save-policy", "GET /INDEX PATCH /INDEX"),
    ("-q upload --from-dir WHEELS", "POST /INDEX/ POST /INDEX/ POST /INDEX/"),
]


@pytest.mark.parametrize(("typed", "made"), [*ONE, *MORE])
def test_requests_are_few_and_share_a_connection(
    member: Member, server: Live, tmp_path: Path, typed: str, made: str
) -> None:
    """V32."""
    releases = (("demo", "1.0"), ("demo", "2.0"), ("de-mo", "1.0"))
    files = [put(member.server, member.index, version, name=name) for name, version in releases]
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("one", "two", "three"):
        make_wheel(wheels, name)
    with line_to(server.url) as line:
        with member.state.changing() as state:
            state.servers[line.url] = state.servers.pop(server.url)
            state.server = line.url
        known = {
            "HOST": line.url.rstrip("/"),
            "INDEX": member.index,
            "USER": member.user,
            "PASSWORD": member.password,
            "WHEELS": str(wheels),
            "FILE": files[0].removeprefix(server.url),
        }

        def filled_in(text: str) -> str:
            for word, value in known.items():
                text = text.replace(word, value)
            return text

        with server.requests() as seen:
            # As many at once as pays depends on the machine, and each of those has a connection.
            member.ok(*map(filled_in, typed.split()), DEVPI_JOBS="1")
    assert " ".join(seen) == filled_in(made)
    closed = [request for request in seen[:-1] if "/+simple/" in request]  # by the server, after such a page
    assert len(line.connections) == 1 + len(closed)
    assert len(line.exchanges) == len(seen)


def test_install_asks_one_question_more_than_pip(member: Member, server: Live, tmp_path: Path, venv: Path) -> None:
    """Whether the index is open to everybody: then no login is used."""
    assert member("upload", make_wheel(tmp_path, "counted")).status == 0
    env = {"PIP_INDEX_URL": f"{member.index_url}/+simple/", "PIP_NO_CACHE_DIR": "1"}
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    with server.requests() as by_pip:
        command = [venv / "bin/pip", "install", "counted", "--target", tmp_path / "a"]
        subprocess.run(command, env={**member.environment, **env}, check=True, capture_output=True)
    with server.requests() as seen:
        assert member("install", "counted", "--venv", venv, "--", "--target", tmp_path / "b", **env).status == 0
    assert by_pip
    assert seen == [f"GET /{member.index}", *by_pip]
