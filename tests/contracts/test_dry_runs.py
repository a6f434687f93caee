"""Dry runs of every command that changes something: their output, and that they change nothing."""

from __future__ import annotations

import json
import shlex
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.main import ALIASES, COMMANDS
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Client, Member
    from tests.support.servers import Live

# What is typed (-n is added), and what is printed. HOST is the root URL of the server, ME the user.
PLANS = {
    "index -c new bases=ME/dev": ["would create index: HOST/ME/new", "  bases=ME/dev"],
    "index -c dev --exist-ok volatile=False title=mine": [
        "would modify index: HOST/ME/dev",
        "  volatile=False",
        "  title=mine",
    ],
    "index -c dev --exist-ok volatile=yes bases= acl_upload=ME": ["would change nothing: HOST/ME/dev"],
    "index dev acl_upload+=bob volatile=True": ["would modify index: HOST/ME/dev", "  acl_upload=ME,bob"],
    "index dev acl_upload+=": ["would change nothing: HOST/ME/dev"],
    "index --delete dev": ["would delete index: HOST/ME/dev"],
    "index --delete gone --missing-ok": ["nothing to delete: there is no index HOST/ME/gone"],
    "user -c dry-carol email=c@example.com": ["would create user: dry-carol", "  email=c@example.com"],
    "user -c ME --exist-ok title=t": ["would modify user: ME", "  title=t"],
    "user ME password=secret123 title=t": ["would modify user: ME", "  password=********", "  title=t"],
    "user -m ME title=": ["would change nothing: ME"],
    "user -c --from USERS": [
        "+ dry-ann",
        "  a password would be made for dry-ann",
        "1 to create, 0 to change, 0 to remove",
    ],
    "user --delete dry-carol --missing-ok": ["nothing to delete: there is no user dry-carol"],
    "passwd": ["would modify user: ME", "  password=********"],
    "remove demo": [
        "would remove the following releases and distributions",
        "version: 1.0",
        "  - FILE",
    ],
    "remove demo==2.0 --missing-ok": ["nothing to remove: no release of demo on ME/dev matches ==2.0"],
    "remove FILE": ["would remove the following file:", "FILE"],
    "remove HOST/ME/dev/+f/000/0000000000000/x.whl --missing-ok": [
        "nothing to remove: there is no HOST/ME/dev/+f/000/0000000000000/x.whl"
    ],
    "prune --only all --keep-last 1": ["nothing to remove: all 1 releases of 1 projects stay"],
    "prune --keep-last 1 --save-policy": ["keep-last = 1", "would keep this policy with ME/dev"],
    "push demo==1.0 stable": ["skipped: push of demo 1.0 to ME/stable"],
    "download demo": ["would download: demo-1.0.tar.gz"],
    "copy dev stable demo": ["would copy: demo-1.0.tar.gz"],
    "copy dev dir:folder --all": ["would copy: demo-1.0.tar.gz"],
    "upload WHEEL": ["skipped: file_upload of demo-1.0-py3-none-any.whl to HOST/ME/dev/"],
    "upload --index stable WHEEL": ["skipped: file_upload of demo-1.0-py3-none-any.whl to HOST/ME/stable/"],
    "refresh demo 'd*' --index mirror": ["would refresh demo"],
    "apply TOML": ["~ ME/dev  title: none -> mine", "0 to create, 1 to change, 0 to remove"],
    "patchjson /ME/dev CHANGES": ["would send this PATCH REQUEST to HOST/ME/dev", "[", '    "volatile=False"', "]"],
    "test demo": ["would test:", "   FILE"],
}


# What a dry run could not tell.
OPEN = {
    "patchjson": "warning: cannot tell whether it would be accepted: only the server can check JSON\n",
}


@pytest.fixture
def place(member: Member, tmp_path: Path) -> tuple[Member, Callable[[str], str]]:
    """A member with releases, a mirror and files, and what fills in the words of the table."""
    file = put(member.server, member.index, "1.0")
    member.server.create_index(f"{member.user}/stable", {"bases": "", "volatile": "False"})
    mirror = {"type": "mirror", "mirror_url": f"{member.index_url}/+simple/"}
    member.server.create_index(f"{member.user}/mirror", mirror)
    (tmp_path / "changes.json").write_text('["volatile=False"]')
    (tmp_path / "devpi.toml").write_text(f'[indexes."{member.index}"]\ntitle = "mine"\n')
    (tmp_path / "users.csv").write_text("user\ndry-ann\n")
    known = {
        "USERS": str(tmp_path / "users.csv"),
        "TOML": str(tmp_path / "devpi.toml"),
        "HOST/": member.server.root,
        "ME": member.user,
        "FILE": file,
        "WHEEL": str(make_wheel(tmp_path)),
        "CHANGES": str(tmp_path / "changes.json"),
    }

    def filled_in(text: str) -> str:
        for word, value in known.items():
            text = text.replace(word, value)
        return text

    return member, filled_in


def home_of(client: Client) -> dict[str, bytes | None]:
    """Return what is in somebody's home."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(client.home.rglob("*"))}


@pytest.mark.parametrize(("typed", "lines"), PLANS.items())
def test_a_dry_run_says_what_it_would_do_and_changes_nothing(
    place: tuple[Member, Callable[[str], str]], server: Live, typed: str, lines: list[str]
) -> None:
    member, filled_in = place
    words, before = shlex.split(filled_in(typed)), home_of(member)
    with server.requests() as seen:
        said = member(words[0], "-n", *words[1:])
        document = member(words[0], "-n", "--json", *words[1:])
    assert (said.lines, said.stderr) == ([filled_in(line) for line in lines], OPEN.get(words[0], ""))
    assert (said.status, document.status) == (0, 0)
    assert json.loads(document.stdout)
    # The mirror, which is on the same server, asks with GET as well.
    assert {request.split()[0] for request in seen} <= {"GET", "HEAD"}
    assert home_of(member) == before


@pytest.mark.parametrize("typed", ["dev --set-cfg", "dev --set-cfg --keyring", "--always-set-cfg yes", "/"])
def test_use_touches_no_file_either(member: Member, server: Live, typed: str) -> None:
    before = home_of(member)
    with server.requests() as seen:
        assert member("use", "-n", *typed.split()).status == 0
    assert {request.split()[0] for request in seen} == {"GET"}
    assert home_of(member) == before


def test_every_command_that_has_a_dry_run_is_in_the_table() -> None:
    commands = {name: import_module(f"devpi_cli.cli.commands.{ALIASES.get(name, name)}").command for name in COMMANDS}
    dry = {name for name, command in commands.items() if any("--dry-run" in option.opts for option in command.params)}
    elsewhere = {"use", "install"}  # above, and in tests/commands/test_install.py
    assert dry == {typed.split()[0] for typed in PLANS} | elsewhere
    changing = {
        "apply",
        "index",
        "user",
        "passwd",
        "remove",
        "prune",
        "push",
        "upload",
        "refresh",
        "patchjson",
        "test",
        "install",
        "use",
    }
    assert changing <= dry


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("index -c dev", 5, "the index ME/dev already exists\n--exist-ok updates it\n"),
        (
            "index --delete gone",
            4,
            "no index 'ME/gone'",
        ),
        ("index --delete stable", 3, "the index ME/stable is not volatile\nmake it volatile first: "),
        ("index gone title=x", 4, "no index 'ME/gone'\n"),
        ("user -c ME", 5, "the user ME already exists\n--exist-ok updates it\n"),
        ("user --delete ME", 3, "the index ME/stable is not volatile\nmake it volatile first: "),
        ("user --delete dry-carol", 4, "no user 'dry-carol'"),
        ("passwd dry-carol", 4, "no user 'dry-carol'"),
        (
            "index dev acl_upload-=bob",
            1,
            "the server would refuse this: the 'acl_upload' setting doesn't have value 'bob'",
        ),
        ("remove demo==2.0", 4, "no release of demo on ME/dev matches ==2.0\nthere are: 1.0\n"),
        ("copy dev gone demo", 4, "no index 'ME/gone'\n"),
        ("download nosuch", 4, "ME/dev has no file for 'nosuch'\n"),
        ("copy dev mirror demo", 1, "ME/mirror is a mirror: you cannot copy to it\n"),
        ("copy dev stable nosuch", 4, "no release of nosuch on ME/dev\n"),
        ("push demo==1.0 gone", 4, "no index 'ME/gone'\n"),
        ("push demo==1.0 mirror", 3, "HOST/ME/mirror is a mirror: "),
        ("upload WHEEL --index gone", 4, "no index 'ME/gone'\n"),
        ("upload WHEEL --index mirror", 1, "HOST/ME/mirror is a mirror: "),
    ],
)
def test_a_dry_run_that_would_fail_says_so(
    place: tuple[Member, Callable[[str], str]], server: Live, typed: str, status: int, said: str
) -> None:
    member, filled_in = place
    words = shlex.split(filled_in(typed))
    with server.requests() as seen:
        result = member.fails(words[0], "-n", *words[1:])
    assert (result[0], result[1][: len(filled_in(said))]) == (status, filled_in(said))
    assert {request.split()[0] for request in seen} <= {"GET", "HEAD"}


@pytest.mark.parametrize(
    "typed",
    [
        "index -c new",
        "index dev title=x",
        "index --delete dev",
        "user ME title=x",
        "remove demo",
        "push demo==1.0 ME/stable",
        "copy dev ME/stable demo",
        "upload WHEEL",
    ],
)
def test_a_dry_run_needs_the_login_that_the_command_needs(
    place: tuple[Member, Callable[[str], str]], typed: str
) -> None:
    member, filled_in = place
    words = shlex.split(filled_in(typed.replace(" dev", " ME/dev").replace(" new", " ME/new")))
    with member.state.changing() as state:
        state.at(member.server.root).logins.clear()
    said = f"not logged in at {member.server.root}\ntype 'devpi login USER'\n"
    assert member.fails(words[0], "-n", *words[1:]) == (3, said)


def test_a_dry_run_knows_who_may_upload(member: Member, new_member: Callable[[], Member], wheel: Path) -> None:
    other = new_member()
    said = f"{member.user} may not upload to {other.index}: its acl_upload is {other.user}\n"
    assert member.fails("upload", "-n", "--index", other.index, wheel) == (3, said)
    other.server.modify_index(other.index, ["acl_upload=:ANONYMOUS:"])
    member.ok("upload", "-n", "--index", other.index, wheel)


def test_a_dry_run_knows_what_a_non_volatile_index_refuses(member: Member, tmp_path: Path) -> None:
    member.server.modify_index(member.index, ["volatile=False"])
    member.ok("upload", wheel := make_wheel(tmp_path))
    assert member.ok("upload", "-n", wheel) == [f"already there: {wheel.name} at {member.index_url}/"]
    make_wheel(tmp_path, metadata="Summary: another file\n")
    status, said = member.fails("upload", "-n", wheel)
    assert (status, said.startswith(f"{wheel.name}: {member.index} has a different file with this name: ")) == (5, True)
    assert member.fails("remove", "-n", "demo") == (
        3,
        f"the index {member.index} is not volatile\nadd --force to remove from a non-volatile index\n",
    )
    assert member.ok("remove", "-n", "demo", "--force")[1] == "version: 1.0"
