"""What is drawn: tables that fit, and text that harms no terminal."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from devpi_cli.cli.views import checks, packages, paper, places

HOSTILE = "\x1b]0;title\x07\x1b[31m[red]x[/red] [/] :smile: [link=http://x]y[/link]\nerror: z\r\x9b2J\u202eabc http://u:secret@h/"
CLEAN = (
    r"\x1b]0;title\x07\x1b[31m[red]x[/red] [/] :smile: [link=http://x]y[/link]\nerror: z\x0d\x9b2J\u202eabc "
    "http://u:****@h/"
)
ESCAPE = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture(params=[40, 60, 80, 120, 400])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def file(**changed: object) -> dict[str, object]:
    row = {
        "file": "demo-1.0.tar.gz",
        "version": "1.0",
        "index": "alice/dev",
        "size": 1200,
        "upload_time": "2020-01-01T00:00:00Z",
        "uploaded_by": "alice",
        "yanked": False,
    }
    return {**row, **changed}


VIEWS = {
    "files": lambda text: packages.files("alice/dev", [file(file=text, yanked=text), file(uploaded_by=text)]),
    "index": lambda text: places.index(text, {"index": text, "url": text, "bases": [text], "title": text}, ""),
    "indexes": lambda text: places.indexes([{"name": text, "bases": [text, text], "title": text}]),
    "hits": lambda text: packages.hits("a/b", [{"project": text, "version": "1", "index": text, "summary": text}]),
    "tokens": lambda text: places.tokens([{"id": "x", "restrictions": [f"{text}"], "expires": None}]),
    "user": lambda text: places.user(text, {"user": text, "title": text, "indexes": [text]}),
    "status": lambda text: places.status([f"server: {text}"], login="ok"),
    "finding": lambda text: checks.finding("WRONG", "server", f"{text}; type '{text}'", ["server"]),
    "tested": lambda text: packages.tested([{"url": "http://host/demo", "failures": [text]}]),
    "results": lambda text: packages.environments(
        [{"environment": "py", "setup": "passed", "tests": "failed", "python": "3", "host": text, "platform": "linux"}]
    ),
    "tree": lambda text: places.bases({text: [text, "b"]}, [text])[0],
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("with_colours", [True, False])
def test_text_of_others_is_shown_and_not_obeyed(name: str, width: int, *, with_colours: bool) -> None:
    drawn = paper.drawn(VIEWS[name](HOSTILE), encoding="utf-8", with_colours=with_colours)
    assert ("\x1b" in drawn) is with_colours
    plain = ESCAPE.sub("", drawn)
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e"} & set(plain)
    assert "secret" not in re.sub(r"\s", "", plain)
    assert max(map(cell_len, plain.split("\n"))) <= width
    if width > 2 * len(CLEAN):
        assert (CLEAN.replace("\\n", " ") if name == "tested" else CLEAN) in plain  # errors have lines of their own


def test_colours_change_no_character(width: int) -> None:
    for view in VIEWS.values():
        drawn = [paper.drawn(view("demo"), encoding="utf-8", with_colours=colours) for colours in (True, False)]
        assert [line.rstrip() for line in ESCAPE.sub("", drawn[0]).split("\n")] == drawn[1].split("\n")


def test_what_an_encoding_lacks_is_not_drawn() -> None:
    drawn = paper.drawn(places.bases({"a/b": ["c/d"]}, ["a/b"])[0], encoding="ascii", with_colours=False)
    assert drawn == "a/b\n`-- c/d"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (120, "version  file               size  uploaded  by     index"),
        (60, "version  file               size  uploaded  by"),
        (45, "version  file               size  uploaded"),
        (39, "version  file             uploaded"),
        (24, "version  file"),
    ],
)
def test_columns_that_matter_less_go_first(monkeypatch: pytest.MonkeyPatch, columns: int, shown: str) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = [file(), file(index="root/a-mirror-with-a-name", file="demo-1.0.zip")]
    heading = paper.drawn(packages.files("alice/dev", rows), encoding="utf-8", with_colours=False).split("\n")[0]
    assert heading.split() == shown.split()
    assert len(heading) <= columns


def test_a_column_without_values_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    view = packages.files("alice/dev", [file(size=None, uploaded_by=None, upload_time=None)])
    assert paper.drawn(view, encoding="utf-8", with_colours=False).split("\n") == [
        "version  file",
        "1.0      demo-1.0.tar.gz",
    ]


@pytest.mark.parametrize(
    ("verdict", "detail", "lines"),
    [
        ("ok", "alice; type 'x'", ["ok       login  alice; type 'x'"]),
        ("warning", "none: type 'devpi use URL'", ["warning  login  none", "                type 'devpi use URL'"]),
        (
            "WRONG",
            "it has mode 0644: others can read it; type 'chmod 600 x'",
            ["WRONG    login  it has mode 0644: others can read it", "                type 'chmod 600 x'"],
        ),
        ("WRONG", "it answers nothing", ["WRONG    login  it answers nothing"]),
    ],
)
def test_a_remedy_stands_below_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, verdict: str, detail: str, lines: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    drawn = paper.drawn(checks.finding(verdict, "login", detail, ["login"]), encoding="utf-8", with_colours=False)
    assert drawn.split("\n") == lines


def test_bases_that_go_in_a_circle_end() -> None:
    (tree,) = places.bases({"a/b": ["c/d"], "c/d": ["a/b"]}, ["a/b"])
    drawn = paper.drawn(tree, encoding="utf-8", with_colours=False)
    assert drawn.split("\n") == ["a/b", "└── c/d", "    └── a/b  (again)"]
