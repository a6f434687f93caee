"""Scenes at terminals of three widths and three kinds, written as pictures and text into the folder ``SCENES``."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tests.scenes.stage import LOOKS, PICTURES, SCENES, WIDTHS, alice, page_of_mirror, picture, played
from tests.support.front import served
from tests.support.servers import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clients import Member

ESCAPE = re.compile(r"\x1b\[[\d;]*m")
IN_README = ("files", "index-list")


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    folder = tmp_path_factory.mktemp("scenes")
    front = page_of_mirror()
    with served(front), running_server(folder / "server", "--no-root-pypi") as server:
        yield alice(server, folder, front.url)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pictures."""
    found = Path(os.environ.get("SCENES") or tmp_path_factory.mktemp("pictures"))
    found.mkdir(parents=True, exist_ok=True)
    return found


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_scene_fits_and_says_the_same_in_every_look(member: Member, folder: Path, name: str, width: int) -> None:
    scene = SCENES[name]
    shown = {look: played(member, scene, width, variables) for look, variables in LOOKS.items()}
    for look, text in shown.items():
        place = folder / f"{name}-{width}-{look}"
        place.with_suffix(".svg").write_text(picture(place.name, scene.typed, text, width), encoding="utf-8")
        place.with_suffix(".txt").write_text(f"$ devpi {scene.typed}\n{ESCAPE.sub('', text)}", encoding="utf-8")
    plain = {look: ESCAPE.sub("", text) for look, text in shown.items()}
    assert plain["dark"].split() == plain["nocolor"].split()
    assert plain["dumb"].split() == plain["nocolor"].split() or name == "topic"  # Markdown stays as it is
    coloured = {look for look, text in shown.items() if "\x1b" in text}
    if name == "topic":  # headings are bold and underlined there, which is no colour
        assert "\x1b[3" not in shown["nocolor"]
        coloured.discard("nocolor")
    assert coloured == ({"dark"} if scene.is_coloured else set())
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", plain["dark"].replace("\r", ""))
    if scene.fits:
        assert max(map(cell_len, plain["dark"].splitlines())) <= width


@pytest.mark.parametrize("name", IN_README)
def test_the_pictures_in_the_readme_are_what_a_terminal_shows(member: Member, name: str) -> None:
    drawn = picture(name, SCENES[name].typed, played(member, SCENES[name], 80, LOOKS["dark"]), 80)
    if os.environ.get("SCENES"):
        (PICTURES / f"{name}.svg").write_text(drawn, encoding="utf-8")
    assert (PICTURES / f"{name}.svg").read_text(encoding="utf-8") == drawn
