"""Settings of pip, uv and others: the index is set, and everything else in the text is kept."""

from __future__ import annotations

import pytest

from devpi_cli.installers.formats import IndexSettings, Ini, Pip, Uv, UvInProject

WANTED = IndexSettings("http://new/+simple/", "http://new/")
SEARCH = "\n[search]\nindex = http://new/\n"

PIP = {
    "no text": ("", f"[global]\nindex-url = http://new/+simple/\n{SEARCH}"),
    "V1: [global] is the last section": (
        "[install]\nno-deps = yes\n\n[global]\ntimeout = 60\n",
        f"[install]\nno-deps = yes\n\n[global]\ntimeout = 60\nindex-url = http://new/+simple/\n{SEARCH}",
    ),
    "V2: a comment speaks of [global]": (
        "# [global] comes later\n; [global]\n[install]\nno-deps = yes\n",
        "# [global] comes later\n; [global]\n[install]\nno-deps = yes\n\n"
        f"[global]\nindex-url = http://new/+simple/\n{SEARCH}",
    ),
    "V4: other sections have an index-url": (
        "[global]\nindex-url = http://old/\n\n[download]\nindex-url = http://theirs/\n",
        f"[global]\nindex-url = http://new/+simple/\n\n[download]\nindex-url = http://theirs/\n{SEARCH}",
    ),
    "comments and spelling are kept": (
        "# mine\n[global]\n; an index\nindex_url: http://old/\n# a proxy\nproxy = http://p\n\n[search]\nindex = http://old/\n",
        "# mine\n[global]\n; an index\nindex_url : http://new/+simple/\n# a proxy\nproxy = http://p\n\n"
        "[search]\nindex = http://new/\n",
    ),
    "on a line of its own": (
        "[global]\nindex-url =\n    http://old/\ntimeout = 60\n",
        f"[global]\nindex-url = http://new/+simple/\ntimeout = 60\n{SEARCH}",
    ),
    "spelled twice": (
        "[global]\nindex-url = http://a/\nindex_url = http://b/\n",
        f"[global]\nindex-url = http://new/+simple/\nindex_url = http://new/+simple/\n{SEARCH}",
    ),
}


@pytest.mark.parametrize(("before", "after"), PIP.values(), ids=PIP)
def test_pip_gets_its_index_and_keeps_the_rest(before: str, after: str) -> None:
    assert Pip().edit(before, WANTED) == after
    assert Pip().edit(after, WANTED) == after
    assert Pip().index(after) == WANTED.simple


TRUST = {
    "none yet": ("", "new", [], "trusted-host = new\n"),
    "one more": ("trusted-host = theirs\n", "new", [], "trusted-host = theirs new\n"),
    "one more line": ("trusted-host =\n    a\n    b\n", "new", [], "trusted-host =\n    a\n    b\n    new\n"),
    "there already": ("trusted-host = a new\n", "new", [], "trusted-host = a new\n"),
    "another instead": ("trusted_host = old a\n", "new", ["old"], "trusted_host = a new\n"),
    "no longer": ("trusted-host = old\n", None, ["old"], ""),
    "not one that sounds alike": ("trusted-host = old.example\n", None, ["old"], "trusted-host = old.example\n"),
}


@pytest.mark.parametrize(("before", "trust", "distrust", "after"), TRUST.values(), ids=TRUST)
def test_pip_trusts_who_has_no_tls(before: str, trust: str | None, distrust: list[str], after: str) -> None:
    head, tail = "[global]\nindex-url = http://new/+simple/\n", SEARCH
    wanted = IndexSettings(WANTED.simple, WANTED.search, trust, frozenset(distrust))
    assert Pip().edit(f"{head}{before}{tail}", wanted) == f"{head}{after}{tail}"


NEW = '[[index]]\nurl = "http://new/+simple/"\ndefault = true\n'
UV = {
    "no text": ("", NEW),
    "V3: a table comes last": (
        "# mine\n[pip]\nno-cache = true # why\n",
        f"# mine\n[pip]\nno-cache = true # why\n\n{NEW}",
    ),
    "V3: there is a default": (
        '[[index]]\nname = "theirs"\nurl = "http://theirs/"\n\n'
        '[[index]]\nname = "main"\nurl = "http://old/" # the old one\ndefault = true\n\n[pip]\nno-cache=true\n',
        '[[index]]\nname = "theirs"\nurl = "http://theirs/"\n\n'
        '[[index]]\nurl = "http://new/+simple/" # the old one\ndefault = true\n\n[pip]\nno-cache=true\n',
    ),
    "the default is another's, with what is known of it": (
        '[[index]]\nurl = "http://old/"\nname = "corp"\nauthenticate = "always"\nformat = "flat"\ndefault = true\n',
        '[[index]]\nurl = "http://new/+simple/"\ndefault = true\n',
    ),
    "the default is ours, and has a name": (
        '[[index]]\nname = "ours"\nurl = "http://new/+simple/"\ndefault = true\n',
        '[[index]]\nname = "ours"\nurl = "http://new/+simple/"\ndefault = true\n',
    ),
    "the default is on one line": (
        'index = [{name = "corp", url = "http://old/", default = true}]\n',
        'index = [{ url = "http://new/+simple/", default = true}]\n',
    ),
    "V3: there is an index, but no default": (
        '[[index]]\nname = "theirs"\nurl = "http://theirs/"\n',
        f'[[index]]\nname = "theirs"\nurl = "http://theirs/"\n{NEW}',
    ),
    "indexes on one line": (
        'index = [{name = "theirs", url = "http://theirs/"}]\n[pip]\n',
        'index = [{name = "theirs", url = "http://theirs/"}, {url = "http://new/+simple/", default = true}]\n[pip]\n',
    ),
    "the older index-url": (
        "index-url = 'http://old/' # why\n\n[pip]\nindex-url = 'http://theirs/'\n",
        "index-url = \"http://new/+simple/\" # why\n\n[pip]\nindex-url = 'http://theirs/'\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), UV.values(), ids=UV)
def test_uv_gets_its_index_and_keeps_the_rest(before: str, after: str) -> None:
    assert Uv().edit(before, WANTED) == after
    assert Uv().edit(after, WANTED) == after
    assert Uv().index(after) == WANTED.simple


ASKING = IndexSettings("http://alice@new:80/+simple/", WANTED.search, keyring="subprocess")
NEVER = WANTED._replace(no_keyring=True)
PIP_ASKS = {
    "no text": ("", "keyring-provider = subprocess\n", ""),
    "asks already": ("keyring-provider = subprocess\n", "keyring-provider = subprocess\n", ""),
    "asks nobody": ("keyring_provider = disabled\n", "keyring_provider = subprocess\n", ""),
}


@pytest.mark.parametrize(("before", "asking", "after"), PIP_ASKS.values(), ids=PIP_ASKS)
def test_pip_asks_for_the_login_and_no_longer(before: str, asking: str, after: str) -> None:
    head = "[global]\nindex-url = {}\n"
    text = Pip().edit(f"{head.format('http://old/')}{before}{SEARCH}", ASKING)
    assert text == f"{head.format(ASKING.simple)}{asking}{SEARCH}"
    assert (Pip().edit(text, ASKING), Pip().keyring(text)) == (text, "subprocess")
    assert Pip().edit(text, NEVER) == f"{head.format(WANTED.simple)}{after}{SEARCH}"


ASKED = NEW.replace("new/", "alice@new:80/") + 'authenticate = "always"\n'
UV_ASKS = {
    "no text": ("", f'keyring-provider = "subprocess"\n\n{ASKED}', f"\n{NEW}"),
    "a table comes last": (
        "# mine\npreview = true\n[pip]\nno-cache = true # why\n",
        f'# mine\npreview = true\nkeyring-provider = "subprocess"\n\n[pip]\nno-cache = true # why\n\n{ASKED}',
        f"# mine\npreview = true\n\n[pip]\nno-cache = true # why\n\n{NEW}",
    ),
    "asks nobody": (
        'keyring-provider = "disabled" # why\n[[index]]\nurl = "http://old/"\nauthenticate = "never"\ndefault = true\n',
        f'keyring-provider = "subprocess" # why\n{ASKED}',
        NEW,
    ),
    "the older index-url": (
        "index-url = 'http://old/'\n",
        'index-url = "http://alice@new:80/+simple/"\nkeyring-provider = "subprocess"\n',
        'index-url = "http://new/+simple/"\n',
    ),
}


@pytest.mark.parametrize(("before", "asking", "after"), UV_ASKS.values(), ids=UV_ASKS)
def test_uv_asks_for_the_login_and_no_longer(before: str, asking: str, after: str) -> None:
    text = Uv().edit(before, ASKING)
    assert text == asking
    assert (Uv().edit(text, ASKING), Uv().keyring(text)) == (text, "subprocess")
    assert Uv().edit(text, NEVER) == after


def test_buildout_and_distutils_have_one_option_each() -> None:
    assert Ini("buildout", "index").edit("[buildout]\neggs += a\n", WANTED) == (
        "[buildout]\neggs += a\nindex = http://new/+simple/\n"
    )
    assert Ini("easy_install", "index-url").edit("[easy_install]\nindex_url=http://old/\n", WANTED) == (
        "[easy_install]\nindex_url = http://new/+simple/\n"
    )


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("", None),
        ("[project]\nname = 'demo'\n", None),
        ("[tool]\nuv = 'a word'\n", None),
        ("tool = 'a word'\n", None),
        ("[tool.uv]\nindex-url = 'http://old/'\n", "http://old/"),
        ("[[tool.uv.index]]\nurl = 'http://theirs/'\n", None),
        ("[[tool.uv.index]]\nurl = 'http://old/'\ndefault = true\n", "http://old/"),
        ("[[index]]\nurl = 'http://nowhere/'\ndefault = true\n", None),
    ],
)
def test_the_index_of_a_project_is_read_from_its_table_for_uv(text: str, index: str | None) -> None:
    assert UvInProject().index(text) == index
