"""devpi upload with documentation: archives, folders, Sphinx."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.commands.test_upload_build import HERE, WHEEL
from tests.support.dists import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member


def docs_of(member: Member, project: str = "demo") -> list[str]:
    """Return the names of the documentation that the releases of a project have."""
    releases = member.server.releases(member.index, project)
    return [link.name for release in releases for link in release.links if link.rel == "doczip"]


def pages_of(member: Member, project: str = "demo") -> list[str]:
    """Return the names of the pages in the documentation of a project with one release."""
    [release] = member.server.releases(member.index, project)
    [link] = [link for link in release.links if link.rel == "doczip"]
    packed = io.BytesIO()
    member.server.download(link, packed)
    return zipfile.ZipFile(packed).namelist()


def make_docs(folder: Path, name: str = "demo-1.0.doc.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w") as packed:
        packed.writestr("index.html", "<html>")
    return folder / name


def repackaged(archive: Path) -> str:
    return f"repackaged {archive} to demo-1.0.doc.zip"


def make_tar(path: Path, *pages: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz") as packed:
        for page in pages:
            packed.addfile(tarfile.TarInfo(page))
    return path


@pytest.mark.parametrize("name", ["demo-1.0.doc.zip", "demo-1.0.docs.zip"])
def test_documentation_comes_after_the_release_it_belongs_to(
    member: Member, wheel: Path, tmp_path: Path, name: str
) -> None:
    """A34, A38."""
    result = member("upload", make_docs(tmp_path, name), wheel)
    assert result.lines == [
        f"file_upload of {wheel.name} to {member.index_url}/",
        f"doc_upload of {name} to {member.index_url}/",
    ]
    assert docs_of(member) == ["demo-1.0.doc.zip"]


def test_a_tar_file_with_documentation_is_packed_anew(member: Member, wheel: Path, tmp_path: Path) -> None:
    """A34."""
    archive = make_tar(tmp_path / "demo-1.0.doc.tar.gz", "index.html")
    result = member("upload", wheel, archive)
    assert result.lines[1:] == [repackaged(archive), f"doc_upload of demo-1.0.doc.zip to {member.index_url}/"]
    assert docs_of(member) == ["demo-1.0.doc.zip"]


@pytest.mark.parametrize("name", ["demo-1.0.doc.tar.gz", "demo-1.0.docs.tar.gz"])
def test_archives_in_two_folders_may_be_of_the_same_release(member: Member, tmp_path: Path, name: str) -> None:
    """D3: they are all sent, each with its own pages, and the last one stays."""
    first = make_tar(tmp_path / "a/demo-1.0.doc.tar.gz", "first.html")
    last = make_tar(tmp_path / "b" / name, "last.html")
    result = member("upload", first, last, "--jobs", 1)
    sent = f"doc_upload of demo-1.0.doc.zip to {member.index_url}/"
    assert result.lines == [repackaged(first), sent, repackaged(last), sent]
    assert (result.stderr, result.status) == ("2 files: all uploaded\n", 0)
    assert pages_of(member) == ["last.html"]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (None, "no documentation, the archive is empty"),
        ("a\nb.html", r"the page 'a\nb.html' has a name that is not plain text, which a zip requires"),
    ],
)
def test_an_archive_that_cannot_be_packed_anew_does_not_stop_the_others(
    member: Member, tmp_path: Path, page: str | None, why: str
) -> None:
    """D3: it is one of the files that fail, and has the name that was typed."""
    bad = make_tar(tmp_path / "bad-1.0.doc.tar.gz", *[page] if page else [])
    good = make_tar(tmp_path / "demo-1.0.doc.tar.gz", "index.html")
    result = member("upload", bad, good)
    assert result.lines == [repackaged(good), f"doc_upload of demo-1.0.doc.zip to {member.index_url}/"]
    assert result.stderr == f"FAILED bad-1.0.doc.tar.gz: {why}\n1 of 2 files uploaded, 1 failed\n"


def outcomes(member: Member, *typed: object, **settings: Any) -> dict[str, str]:
    """Return what JSON says became of each file of an upload."""
    files = json.loads(member("upload", "--json", *typed, **settings).stdout)["files"]
    return {path: file["outcome"] for path, file in files.items()}


def test_json_names_archives_as_they_were_typed(member: Member, tmp_path: Path) -> None:
    """D6: and not the zips that they become."""
    make_tar(tmp_path / "demo-1.0.doc.tar.gz", "index.html")
    make_tar(tmp_path / "a/demo-1.0.doc.tar.gz", "index.html")
    (tmp_path / "bad-1.0.doc.tar.gz").touch()
    typed = ("demo-1.0.doc.tar.gz", "a/demo-1.0.doc.tar.gz", "bad-1.0.doc.tar.gz")
    for options, outcome in (["-n"], "skipped"), ([], "uploaded"), (["--skip-existing"], "identical"):
        assert outcomes(member, *typed, *options, cwd=tmp_path) == dict(
            zip(typed, [outcome, outcome, "failed"], strict=True)
        )


def test_json_of_a_dry_run_names_what_would_stand_in_dist(
    member: Member, project: Path, sphinx: dict[str, str], wheel: Path
) -> None:
    """D6: as it does when the files are built and kept."""
    for options, outcome in (["-n"], "skipped"), ([], "uploaded"):
        built = outcomes(member, *HERE, "--with-docs", *options, cwd=project, **sphinx)
        assert built == {f"dist/{WHEEL}": outcome, "dist/demo-pkg-1.0.doc.zip": outcome}
        packed = outcomes(member, "--docs", project / "doc", wheel, *options, cwd=project)
        assert packed == {str(wheel): outcome, "dist/demo-1.0.doc.zip": outcome}


def test_a_folder_of_pages_is_documentation_of_the_files(member: Member, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/index.html").touch()
    result = member("upload", "--docs", tmp_path / "pages", wheel, cwd=tmp_path)
    assert result.lines == [
        "built: dist/demo-1.0.doc.zip [docs] 0kb",
        f"file_upload of {wheel.name} to {member.index_url}/",
        f"doc_upload of demo-1.0.doc.zip to {member.index_url}/",
    ]
    assert docs_of(member) == ["demo-1.0.doc.zip"]


def test_pages_can_go_without_the_files_that_say_whose_they_are(member: Member, wheel: Path, tmp_path: Path) -> None:
    """V21."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/index.html").touch()
    assert member.ok("upload", "-n", "--only-docs", "--docs", tmp_path / "pages", wheel) == [
        "built: demo-1.0.doc.zip [docs] 0kb",
        f"skipped: doc_upload of demo-1.0.doc.zip to {member.index_url}/",
    ]


def test_only_documentation_of_several_files_is_uploaded(member: Member, wheel: Path, tmp_path: Path) -> None:
    """V21."""
    (tmp_path / "files").mkdir()
    make_docs(tmp_path / "files")
    make_wheel(tmp_path / "files")
    lines = member.ok("upload", "--dry-run", "--only-docs", "--from-dir", tmp_path / "files")
    assert lines == [f"skipped: doc_upload of demo-1.0.doc.zip to {member.index_url}/"]
    hint = "name a .doc.zip or .doc.tar.gz, or a folder of pages with --docs DIR"
    said = f"--only-docs: no documentation in {wheel}\n{hint}\n"
    assert member.fails("upload", "--only-docs", wheel) == (2, said)


def test_a_folder_of_pages_belongs_to_one_release(member: Member, wheel: Path, tmp_path: Path) -> None:
    assert member.fails("upload", "--docs", tmp_path, wheel, make_wheel(tmp_path, version="2.0")) == (
        2,
        "documentation needs the files of one release: there are 2\nupload one project at a time\n",
    )


@pytest.fixture
def sphinx(project: Path) -> dict[str, str]:
    """An environment with a sphinx-build that writes one page, and a project with something for it."""
    (project / "doc").mkdir()
    (project / "doc/conf.py").touch()
    programs = project.parent / "programs"
    programs.mkdir()
    (programs / "sphinx-build").write_text('#!/bin/sh\nmkdir "$3" && echo "$1 of $2" > "$3/index.html"\n')
    (programs / "sphinx-build").chmod(0o755)
    return {"PATH": f"{programs}:/usr/bin:/bin"}


def test_documentation_is_built_and_uploaded_after_the_release(
    member: Member, project: Path, sphinx: dict[str, str]
) -> None:
    """A34, A38: from scratch, whatever lies in build/."""
    (project / "build").mkdir()
    (project / "build/stale.html").touch()
    result = member("upload", *HERE, "--with-docs", cwd=project, **sphinx)
    assert result.lines[1:] == [
        f"built: dist/{WHEEL} 0kb",
        "built: dist/demo-pkg-1.0.doc.zip [sphinx docs] 0kb",
        f"file_upload of {WHEEL} to {member.index_url}/",
        f"doc_upload of demo-pkg-1.0.doc.zip to {member.index_url}/",
    ]
    assert docs_of(member, "demo-pkg") == ["demo-pkg-1.0.doc.zip"]
    assert zipfile.ZipFile(project / "dist/demo-pkg-1.0.doc.zip").namelist() == ["index.html"]


@pytest.mark.parametrize("static", [True, False])
def test_documentation_alone_needs_no_release_files(
    member: Member, project: Path, sphinx: dict[str, str], *, static: bool
) -> None:
    if not static:  # then only a build tells the version
        text = (project / "pyproject.toml").read_text()
        (project / "pyproject.toml").write_text(text.replace("[project]", "[tool.x]"))
        backend = (project / "backend.py").read_text()
        (project / "backend.py").write_text(backend.replace('["project"]', '["tool"]["x"]'))
    lines = member.ok("upload", "--no-isolation", "--only-docs", "--dry-run", cwd=project, **sphinx)
    assert lines == [
        "built: demo-pkg-1.0.doc.zip [sphinx docs] 0kb",
        f"skipped: doc_upload of demo-pkg-1.0.doc.zip to {member.index_url}/",
    ]


def test_finished_pages_need_no_sphinx(member: Member, project: Path) -> None:
    (project / "site").mkdir()
    (project / "site/index.html").touch()
    member("upload", *HERE, "--docs", "site", cwd=project)
    assert docs_of(member, "demo-pkg") == ["demo-pkg-1.0.doc.zip"]


@pytest.mark.parametrize(
    ("conf", "status", "said"),
    [
        (
            False,
            2,
            "{project} has no documentation to build (no conf.py in doc, docs, source)\n"
            "name a folder of finished pages with --docs DIR\n",
        ),
        (True, 1, "there is no sphinx-build on the PATH\ninstall it with: pip install sphinx\n"),
    ],
)
def test_documentation_that_cannot_be_built_is_said(
    member: Member, project: Path, *, conf: bool, status: int, said: str
) -> None:
    if conf:
        (project / "doc").mkdir()
        (project / "doc/conf.py").touch()
    result = member.fails("upload", "--only-docs", cwd=project, PATH="/usr/bin:/bin")
    assert result == (status, said.format(project=project))
