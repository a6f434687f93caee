from __future__ import annotations

from typing import Any

import pytest

from devpi_cli.server import config_changes

CONFIG: dict[str, Any] = {
    "type": "stage",
    "volatile": True,
    "bases": ["alice/one", "root/pypi"],
    "acl_upload": ["alice", "bob", ":ANONYMOUS:"],
    "mirror_whitelist": ["my-demo", "*"],
    "title": "It is mine",
    "mirror_cache_expiry": 1800,
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
    ],
)
def test_only_what_is_not_so_differs(asked: dict[str, Any]) -> None:
    assert config_changes.differing(CONFIG, {"type": "stage", **asked}) == asked


def test_changes_are_told_by_what_would_be_there() -> None:
    changes = ["acl_upload+=carol", "bases-=root/pypi", "mirror_whitelist+=my-demo", "volatile=true", "title=x"]
    before = dict(CONFIG)
    assert config_changes.changed(CONFIG, changes) == {
        "acl_upload": ["alice", "bob", ":ANONYMOUS:", "carol"],
        "bases": ["alice/one"],
        "title": "x",
    }
    assert before == CONFIG
