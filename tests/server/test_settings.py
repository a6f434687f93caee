from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from devpi_cli.cli.completion.values import INDEX_KEYS
from devpi_cli.errors import DevpiError, InvalidSetting
from devpi_cli.server import settings

if TYPE_CHECKING:
    from tests.support.clients import Member

VALUES = {
    "stage": {
        "volatile": ["yes", "False", "maybe", ""],
        "bases": ["/USER/dev/, USER/dev", "", ",,", "//USER/dev"],
        "acl_upload": [":anonymous:,:Group,ann, bob,ann", ":AUTHENTICATED:", ""],
        "acl_toxresult_upload": [":Authenticated:"],
        "mirror_whitelist": ["a_B, c.d,*, ,a-b"],
        "mirror_whitelist_inheritance": ["UNION", "Intersection", "some"],
        "title": ["A title", ""],
        "custom_data": ["1"],
    },
    "mirror": {
        "mirror_url": ["http://127.0.0.1:9/", "https://user:secret@127.0.0.1/simple", "ftp://x", ""],
        "mirror_cache_expiry": ["007", " 1_0 ", "soon", "1.5"],
        "mirror_use_external_urls": ["yes", "on"],
        "mirror_web_url_fmt": ["http://127.0.0.1/{name}"],
    },
}

NEEDED = {"stage": {"type": "stage"}, "mirror": {"type": "mirror", "mirror_url": "http://127.0.0.1:9/"}}


@pytest.mark.parametrize(
    ("index_type", "key", "value"),
    [(kind, key, value) for kind, keys in VALUES.items() for key, values in keys.items() for value in values],
)
def test_what_is_stored_is_what_the_server_stores(member: Member, index_type: str, key: str, value: str) -> None:
    value = value.replace("USER", member.user)
    name = f"{member.user}/new"
    try:
        here: Any = settings.stored(index_type, key, value)
    except InvalidSetting as refusal:
        here = refusal.message
    try:
        there: Any = member.server.create_index(name, {**NEEDED[index_type], key: value}).config[key]
    except DevpiError as refusal:
        there = refusal.message.partition("400 Bad Request: ")[2]
    assert here == there


def test_keys_that_a_mirror_drops_are_known(member: Member) -> None:
    dropped = dict.fromkeys(settings.DROPPED["mirror"], "x")
    config = member.server.create_index(f"{member.user}/mirror", {**NEEDED["mirror"], **dropped}).config
    assert config == {**NEEDED["mirror"], "volatile": True}


def test_the_keys_are_those_that_are_completed() -> None:
    assert {*settings.keys("stage"), *settings.keys("mirror"), "type"} == {*INDEX_KEYS}


@pytest.mark.parametrize(
    "name", ["a b", "a:b", "a|b", "a~b", "x.y", "Ü", "a@b", "-x", "a\x1fb", "a\x7fb", "a[b", "a\\b"]
)
def test_names_are_judged_as_the_server_does(member: Member, name: str) -> None:
    refusal = ""
    url = member.server.url(member.user)
    try:  # without create_index, which itself refuses some of them
        member.server.session.request("PUT", f"{url}/{quote(name, safe='')}", json={})
    except DevpiError as error:
        refusal = error.message
    assert settings.is_valid_name(name) == (not refusal)
    assert not refusal or "contains characters that aren't allowed" in refusal


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("titel", "did you mean 'title'? 'devpi help indexes' explains all settings"),
        ("acl_uplaod", "did you mean 'acl_upload'? 'devpi help indexes' explains all settings"),
        ("nonsense", "'devpi help indexes' explains all settings"),
        ("mirror_url", "only a mirror has mirror_url: create one with type=mirror"),
        ("acl_toxresult_upload", "a mirror has no acl_toxresult_upload"),
        ("bases+", "+= and -= change an index that exists: type bases=VALUE"),
    ],
)
def test_the_nearest_key_is_named(typed: str, hint: str) -> None:
    assert settings.key_hint(typed) == hint
