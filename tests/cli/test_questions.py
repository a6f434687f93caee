"""Every question at a real terminal: Ctrl-C, Ctrl-D, Enter, wrong answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.dists import put
from tests.support.front import Front, served
from tests.support.windows import window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clients import Member

MANY = 1001
SAVED = "# somebody else's\n"


class Asking(NamedTuple):
    """A command that asks, what it asks, and what is typed before it does."""

    typed: str
    question: str
    before: tuple[str, ...] = ()


# What is at stake stands in the question. USER, URL, TOKEN are those of the test.
CONFIRMATIONS = {
    "remove releases": Asking("remove demo==1.0", "Remove 1 file of demo 1.0? [y/N]"),
    "remove several": Asking("remove demo<2", "Remove 2 releases of demo with 2 files? [y/N]"),
    "remove a project": Asking("remove demo", "Remove the project demo: 2 releases with 2 files? [y/N]"),
    "remove a file": Asking("remove URL", "Remove demo-1.0.tar.gz? [y/N]"),
    "delete an index": Asking("index --delete dev", "Delete the index USER/dev and everything on it? [y/N]"),
    "delete a user": Asking("user --delete USER", "Delete the user USER and 2 indexes? [y/N]"),
    "delete a token": Asking("token delete TOKEN", "Delete 1 token of USER? [y/N]"),
    "an unknown permission": Asking(
        "token create -a fly", "Allow fly, which only a plugin of the server may know? [y/N]"
    ),
    "overwrite with a token": Asking("token create -o saved", "saved already exists. Overwrite it? [y/N]"),
    "overwrite with a description": Asking("apply --export -o saved", "saved already exists. Overwrite it? [y/N]"),
    "remove what is not described": Asking("apply --prune described", "Remove 1 index with everything on it? [y/N]"),
    "prune": Asking("prune demo --keep-last 1 --only all", "Remove 1 release of 1 project from USER/dev? [y/N]"),
    "delete what only the target has": Asking("copy other dev --all --delete", "Remove 2 files from USER/dev? [y/N]"),
    "put edited settings back": Asking("use --undo", "Restore the old files? [y/N]"),
    "replace a script": Asking("completion install bash", "devpi? [y/N]"),
    "refresh many": Asking(
        "refresh --all --index many", f"{MANY} projects match. Ask the upstream about each of them? [y/N]"
    ),
    "a short password": Asking(
        "passwd", "The password has fewer than 8 characters. Use it anyway? [y/N]", ("short", "short")
    ),
}
NO = "nothing was changed"
WAYS = {
    "Ctrl-C": (("C-c",), "^C", ["interrupted"], 130),
    "Ctrl-D": (("C-d",), "", [NO], 1),
    "Enter": (("Enter",), "", [NO], 1),
    "no": (("n", "o", "Enter"), "no", [NO], 1),
}


@pytest.fixture
def asked(member: Member) -> Callable[[Asking], Asking]:
    """Somebody with something to lose; fills in names of the test."""
    user = member.user
    url = put(member.server, member.index, "1.0")
    put(member.server, member.index, "1.1")
    member.server.create_index(f"{user}/other", {"bases": ""})
    put(member.server, f"{user}/other", "1.0", name="another")
    (member.home / "saved").write_text(SAVED)
    (member.home / "described").write_text(f'[indexes."{user}/dev"]\n')
    return lambda asking: Asking(
        asking.typed.replace("USER", user).replace("URL", url), asking.question.replace("USER", user), asking.before
    )


def prepare(member: Member, name: str) -> str:
    """Make what a question is about; return the name of a token."""
    if name == "put edited settings back":
        member.ok("use", "--set-cfg")
        with (member.home / ".config/pip/pip.conf").open("a") as file:
            file.write("# mine\n")
    if name == "replace a script":
        path = member.home / ".local/share/bash-completion/completions/devpi"
        path.parent.mkdir(parents=True)
        path.write_text(SAVED)
    if name == "remove what is not described":
        member.server.create_index(f"{member.user}/empty", {"bases": ""})
    if name == "delete a token":
        member.ok("token", "create", "-o", "mine")
        return next(line for line in member.ok("token", "list") if not line.startswith(" "))
    return ""


@pytest.fixture
def many(member: Member) -> Iterator[None]:
    page = "".join(f'<a href="p{number}/">p{number}</a>' for number in range(MANY))
    front = Front(page=f"<!DOCTYPE html><html><body>{page}</body></html>")
    with served(front):
        member.server.create_index(f"{member.user}/many", {"type": "mirror", "mirror_url": f"{front.url}simple/"})
        yield


@pytest.mark.parametrize("name", CONFIRMATIONS)
def test_a_confirmation_is_given_by_a_yes_and_by_nothing_else(
    member: Member, asked: Callable[[Asking], Asking], request: pytest.FixtureRequest, name: str
) -> None:
    if name == "refresh many":
        request.getfixturevalue("many")
    asking = asked(CONFIRMATIONS[name])
    typed = asking.typed.replace("TOKEN", prepare(member, name)).split()
    before = member.server.user(member.user), member.server.releases(member.index, "demo"), files(member)
    for way, (keys, echoed, said, status) in WAYS.items():
        with window(member, *typed, width=200) as shown:
            for place, password in enumerate(asking.before, 1):
                shown.asks("password for user " + member.user + ":", place)
                shown.press(password, "Enter")
            shown.asks(asking.question)
            if way == "no":  # after answers that are none
                for times, wrong in enumerate(("maybe", "yess", "1"), 2):
                    shown.press(wrong, "Enter")
                    shown.asks(asking.question, times)
            shown.press(*keys)
            ended, lines = shown.end()
            assert shown.has_cursor
        last, *rest = lines[-1 - len(said) :]
        assert (ended, rest) == (status, said), (way, lines)
        assert re.fullmatch(rf".*{re.escape(asking.question)} ?{re.escape(echoed)}", last), (way, lines)
    after = member.server.user(member.user), member.server.releases(member.index, "demo"), files(member)
    assert after == before


def files(member: Member) -> dict[str, str]:
    """Return the files that a question is about."""
    names = ("saved", ".config/pip/pip.conf", ".local/share/bash-completion/completions/devpi")
    return {name: (member.home / name).read_text() for name in names if (member.home / name).exists()}


@pytest.mark.parametrize(
    ("typed", "questions"),
    [
        ("login", ["user:", "password for user USER at ROOT:"]),
        ("login USER", ["password for user USER at ROOT:"]),
        ("user -c USER-new", ["new password for user USER-new:", "repeat new password for user USER-new:"]),
        ("passwd", ["new password for user USER:", "repeat new password for user USER:"]),
        (
            "push demo==1.0 pypi:it --pypirc pypirc",
            ["user at http://127.0.0.1:9/:", "password for user USER at http://127.0.0.1:9/:"],
        ),
        ("token inspect", ["token:"]),
    ],
)
@pytest.mark.parametrize(("key", "echoed"), [("C-c", "^C"), ("C-d", "")])
def test_a_question_for_a_text_ends_by_ctrl_c_and_ctrl_d_only(
    member: Member, typed: str, questions: list[str], key: str, echoed: str
) -> None:
    put(member.server, member.index, "1.0")
    (member.home / "pypirc").write_text("[distutils]\nindex-servers = it\n[it]\nrepository = http://127.0.0.1:9/\n")
    filled = [text.replace("USER", member.user).replace("ROOT", member.server.root) for text in (typed, *questions)]
    for place, question in enumerate(filled[1:]):
        with window(member, *filled[0].split(), width=200) as shown:
            for earlier in filled[1 : place + 1]:
                shown.asks(earlier)
                shown.press(member.user, "Enter")
            shown.asks(question)
            if question.startswith("user"):  # an empty name is asked for again
                shown.press("Enter")
                shown.asks(question, 2)
            shown.press(key)
            status, lines = shown.end()
        assert (status, lines[-1]) == (130, "interrupted")
        assert lines[-2].rstrip() in (f"{question} {echoed}".rstrip(), question)
