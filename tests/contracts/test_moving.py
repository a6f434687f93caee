"""The recipe for a curated index is run as it stands in the topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devpi_cli.cli import topics
from tests.contracts.test_recipes import CRON_SHELL, Job
from tests.support.pages import blocks, section
from tests.support.places import contents, put_release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member


def test_a_curated_index(member: Member, tmp_path: Path) -> None:
    [recipe] = blocks(section(topics.read("moving"), "A curated index"), "sh")
    made = tmp_path / "made"
    made.mkdir()
    for version in ("1.0", "1.1"):
        put_release(member.server, member.index, made, "demo", version, full=False)
    put_release(member.server, member.index, made, "other", "1.0", full=False)
    mirror, curated = f"{member.user}/mirror", f"{member.user}/curated"
    url = f"{member.index_url}/+simple/"
    member.server.create_index(mirror, {"type": "mirror", "mirror_url": url})
    job = Job(member, tmp_path)
    job.checkout.mkdir()
    (job.checkout / "approved.txt").write_text("demo==1.0\nother\n")
    job.variables |= {"MIRROR": mirror, "CURATED": curated}
    for _ in range(2):
        job.run(CRON_SHELL, recipe)
    found, wanted = contents(member.server, curated), contents(member.server, member.index)
    assert found == {name: wanted[name] for name in ("demo 1.0", "other 1.0")}
    assert member.server.index(curated).config["volatile"] is False
