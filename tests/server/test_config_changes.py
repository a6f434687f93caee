from __future__ import annotations

from typing import Any

import pytest

from devpi_cli.errors import InvalidSetting
from devpi_cli.server import config_changes

CONFIG: dict[str, Any] = {
    "type": "stage",
    "volatile": True,
    "bases": ["alice/one", "root/pypi"],
    "acl_upload": ["alice", "bob", ":ANONYMOUS:"],
    "mirror_whitelist": ["my-demo", "*"],
    "title": "It is mine",
    "mirror_cache_expiry": 1800,
    "constraints": ["requests>=2,<3", "numpy<2", "*"],
    "plugin_list": ["a", "b"],
    "plugin_lines": ["d", "a b,c"],
    "plugin_flag": False,
    "plugin_number": 10,
}


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "stage", "title": "It is mine"},
        {"volatile": "True"},
        {"volatile": "yes"},
        {"bases": "alice/one, root/pypi,"},
        {"acl_upload": ":anonymous:,bob,alice"},
        {"mirror_whitelist": "*,My_Demo"},
        {"mirror_cache_expiry": "1800"},
        {"description": ""},
        {"acl_upload": ["bob", "alice", ":ANONYMOUS:"]},
        {"bases": "/alice/one/,root/pypi"},
        {"mirror_cache_expiry": " 1800 "},
        {"mirror_cache_expiry": "01800"},
        {"projects": "x"},
        {"constraints": "# what we use\n  numpy<2  \n\nrequests>=2,<3\n*"},
        {"constraints": "*\nrequests>=2,<3\nnumpy<2"},
        {"plugin_list": "b, a"},
        {"plugin_lines": "a b,c\nd"},
        {"plugin_flag": "No", "plugin_number": "010"},
    ],
)
def test_what_is_so_already_does_not_differ(asked: dict[str, Any]) -> None:
    assert config_changes.differing(CONFIG, asked) == {}


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "mirror"},
        {"volatile": "False"},
        {"volatile": "perhaps"},
        {"bases": "root/pypi,alice/one"},
        {"bases": ""},
        {"acl_upload": "alice,bob"},
        {"acl_upload": "Alice,bob,:ANONYMOUS:"},
        {"mirror_whitelist": "my-demo"},
        {"mirror_cache_expiry": "600"},
        {"title": "it is mine"},
        {"description": "new"},
        {"acl_toxresult_upload": ":Group"},
        {"constraints": "requests>=2\nnumpy<2\n*"},
        {"constraints": "requests>=2,<3"},
        {"plugin_list": "a"},
        {"plugin_flag": "perhaps"},
        {"plugin_number": "ten"},
        {"plugin_new": "x"},
    ],
)
def test_only_what_is_not_so_differs(asked: dict[str, Any]) -> None:
    assert config_changes.differing(CONFIG, {"type": "stage", **asked}) == asked


def test_what_a_mirror_drops_never_differs() -> None:
    mirror = {"type": "mirror", "volatile": True, "mirror_url": "http://127.0.0.1:9/"}
    asked = {"bases": "root/pypi", "acl_upload": "alice", "mirror_whitelist": "*", "mirror_url": "http://127.0.0.1:9/"}
    assert config_changes.differing(mirror, asked) == {}


def test_changes_are_told_by_what_would_be_there() -> None:
    changes = ["acl_upload+=carol", "bases-=root/pypi", "mirror_whitelist+=My_Demo", "volatile=true", "title=x"]
    before = dict(CONFIG)
    assert config_changes.changed(CONFIG, changes) == {
        "acl_upload": ["alice", "bob", ":ANONYMOUS:", "carol"],
        "bases": ["alice/one"],
        "title": "x",
    }
    assert before == CONFIG


def test_each_item_is_a_change_of_its_own_spelled_as_it_is_stored() -> None:
    changes = ["acl_upload+=ann, bob,:anonymous:", "mirror_whitelist-=My_Demo", "bases+=/root/pypi/", "acl_upload+=,"]
    assert config_changes.itemised([*changes, "acl_upload-=", "title=a,b", "constraints+=a>=1,<2"]) == [
        *("acl_upload+=ann", "acl_upload+=bob", "acl_upload+=:ANONYMOUS:"),
        *("mirror_whitelist-=my-demo", "bases+=root/pypi", "acl_upload-=", "title=a,b", "constraints+=a>=1,<2"),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["acl_upload-=carol"], "The 'acl_upload' setting doesn't have value 'carol'"),
        (["bases-="], "Default values can't be removed."),
        (["type=mirror"], "the 'type' of an index can't be changed"),
        (["volatile=perhaps"], "Unknown boolean value 'perhaps'."),
        (["foo+=x"], "the index has no list 'foo' to change"),
        (["title-=x"], "the index has no list 'title' to change"),
    ],
)
def test_what_the_server_would_refuse_is_refused_in_its_words(changes: list[str], words: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        config_changes.predicted(CONFIG, changes)
    assert refusal.value.message == words
