from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.clients import Client, Member
    from tests.support.servers import Live


def test_the_json_of_a_path_is_shown_as_the_server_has_it(member: Member) -> None:
    assert member.ok("getjson", f"/{member.index}") == [
        "{",
        '    "result": {',
        '        "acl_toxresult_upload": [',
        '            ":ANONYMOUS:"',
        "        ],",
        '        "acl_upload": [',
        f'            "{member.user}"',
        "        ],",
        '        "bases": [],',
        '        "mirror_whitelist": [],',
        '        "mirror_whitelist_inheritance": "intersection",',
        '        "projects": [],',
        '        "type": "stage",',
        '        "volatile": true',
        "    },",
        '    "type": "indexconfig"',
        "}",
    ]


def test_paths_urls_and_json_mode_give_the_same(member: Member, devpi: Client) -> None:
    shown = member.ok("getjson", f"/{member.index}/+api")
    assert member.ok("getjson", "+api") == shown
    assert member.ok("getjson", f"{member.index_url}/+api") == shown
    assert member.ok("getjson", f"{member.index_url}/+api ") == shown
    assert member.ok("getjson", member.server.root.rstrip("/") + " ") == member.ok("getjson", "/")
    assert member.ok("getjson", f"/{member.index}/+api", "--json") == shown
    anonymous = json.loads("".join(devpi.ok("getjson", f"{member.index_url}/+api")))
    assert anonymous["result"].pop("authstatus") == ["noauth", "", []]
    assert anonymous["result"].items() <= json.loads("".join(shown))["result"].items()


def test_the_query_of_a_url_is_kept(member: Member) -> None:
    shown = json.loads("".join(member.ok("getjson", f"{member.index_url}?no_projects=")))
    assert "projects" not in shown["result"]


def test_verbose_shows_the_headers_first(member: Member) -> None:
    shown = member.ok("getjson", "-v", "/+api")
    assert shown[0] == f"GET REQUEST sent to {member.server.root}+api"
    headers = shown[1 : shown.index("")]
    assert "CONTENT-TYPE: application/json" in headers
    assert headers == sorted(headers)
    assert shown[shown.index("") + 1 :] == member.ok("getjson", "/+api")
    assert member.ok("getjson", "-v", "/+api", "--json") == member.ok("getjson", "/+api")


NO_SERVER = "no server in use\ntype 'devpi use URL', or 'devpi quickstart' for a server on this machine\n"


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("/", 1, NO_SERVER),
        ("project", 1, NO_SERVER),
        (
            "http://127.0.0.1:1/",
            6,
            "cannot reach http://127.0.0.1:1/: Connection refused\nis the server running, and the URL right?\n",
        ),
        ("http://[x/", 2, "invalid URL 'http://[x/': it has no valid host or port\n"),
        ("ftp://a:secret@host/", 2, "invalid URL 'ftp://a:****@host/': it must begin with http:// or https://\n"),
    ],
)
def test_what_cannot_be_asked_is_said(devpi: Client, typed: str, status: int, said: str) -> None:
    assert devpi.fails("getjson", typed) == (status, said)


def test_what_is_not_there_is_said(at_server: Client, server: Live) -> None:
    """V8."""
    message = "no index 'nobody/x'"
    in_json = f"GET {server.url}nobody/x\n404 Not Found: The stage nobody/x could not be found."
    hint = "'devpi use -l' shows which indexes there are"
    assert at_server.fails("getjson", "/nobody/x") == (4, f"{message}\n{hint}\n")
    status, said = at_server.fails("getjson", "/nobody/x", "--json")
    assert (status, json.loads(said)["error"]) == (
        4,
        {"type": "Missing", "exit": 4, "status": 404, "message": in_json, "hint": hint},
    )
    assert at_server.fails("getjson", "project") == (
        1,
        f"no index in use at {server.url}\ntype 'devpi use USER/INDEX', or 'devpi use -l' to list all indexes\n",
    )


def test_a_page_is_no_json(devpi: Client, not_devpi: str) -> None:
    assert devpi.fails("getjson", not_devpi) == (
        1,
        f"{not_devpi}: no devpi server answers like this (text/html)\nis this the URL of a devpi server?\n",
    )
