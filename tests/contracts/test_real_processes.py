"""A command that the zygote forks prints what it prints in a process of its own: one session, run both ways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devpi_cli.cli.main import COMMANDS
from tests.support.clients import WITH_PROGRAMS, make_member, zygote
from tests.support.dists import put

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.clients import Member
    from tests.support.servers import Live

# At least one line for each command.
SESSION = """\
use
login {user} --password-stdin
whoami
status
use {user}/dev
user {user} title=new
passwd --password-stdin
index -c prod bases={user}/dev
index prod title=new
apply devpi.toml -n --exit-code
apply devpi.toml
patchjson /{user}/prod {changes}
upload {wheel}
upload {wheel} --index prod --skip-existing
list
list demo
list nothere
show demo version
search --names demo
open demo
why demo
wait demo==1.0 --for 1s
push demo==1.0 {user}/prod
diff {user}/dev {user}/prod
copy {user}/dev {user}/prod tested
verify --quick
download tested -O -
refresh demo
test --list tested
install --dry-run --installer uv --venv {venv} demo
env
getjson /{user}/dev
token list
prune -y --keep-last 1
remove -y demo
doctor
quickstart --port 0
server status
server check --serverdir nothere
server passwd
completion bash
help ci
logoff
logout
whoami
"""


def run(member: Member, **words: Path) -> list[tuple[str, str, str, int]]:
    """Run all lines; return each with its stdout, stderr and exit status, and USER for the name of the member."""
    put(member.server, member.index, "1.0", "tested")
    (member.home / "devpi.toml").write_text(f'[indexes."{member.user}/prod"]\ntitle = "described"\n')
    printed = []
    for line in SESSION.splitlines():
        typed = line.format(user=member.user, **words).split()
        result = member(*typed, stdin=f"{member.password}\n", PATH=WITH_PROGRAMS)
        texts = [text.replace(member.user, "USER") for text in (result.stdout, result.stderr)]
        stdout, stderr = (re.sub(r"\d+ms", "Nms", text) for text in texts)  # uv says how long it took
        printed.append((line, stdout, stderr, result.status))
    return printed


def test_a_forked_command_does_what_a_real_one_does(
    server: Live, tmp_path: Path, wheel: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = tmp_path / "changes.json"
    changes.write_text('["description=patched"]')
    forked = run(make_member(server, tmp_path, "twin1"), changes=changes, wheel=wheel, venv=bare)
    monkeypatch.setattr(zygote, "is_on", False)
    assert run(make_member(server, tmp_path, "twin2"), changes=changes, wheel=wheel, venv=bare) == forked


def test_each_command_has_a_line() -> None:
    assert {line.split()[0] for line in SESSION.splitlines()} == set(COMMANDS)
