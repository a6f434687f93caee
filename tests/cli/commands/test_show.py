from __future__ import annotations

import json
import re
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from devpi_cli import connect
from devpi_cli.errors import NothingFound
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member
    from tests.support.servers import Live

METADATA = """\
Summary: A demo
Author: Ann
Requires-Python: >=3.8
Requires-Dist: click>=8
Requires-Dist: rich
Project-URL: Home, https://example.com/
Description-Content-Type: text/markdown; charset=UTF-8

# Demo

Some *words*.
"""
REPORT = {"testenvs": {"py": {"setup": [], "test": [{"command": ["pytest"], "retcode": 0, "output": "ok"}]}}}


@pytest.fixture
def shown(member: Member) -> Member:
    """A member with the wheel demo 1.0 on ``dev`` and pushed to ``prod``, which is in use."""
    user, server = member.user, member.server
    server.create_index(f"{user}/prod", {"bases": ""})
    member.ok("upload", make_wheel(member.home, metadata=METADATA))
    server.push(f"{user}/dev", "demo", "1.0", {"targetindex": f"{user}/prod"})
    member.ok("use", f"{user}/prod")
    return member


def digest(member: Member) -> str:
    return sha256((member.home / "demo-1.0-py3-none-any.whl").read_bytes()).hexdigest()


def timeless(lines: list[str]) -> list[str]:
    return [re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", line) for line in lines]


def test_the_library_returns_the_release_that_is_shown(shown: Member) -> None:
    with connect(f"{shown.server.root}{shown.user}/prod") as client:
        details = client.show("demo")
        assert (details.release.version, details.index) == ("1.0", f"{shown.user}/prod")
        assert details.metadata["requires_dist"] == ["click>=8", "rich"]
        assert [(event.what, event.who, event.index) for event in details.history] == [
            ("upload", shown.user, f"{shown.user}/dev"),
            ("push", shown.user, f"{shown.user}/prod"),
        ]
        with pytest.raises(NothingFound):
            client.show("demo==9")


def test_a_release_is_shown_with_its_metadata_files_and_history(shown: Member) -> None:
    user, server = shown.user, shown.server
    size = (shown.home / "demo-1.0-py3-none-any.whl").stat().st_size
    lines = [
        f"demo 1.0 on {server.root}{user}/prod",
        "  summary: A demo",
        "  author: Ann",
        "  requires_python: >=3.8",
        "  requires_dist: click>=8",
        "  requires_dist: rich",
        "  description_content_type: text/markdown; charset=UTF-8",
        "  project_urls: Home, https://example.com/",
        "files:",
        f"  demo-1.0-py3-none-any.whl  {size} B  sha256={digest(shown)}  {user}  TIME",
        "history:",
        f"  TIME  upload  {user}  {user}/dev",
        f"  TIME  push    {user}  {user}/dev -> {user}/prod",
    ]
    for typed in ("Demo", "demo==1.0", "demo==1.0.0", "demo<2"):
        assert timeless(shown.ok("show", typed)) == lines
    assert timeless(shown.ok("show", "demo", "--all-indexes"))[: len(lines)] == lines
    shown.server.create_index(f"{user}/own", {"bases": ""})
    shown.ok("upload", make_wheel(shown.home, f"only-{user}"))
    shown.server.push(f"{user}/prod", f"only-{user}", "1.0", {"targetindex": f"{user}/own"})
    also = [f"also on {user}/own: only_{user}-1.0-py3-none-any.whl"]
    also += [f"  TIME  upload  {user}  {user}/prod", f"  TIME  push    {user}  {user}/prod -> {user}/own"]
    assert timeless(shown.ok("show", f"only-{user}", "--all-indexes"))[-3:] == also


def test_json_has_the_same_facts(shown: Member) -> None:
    user = shown.user
    link = shown.server.release(f"{user}/prod", "demo", "1.0").files[0]
    when = link.upload_time
    upload = {"what": "upload", "who": user, "when": when, "index": f"{user}/dev", "source": None}
    document = json.loads("".join(shown.ok("show", "demo", "--json", "--all-indexes")))
    pushed = document["history"][1].pop("when")
    document["elsewhere"] = {name: found for name, found in document["elsewhere"].items() if user in name.split("/")}
    assert pushed >= when
    assert document == {
        "project": "demo",
        "version": "1.0",
        "index": f"{user}/prod",
        "metadata": {
            "author": "Ann",
            "description": "# Demo\n\nSome *words*.\n",
            "description_content_type": "text/markdown; charset=UTF-8",
            "metadata_version": "2.1",
            "name": "demo",
            "project_urls": ["Home, https://example.com/"],
            "requires_dist": ["click>=8", "rich"],
            "requires_python": ">=3.8",
            "summary": "A demo",
            "version": "1.0",
        },
        "metadata_from": None,
        "files": [
            {
                "file": "demo-1.0-py3-none-any.whl",
                "project": "demo",
                "version": "1.0",
                "index": f"{user}/prod",
                "url": link.url,
                "sha256": digest(shown),
                "size": (shown.home / "demo-1.0-py3-none-any.whl").stat().st_size,
                "upload_time": when,
                "uploaded_by": user,
                "yanked": False,
            }
        ],
        "docs": None,
        "history": [upload, {"what": "push", "who": user, "index": f"{user}/prod", "source": f"{user}/dev"}],
        "elsewhere": {f"{user}/dev": {"files": ["demo-1.0-py3-none-any.whl"], "history": [upload]}},
    }


@pytest.mark.parametrize(("fields", "lines"), [
    ("summary", ["A demo"]),
    ("Requires-Dist", ["click>=8", "rich"]),
    ("project_url", ["Home, https://example.com/"]),
    ("license", []),
    ("version requires_dist license", ["version: 1.0", "requires_dist: click>=8", "requires_dist: rich"]),
])  # fmt: skip
def test_fields_are_bare_values(shown: Member, server: Live, fields: str, lines: list[str]) -> None:
    with server.requests() as seen:
        assert shown.ok("show", "demo==1.0", *fields.split()) == lines
    assert seen == [f"GET /{shown.user}/prod/demo/1.0"]


def test_a_description_is_text_in_a_pipe_and_rendered_on_a_terminal(shown: Member) -> None:
    assert shown.ok("show", "demo", "--readme") == ["# Demo", "", "Some *words*."]
    shown.env["PYTHONIOENCODING"] = "utf-8"
    status, lines = shown.at_terminal("show", "demo", "--readme")
    text = "\n".join(lines)
    assert (status, "Demo" in text, "Some words." in re.sub(r"\x1b\[[0-9;]*m", "", text)) == (0, True, True)
    assert "*words*" not in text
    put(shown.server, f"{shown.user}/prod", "1.0", name="bare")
    assert shown.fails("show", "bare", "--readme") == (4, "bare 1.0 has no description\n")


def test_without_a_version_it_is_the_one_that_pip_prefers(member: Member) -> None:
    for version in ("0.9", "1.0", "2.0rc1", "odd"):
        put(member.server, member.index, version)
    assert member.ok("show", "demo", "version") == ["1.0"]
    assert member.ok("show", "demo>1", "version") == ["2.0rc1"]
    assert member.ok("show", "demo==odd", "version") == ["odd"]
    put(member.server, member.index, "1.0rc1", name="early")
    assert member.ok("show", "early", "version") == ["1.0rc1"]


def test_the_metadata_on_a_mirror_are_those_of_a_file(shown: Member, server: Live) -> None:
    user = shown.user
    url = f"{shown.index_url}/+simple/"
    shown.server.create_index(f"{user}/mirror", {"type": "mirror", "mirror_url": url})
    typed = ["show", "demo", "--index", f"{user}/mirror"]
    with server.requests() as seen:
        result = shown(*typed, "requires_dist")
    assert (result.status, result.lines) == (0, ["click>=8", "rich"])
    why = "the index has no metadata of this release: downloading demo-1.0-py3-none-any.whl for them\n"
    assert result.stderr == why
    assert [request for request in seen if request.endswith(".whl.metadata")]
    whole = json.loads(shown(*typed, "--json").stdout)
    assert (whole["metadata_from"], whole["metadata"]["summary"]) == ("demo-1.0-py3-none-any.whl", "A demo")
    assert whole["files"][0]["size"] is None
    assert json.loads(shown(*typed, "--json", "-v").stdout)["files"][0]["size"]


def test_metadata_that_cannot_be_read_are_no_failure(member: Member) -> None:
    put(member.server, member.index, "1.0", file="demo-1.0-py3-none-any.whl")
    url = f"{member.index_url}/+simple/"
    member.server.create_index(f"{member.user}/mirror", {"type": "mirror", "mirror_url": url})
    result = member("show", "demo", "--index", f"{member.user}/mirror")
    assert (result.status, result.lines[0]) == (0, f"demo 1.0 on {member.server.root}{member.user}/mirror")
    assert result.stderr.splitlines()[-1] == (
        "warning: the index has no metadata of this release, and none can be read: "
        "demo-1.0-py3-none-any.whl is damaged: File is not a zip file"
    )


def test_documentation_and_test_results_are_found(shown: Member, tmp_path: Path) -> None:
    user, server = shown.user, shown.server
    archive = tmp_path / "demo-1.0.doc.zip"
    with zipfile.ZipFile(archive, "w") as pages:
        pages.writestr("index.html", "<h1>Demo</h1>")
    with archive.open("rb") as file:
        server.upload(f"{user}/prod", {"name": "demo", "version": "1.0"}, archive.name, file, action="doc_upload")
    link = server.release(f"{user}/prod", "demo", "1.0").files[0]
    server.attach_tox_result(link.url, {"reportversion": "1", "platform": "linux", "host": "here", **REPORT})
    lines = shown.ok("show", "demo")
    assert f"documentation: {server.root}{user}/prod/demo/1.0/+d/index.html" in lines
    assert "    1 tox result (-t shows them)" in lines
    assert "    here       linux   py         tests passed" in shown.ok("show", "demo", "-t")
    document = json.loads("".join(shown.ok("show", "demo", "-t", "--json")))
    assert [result["tests"] for result in document["files"][0]["toxresults"]] == ["passed"]


@pytest.mark.parametrize(("typed", "status", "said"), [
    ("demo==9", 4, "no release of demo on USER/prod matches ==9\nthere are: 1.0\n"),
    ("demo --index nobody/here", 4, "no index 'nobody/here'\n'devpi use -l' shows which indexes there are\n"),
    ("demo summery", 2, "metadata have no field 'summery'\ndid you mean 'summary'? "
     "'devpi show NAME --json' shows those that a release has\n"),
    ("'demo", 2, "\"'demo\" is not a requirement: Expected package name at the start of dependency specifier\n"
     "type NAME or 'NAME==VERSION'\n"),
])  # fmt: skip
def test_what_is_not_there_is_a_failure(shown: Member, typed: str, status: int, said: str) -> None:
    said = said.replace("USER", shown.user).replace("HOST", shown.server.root)
    assert shown.fails("show", *typed.split()) == (status, said)
