"""What a description of users and indexes may say, and what a server's is."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from devpi_cli.errors import DevpiError, InvalidSetting, WrongUsage
from devpi_cli.indexes.declaration import Declaration, describe, parse
from devpi_cli.models import Index, User

KNOWN = {"CI_PASSWORD": "secret", "EMPTY": "", "URL": "https://me:secret@h/"}


def test_a_description_is_taken_as_it_is_typed() -> None:
    text = """
    [users.ci]
    email = "ci@example.com"
    password-from = "CI_PASSWORD"
    [users.bob]
    [indexes."ci/prod"]
    bases = ["root/pypi"]
    volatile = false
    custom_data.devpi-cli.retention = { keep-last = 5 }
    [indexes."carol/mirror"]
    type = "mirror"
    mirror_url-from = "URL"
    """
    found = parse(tomllib.loads(text), KNOWN)
    retention = {"devpi-cli": {"retention": {"keep-last": 5}}}
    assert found == Declaration(
        {"ci": {"email": "ci@example.com"}, "bob": {}},
        {
            "ci/prod": {"bases": ["root/pypi"], "volatile": False, "custom_data": retention},
            "carol/mirror": {"type": "mirror", "mirror_url": "https://me:secret@h/"},
        },
        {"ci": "CI_PASSWORD"},
        {"carol/mirror": "URL"},
    )
    assert found.owners == {"ci", "bob", "carol"}


@pytest.mark.parametrize(("text", "kind", "said"), [
    ("user.x = 1", WrongUsage, "'user' is not a table of this file"),
    ("users = 1", WrongUsage, "users must be a table"),
    ("users.x = 1", WrongUsage, "users.x must be a table"),
    ("users.x.password = 'secret'", WrongUsage, "users.x: a file must not contain a password"),
    ("users.x.pwhash = 'secret'", WrongUsage, "users.x: a file must not contain a pwhash"),
    ("users.x.emial = 'a'", WrongUsage, "users.x: a user has no key 'emial'"),
    ("users.x.email = 1", WrongUsage, "users.x.email must be a string"),
    ("users.x.password-from = 1", WrongUsage, "users.x.password-from must be a string"),
    ("users.x.custom_data = 2026-01-01", WrongUsage,
     "users.x.custom_data: dates, nan and inf cannot be stored: write them as strings"),
    ("users.x.custom_data.y = nan", WrongUsage,
     "users.x.custom_data: dates, nan and inf cannot be stored: write them as strings"),
    ("users.'a b' = {}", InvalidSetting, "users.a b: the server would refuse the username 'a b'"),
    ("users.'a/b' = {}", InvalidSetting, "users.a/b: the server would refuse the username 'a/b'"),
    ("indexes.dev = {}", WrongUsage, "indexes.dev: an index is named USER/INDEX: [indexes.\"alice/dev\"]"),
    ("indexes.a.b = {}", WrongUsage, "indexes.a: an index is named USER/INDEX: [indexes.\"alice/dev\"]"),
    ("indexes.'a/b/c' = {}", WrongUsage, "indexes.a/b/c: an index is named USER/INDEX: [indexes.\"alice/dev\"]"),
    ("indexes.'a/..' = {}", InvalidSetting, "indexes.a/..: the server would refuse the indexname '..'"),
    ("indexes.'a/b'.'bases+' = ['c/d']", WrongUsage, "indexes.a/b.bases+: an index has no such key"),
    ("indexes.'a/b'.'acl_upload-' = ''", WrongUsage, "indexes.a/b.acl_upload-: an index has no such key"),
    ("indexes.'a/b'.title-from = 'URL'", WrongUsage, "indexes.a/b.title-from: an index has no such key"),
    ("indexes.'a/b'.password = 'x'", WrongUsage, "indexes.a/b.password: an index has no such key"),
    ("indexes.'a/b'.bases = 'c/d'", WrongUsage, "indexes.a/b.bases must be a list"),
    ("indexes.'a/b'.bases = ['c/d,e/f']", WrongUsage, "indexes.a/b.bases: 'c/d,e/f' is not a name"),
    ("indexes.'a/b'.bases = [1]", WrongUsage, "indexes.a/b.bases: 1 is not a string"),
    ("indexes.'a/b'.title = ['x']", WrongUsage, "indexes.a/b.title is not a list"),
    ("indexes.'a/b'.title.x = 1", WrongUsage,
     "indexes.a/b.title: dict is not a type that a setting can have: write a string"),
    ("indexes.'a/b'.mirror_url = 'http://me:secret@h/'", WrongUsage, "indexes.a/b: the mirror_url holds a password"),
    ("indexes.'a/b'.mirror_url-from = 'NONE'", WrongUsage,
     "indexes.a/b.mirror_url-from: the variable NONE is not set"),
    ("indexes.'a/b'.mirror_url-from = 'EMPTY'", WrongUsage,
     "indexes.a/b.mirror_url-from: the variable EMPTY is empty"),
    ("indexes.'a/b' = {mirror_url = 'http://h/', mirror_url-from = 'URL'}", WrongUsage,
     "indexes.a/b: mirror_url and mirror_url-from cannot both be given"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_its_place(text: str, kind: type[DevpiError], said: str) -> None:
    with pytest.raises(kind) as failure:
        parse(tomllib.loads(text), KNOWN)
    assert (type(failure.value), failure.value.message) == (kind, said)
    assert "secret" not in str(failure.value)


def test_what_is_nested_without_end_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    with pytest.raises(WrongUsage, match="nested too deeply"):
        parse({"users": {"x": {"custom_data": deep}}}, {})


def test_a_server_is_described_without_what_holds_a_secret() -> None:
    secret = "http://me:secret@h/"
    mirror = {"type": "mirror", "mirror_url": secret, "bases": [], "title": f"from {secret}", "volatile": True}
    users = [
        User("a-b", {"created": "2026", "email": "", "title": "t"}, (Index("a-b/m", mirror), Index("a-b/n", mirror))),
        User("a", {"custom_data": {"x": [None]}}, (Index("a/b-m", {**mirror, "title": "m"}),)),
        User("c", {}, (Index("c/dev", {"type": "stage", "volatile": True, "bases": ["a/m"], "projects": []}),)),
    ]
    found = describe(users)
    url = "mirror_url-from"
    assert found.tables == {
        "users": {"a-b": {"title": "t"}, "a": {}, "c": {}},
        "indexes": {
            "a-b/m": {"type": "mirror", "volatile": True, url: "MIRROR_URL_A_B_M"},
            "a-b/n": {"type": "mirror", "volatile": True, url: "MIRROR_URL_A_B_N"},
            "a/b-m": {"type": "mirror", "volatile": True, "title": "m", url: "MIRROR_URL_A_B_M_"},
            "c/dev": {"bases": ["a/m"], "volatile": True},
        },
    }
    assert found.left_out == {
        "indexes.a-b/m.title": "it holds a password",
        "indexes.a-b/n.title": "it holds a password",
        "users.a.custom_data": "TOML has no null",
    }
    assert found.variables["indexes.a/b-m.mirror_url"] == "MIRROR_URL_A_B_M_"


PLAIN = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(PLAIN, JSON, max_size=3))
def test_any_custom_data_survives_toml(data: dict[str, Any]) -> None:
    tables = {"users": {}, "indexes": {"a/b": {"bases": [], "custom_data": data, "title": "t"}}}
    assert tomllib.loads(tomlkit.dumps(tables)) == tables
