"""Malformed files that a command reads: settings of installers, of projects and our own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.cases import hostile
from tests.hostile.texts import anything, free
from tests.hostile.trees import Mutation, mutations

if TYPE_CHECKING:
    from tests.hostile.harness import Somebody

# What is read by which command; the pieces are what such a file is made of.
INI = ["[global]", "[install]", "[search]", "[devpi:upload]", "[there]", "[distutils]", "[easy_install]", "[tox:tox]"]
INI += [
    "index-url = http://h/",
    "index-url",
    "index_url: x",
    "  continued",
    "trusted-host =\n  a\n  b",
    "= x",
    "%(x)s",
    "[",
]
INI += ["sdist = yes", "formats = sdist.zip", "wheel", "repository = http://h/", "username = \udc80", "password = %s"]
TOML = ["[[index]]", "[tool.devpi.upload]", "[tool.uv]", "[[tool.uv.index]]", "[tool]", 'tool = "x"', "default = true"]
TOML += [
    'url = "http://h/"',
    "url = 1",
    'index-url = "http://h/"',
    "index = []",
    "index = 1",
    "sdist = true",
    "wheel = 1",
]
TOML += ["a = " + "[" * 500, 'x = """', "[a.b]\n[a]\nb=1", "index = [{url = 'x', default = true}]", "date = 2026-01-01"]
NETRC = ["machine h login u password p", "default", "machine", "macdef x\n\n", "login", '"', "machine \udc80"]
LINES = [
    "-r other.txt",
    "-r requirements.txt",
    "-e .",
    "-c x",
    "demo==1.0 \\",
    "--hash=sha256:0",
    "# x",
    "git+http://h",
]


def text(pieces: list[str]) -> st.SearchStrategy[bytes]:
    """Return files of such pieces, of others, and of bytes that are no text."""
    piece = st.one_of(st.sampled_from(pieces), st.sampled_from(pieces), anything, free)
    made = st.lists(piece, max_size=6).map(lambda found: "\n".join(found).encode("utf-8", "surrogatepass"))
    return st.one_of(made, made, st.binary(max_size=20))


READ = {
    ".config/pip/pip.conf": (INI, [["use", "--set-cfg", "-n"], ["use", "--diff"], ["doctor"], ["use"]]),
    ".config/uv/uv.toml": (TOML, [["use", "--set-cfg", "-n"], ["use", "--diff"], ["doctor"]]),
    ".pydistutils.cfg": (INI, [["use", "--diff"]]),
    ".buildout/default.cfg": (INI, [["use", "--diff"]]),
    ".pypirc": (INI, [["push", "demo==1.0", "pypi:there"], ["push", "demo==1.0", "pypi:pypi"]]),
    ".netrc": (NETRC, [["install", "demo", "--venv", "venv"], ["getjson", "/"]]),
    "pyproject.toml": (TOML, [["upload", "-n"], ["upload", "-n", "--only-docs"], ["doctor"]]),
    "setup.cfg": (INI, [["upload", "-n"], ["upload", "-n", "--with-docs"]]),
    "requirements.txt": (LINES, [["refresh", "-r", "requirements.txt"]]),
    "changes.json": (["{", "}", "[", "]", '"a"', ":", "1", ",", "NaN"], [["patchjson", "/nobody", "changes.json"]]),
}


@hostile("settings files")
@given(data=st.data(), name=st.sampled_from(sorted(READ)))
def test_no_settings_file_breaks_a_command(somebody: Somebody, data: st.DataObject, name: str) -> None:
    pieces, commands = READ[name]
    content = data.draw(text([*pieces, *(["demo", "demo==1.0"] if name == "requirements.txt" else [])]))
    path = somebody.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    try:
        somebody(*data.draw(st.sampled_from(commands)))
        assert path.read_bytes() == content
    finally:
        path.unlink()


@hostile("settings files", 0.3)
@given(data=st.data(), name=st.sampled_from([".config/pip/pip.conf", ".config/uv/uv.toml"]))
def test_settings_that_are_set_are_put_back_as_they_were(somebody: Somebody, data: st.DataObject, name: str) -> None:
    content = data.draw(text(READ[name][0]))
    path = somebody.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if somebody("use", "--set-cfg").status:
        assert path.read_bytes() == content
    else:
        assert somebody("use", "--undo", "-y").status == 0
        assert path.read_bytes() == content


@hostile("state files")
@given(
    command=st.sampled_from([["use"], ["list"], ["logoff"], ["install", "x"], ["doctor"], ["use", "-l"]]),
    broken=st.one_of(
        mutations, mutations, mutations, st.integers(0, 2000), st.binary(max_size=20), st.just(b"[" * 100_000)
    ),
)
def test_no_state_file_breaks_a_command(somebody: Somebody, command: list[str], broken: Mutation | int | bytes) -> None:
    """A mutation is another thing in a file of ours, a number is where that was cut off."""
    before = somebody.state_file.read_bytes()
    if isinstance(broken, int):
        broken = before[:broken]
    elif isinstance(broken, Mutation):
        written = {str(somebody.folder / "pip.conf"): {"digest": "x", "created": True, "trusted_host": None}}
        broken = json.dumps(broken.of({**json.loads(before), "written": written})).encode()
    somebody.state_file.write_bytes(broken)
    try:
        outcome = somebody(*command)
        if "cannot use the state file" in outcome.stdout + outcome.stderr:
            assert somebody.state_file.read_bytes() == broken
        else:
            json.loads(somebody.state_file.read_text())
    finally:
        somebody.state_file.write_bytes(before)
