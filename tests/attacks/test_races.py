"""Commands that run at the same time and change the same thing."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Member

TRIALS = 12
OWN = {
    ".config/pip/pip.conf": "[global]\nindex-url = https://own.example/simple\ntimeout = 60\n",
    ".config/uv/uv.toml": '[[index]]\nurl = "https://own.example/simple"\ndefault = true\n',
}
# The moment between planning a change and making it is short: here it is long enough to be hit in most trials.
SLOWLY = """
import random, time
from devpi_cli.installers.changes import Change
make = Change.make
def slowly(change, written):
    time.sleep(random.uniform(0, 0.2))
    return make(change, written)
Change.make = slowly
time.sleep(random.uniform(0, 0.4))
from devpi_cli.__main__ import main
main()
"""
SET, UNDO = ["--set-cfg"], ["--undo", "-y"]
OTHER = ["--clientdir", "other"]  # another state, which does not know what was written with the first one
RACES = {
    "--set-cfg of two indexes, and --undo": [SET, UNDO, ["other", *SET], UNDO],
    "--set-cfg of two indexes with two states, and --undo": [SET, UNDO, ["other", *SET, *OTHER], [*UNDO, *OTHER]],
    "--always-set-cfg, another index, and --undo": [[*SET, "--always-set-cfg", "yes"], UNDO, ["other"], UNDO],
}


@pytest.mark.parametrize("race", RACES)
def test_the_users_own_index_is_never_lost(member: Member, race: str, attack: Callable[[str, str, str], None]) -> None:
    member.server.create_index(f"{member.user}/other", {"bases": ""})
    (member.home / "other").mkdir()
    (member.home / "other/state.json").write_bytes(member.state_file.read_bytes())
    slowly = Client(member.home, member.env, (sys.executable, "-c", SLOWLY))
    kept = 0
    for _ in range(TRIALS):
        for name, text in OWN.items():
            (member.home / name).parent.mkdir(parents=True, exist_ok=True)
            (member.home / name).write_text(text)
        member.ok("use", *SET)
        with ThreadPoolExecutor(len(RACES[race])) as pool:
            ended = list(pool.map(lambda typed: slowly("use", *typed), RACES[race]))
        assert {result.status for result in ended} == {0}, ended
        member("use", "--always-set-cfg", "no")
        member("use", *UNDO)
        kept += {name: (member.home / name).read_text() for name in OWN} == OWN
        assert not list(member.home.glob(".config/*/*-bak"))
    attack("races", f"{race}, {len(RACES[race])} at once", f"own index kept in {kept} of {TRIALS}")
    assert kept == TRIALS
