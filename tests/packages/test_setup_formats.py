from __future__ import annotations

import pytest

from devpi_cli.errors import WrongUsage
from devpi_cli.packages.setup_formats import Formats, parse


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("sdist", Formats(True, False, {})),
        ("sdist.tgz", Formats(True, False, {})),
        ("sdist.gztar", Formats(True, False, {})),
        ("bdist_wheel", Formats(False, True, {})),
        (" bdist_wheel , sdist.tgz,", Formats(True, True, {})),
        ("\nbdist_wheel\nsdist", Formats(True, True, {})),
        ("sdist.zip", Formats(False, False, {"sdist.zip": ("sdist", "--formats", "zip")})),
        ("sdist.tbz", Formats(False, False, {"sdist.tbz": ("sdist", "--formats", "bztar")})),
        ("sdist.bztar", Formats(False, False, {"sdist.bztar": ("sdist", "--formats", "bztar")})),
        ("sdist.tz", Formats(False, False, {"sdist.tz": ("sdist", "--formats", "ztar")})),
        ("bdist_dumb,bdist_egg", Formats(False, False, {"bdist_dumb": ("bdist_dumb",), "bdist_egg": ("bdist_egg",)})),
        ("bdist_egg,sdist", Formats(True, False, {"bdist_egg": ("bdist_egg",)})),
    ],
)
def test_formats_of_devpi_client_are_known(text: str, formats: Formats) -> None:
    assert parse(text) == formats


@pytest.mark.parametrize(
    "text", ["sdist.7z", "wheel", "upload", "sdist,register", "bdist_egg --help", "", " , ", "bdist.egg"]
)
def test_other_words_do_not_reach_setup_py(text: str) -> None:
    with pytest.raises(WrongUsage, match=r"^formats "):
        parse(text)
