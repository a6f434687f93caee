"""devpi upload --check: the checks before anything is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands.test_upload import make_sdist
from tests.cli.commands.test_upload_build import HERE, WHEEL
from tests.cli.commands.test_upload_docs import make_docs
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

GOOD = "Description-Content-Type: text/x-rst\n\nDemo\n====\n"
DIRECTIVE = (
    "`long_description` has syntax errors in markup and would not be rendered on PyPI. "
    'line 1: Error: Unknown directive type "automodule". .. automodule:: demo'
)
HINT = "nothing is uploaded unless all files pass the check\n"
NOTHING = "`long_description_content_type` missing. defaulting to `text/x-rst`. `long_description` missing."


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("Description-Content-Type: text/x-rst\n\n.. automodule:: demo\n", DIRECTIVE),
        ("", NOTHING),
        ("Description-Content-Type: text/markdown\n", "`long_description` missing."),
    ],
)
def test_what_pypi_would_not_show_is_not_sent(
    member: Member, tmp_path: Path, server: Live, metadata: str, said: str
) -> None:
    wheel = make_wheel(tmp_path, metadata=metadata)
    with server.requests() as requests:
        assert member.fails("upload", "--check", wheel) == (1, f"{wheel.name}: {said}\n{HINT}")
    assert requests == []


def test_if_one_file_fails_none_is_sent(member: Member, tmp_path: Path, server: Live) -> None:
    wheel, sdist = make_wheel(tmp_path, metadata=GOOD), make_sdist(tmp_path)
    with server.requests() as requests:
        result = member("upload", "--check", "--json", wheel, sdist)
    assert requests == []
    said = f"demo-1.0.tar.gz: {NOTHING}"
    assert json.loads(result.stdout)["files"] == {
        str(sdist): {"outcome": "failed", "message": said},
        str(wheel): {"outcome": "not tried"},
    }
    result = member("upload", "--check", wheel, sdist, make_docs(tmp_path))
    assert (result.stdout, result.stderr, result.status) == (
        "",
        f"demo-1.0.tar.gz: {NOTHING}\n{HINT}",
        1,
    )


def test_all_that_fail_are_named(member: Member, tmp_path: Path) -> None:
    wheels = [make_wheel(tmp_path, version=version) for version in ("1.0", "2.0")]
    assert member.fails("upload", "--check", *wheels, make_wheel(tmp_path, "good", metadata=GOOD)) == (
        1,
        f"FAILED {wheels[0].name}: {NOTHING}\nFAILED {wheels[1].name}: {NOTHING}\n"
        f"0 of 3 files uploaded, 2 failed, 1 not tried\n{HINT}",
    )


def test_a_broken_file_fails_the_check_as_well(member: Member, tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    status, said = member.fails("upload", "--check", tmp_path / "broken.zip", make_wheel(tmp_path, metadata=GOOD))
    assert (status, said) == (
        1,
        f"broken.zip: the archive is broken\n{HINT}",
    )


def test_what_is_good_is_sent(member: Member, tmp_path: Path) -> None:
    result = member("upload", "--check", make_wheel(tmp_path, metadata=GOOD), make_docs(tmp_path))
    assert len(result.lines) == 2
    assert (result.stderr, result.status) == ("2 files: all uploaded\n", 0)


def test_a_project_can_want_to_be_checked(member: Member, project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write("[tool.devpi.upload]\ncheck = true\n")
    result = member("upload", *HERE, cwd=project)
    assert (result.stderr, result.status) == (f"{WHEEL}: {NOTHING}\n{HINT}", 1)
    assert member("upload", *HERE, "--no-check", cwd=project).status == 0


# -- projects that a mirror has, too


@pytest.fixture
def above(member: Member, new_member: Callable[[], Member]) -> Member:
    """A member whose index ``dev`` has as a base, over another one, a mirror with demo 1.0."""
    other = new_member()
    put(other.server, other.index, "1.0")
    other.server.create_index(
        f"{other.user}/mirror", {"type": "mirror", "mirror_url": f"{other.index_url}/+simple/", "title": other.index}
    )
    member.server.create_index(f"{member.user}/middle", {"bases": f"{other.user}/mirror"})
    member.server.modify_index(member.index, [f"bases={member.user}/middle"])
    return member


def mirror_of(above: Member) -> str:
    [mirror] = above.server.index(f"{above.user}/middle").config["bases"]
    return str(mirror)


def test_a_project_that_a_mirror_has_too_is_warned_of(above: Member, tmp_path: Path, server: Live) -> None:
    mirror = mirror_of(above)
    with server.requests() as requests:
        result = above(
            "upload", "--check", make_wheel(tmp_path, metadata=GOOD), make_wheel(tmp_path, "mine", metadata=GOOD)
        )
    assert result.stderr == (
        f"warning: {mirror} also has a project demo, whose releases {above.index} will hide: "
        f"to keep them visible, type 'devpi index {above.index} mirror_whitelist+=demo'\n"
        "2 files: all uploaded\n"
    )
    assert [request for request in requests if "POST" not in request and "dev/+simple" not in request] == [
        f"GET /{above.index}",
        f"GET /{above.user}/middle",
        f"GET /{mirror}",
        f"HEAD /{mirror}/+simple/demo/",
        f"HEAD /{mirror}/+simple/mine/",
    ]
    assert result.status == 0


@pytest.mark.parametrize(
    ("where", "whitelist", "inheritance", "warned"),
    [
        ("dev", "demo", "intersection", False),
        ("dev", "*", "union", False),
        ("dev", "other", "union", True),
        ("middle", "demo", "union", False),
        ("middle", "demo", "intersection", True),
    ],
)
def test_a_whitelist_speaks_for_a_project(
    above: Member, tmp_path: Path, where: str, whitelist: str, inheritance: str, *, warned: bool
) -> None:
    above.server.modify_index(f"{above.user}/{where}", [f"mirror_whitelist={whitelist}"])
    above.server.modify_index(above.index, [f"mirror_whitelist_inheritance={inheritance}"])
    result = above("upload", "--check", make_wheel(tmp_path, version="0.9", metadata=GOOD))
    assert result.stderr.startswith("warning: ") is warned
    shown = sorted(release.version for release in above.server.releases(above.index, "demo"))
    assert shown == (["0.9"] if warned else ["0.9", "1.0"])


def test_the_line_to_type_makes_the_mirror_seen(above: Member, tmp_path: Path) -> None:
    result = above("upload", "--check", make_wheel(tmp_path, version="0.9", metadata=GOOD))
    typed = result.stderr.rpartition("'devpi ")[2].rstrip("'\n").split()
    seen = [sorted(release.version for release in above.server.releases(above.index, "demo"))]
    above.ok(*typed)
    seen += [sorted(release.version for release in above.server.releases(above.index, "demo"))]
    assert seen == [["0.9"], ["0.9", "1.0"]]
    assert above("upload", "--check", make_wheel(tmp_path, version="0.9", metadata=GOOD)).stderr == ""


def test_a_mirror_that_cannot_be_asked_says_nothing(member: Member, tmp_path: Path) -> None:
    dead = f"{member.user}/dead"
    member.server.create_index(dead, {"type": "mirror", "mirror_url": "http://127.0.0.1:9/"})
    member.server.modify_index(member.index, [f"bases={dead}"])
    assert member.ok("upload", "--check", make_wheel(tmp_path, metadata=GOOD))
