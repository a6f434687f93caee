from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from devpi_cli.errors import BrokenDistribution, WrongUsage
from devpi_cli.packages import docs


def make_archive(path: Path, *names: str) -> Path:
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as packed:
            for name in names:
                packed.writestr(name, "<html>")
    else:
        with tarfile.open(path, "w:gz") as packed:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len("<html>")
                packed.addfile(info, io.BytesIO(b"<html>"))
    return path


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("demo-1.0.doc.zip", {"name": "demo", "version": "1.0"}),
        ("demo-1.0.docs.zip", {"name": "demo", "version": "1.0"}),
        ("My_demo-2-1.0.dev3+g12.doc.zip", {"name": "My_demo-2", "version": "1.0.dev3+g12"}),
        ("my-demo-1.0-1.doc.zip", {"name": "my-demo", "version": "1.0-1"}),
        ("my-demo.doc.zip", {"name": "my-demo"}),
    ],
)
def test_the_name_says_whose_documentation_it_is(tmp_path: Path, name: str, fields: dict[str, str]) -> None:
    """A34."""
    read = docs.read(make_archive(tmp_path / name, "index.html"), tmp_path)
    assert (read.path, read.fields, read.action) == (tmp_path / name, fields, "doc_upload")


@pytest.mark.parametrize("name", ["demo-1.0.zip", "demo-1.0.tar.gz", "doc.zip", "demo.doc.whl", "demo-1.0.docx.zip"])
def test_other_archives_are_no_documentation(name: str) -> None:
    assert not docs.is_documentation(Path(name))


@pytest.mark.parametrize("suffix", [".doc.tar.gz", ".docs.tar.gz", ".doc.tgz"])
@pytest.mark.parametrize("stem", ["demo-1.0", "demo.doctor-1.0"])
def test_other_archives_are_packed_anew(tmp_path: Path, stem: str, suffix: str) -> None:
    """A34."""
    path = make_archive(tmp_path / f"{stem}{suffix}", "html/index.html", "html/_static/style.css")
    read = docs.read(path, tmp_path)
    assert read.path.name == f"{stem}.doc.zip"
    assert zipfile.ZipFile(read.path).namelist() == ["html/_static/style.css", "html/index.html"]


def test_archives_of_one_release_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """D3: each is read while the one before it is sent."""
    for folder in ("a", "b", "private"):
        (tmp_path / folder).mkdir()
    names = ("a/demo-1.0.doc.tar.gz", "b/demo-1.0.doc.tar.gz", "b/demo-1.0.doc.tgz")
    read = [docs.read(make_archive(tmp_path / name, f"{name}.html"), tmp_path / "private") for name in names]
    assert [dist.path.name for dist in read] == ["demo-1.0.doc.zip"] * 3
    assert [zipfile.ZipFile(dist.path).namelist() for dist in read] == [[f"{name}.html"] for name in names]


def test_what_would_leave_its_folder_is_not_unpacked(tmp_path: Path) -> None:
    path = make_archive(tmp_path / "demo-1.0.doc.tar.gz", "../index.html")
    (tmp_path / "private").mkdir()
    with pytest.raises(BrokenDistribution, match=r"demo-1\.0\.doc\.tar\.gz: the member '\.\./index\.html' would leave"):
        docs.read(path, tmp_path / "private")


@pytest.mark.parametrize("name", ["\udcff.html", "a\nb.html"])
def test_a_name_that_is_no_text_is_said(tmp_path: Path, name: str) -> None:
    path = make_archive(tmp_path / "demo-1.0.doc.tar.gz", "index.html", name)
    said = f"the page {name!r} has a name that is not plain text, which a zip requires"
    with pytest.raises(BrokenDistribution, match="the page") as broken:
        docs.read(path, tmp_path)
    assert broken.value.message == f"demo-1.0.doc.tar.gz: {said}"
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / name).touch()
    with pytest.raises(WrongUsage, match="the page") as failure:
        docs.pack(tmp_path / "pages", tmp_path / "demo.zip")
    assert failure.value.message == said


@pytest.mark.parametrize("name", ["Über uns.html", "a\N{NO-BREAK SPACE}b.html", "👩\N{ZERO WIDTH JOINER}💻.html"])
def test_a_page_may_have_any_text_for_a_name(tmp_path: Path, name: str) -> None:
    path = make_archive(tmp_path / "demo-1.0.doc.tar.gz", name)
    assert zipfile.ZipFile(docs.read(path, tmp_path).path).namelist() == [name]


def test_a_broken_zip_is_said(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0.doc.zip").write_bytes(b"no zip")
    with pytest.raises(BrokenDistribution, match=r"^demo-1\.0\.doc\.zip: the archive is broken$"):
        docs.read(tmp_path / "demo-1.0.doc.zip", tmp_path)


def test_a_folder_without_pages_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no documentation, the folder is empty"):
        docs.pack(tmp_path, tmp_path / "demo.zip")


def test_a_link_that_leads_out_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/index.html").symlink_to("../secret")
    with pytest.raises(WrongUsage, match=r"index\.html leads out of the documentation folder$"):
        docs.pack(tmp_path / "pages", tmp_path / "demo.zip")


@pytest.mark.parametrize("place", ["doc", "docs", "docs/source", "source"])
def test_the_source_of_the_documentation_is_found(tmp_path: Path, place: str) -> None:
    """A34."""
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "conf.py").touch()
    assert docs.sphinx_source(tmp_path) == tmp_path / place


def test_a_project_may_have_no_documentation(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"no conf\.py in doc, docs, source"):
        docs.sphinx_source(tmp_path)
