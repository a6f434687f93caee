from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.state.devpi_client import ImportedState, read, read_local

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "http://localhost:3141/"
CURRENT = {
    "always_setcfg": None,
    "features": ["push-no-docs", "server-keyvalue-parsing"],
    "index": f"{ROOT}alice/dev",
    "login": f"{ROOT}+login",
    "pypisubmit": f"{ROOT}alice/dev/",
    "settrusted": None,
    "simpleindex": f"{ROOT}alice/dev/+simple/",
    "username": "alice",
    "venvdir": None,
}
TOKENS = {ROOT: {"alice": "token-a", "bob": "token-b"}}


def write(folder: Path, **files: Any) -> None:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_the_files_of_devpi_client_7(tmp_path: Path) -> None:
    write(tmp_path, current=CURRENT, auth={"auth": {ROOT: [["alice", "token-a"], ["bob", "token-b"]]}})
    assert read(tmp_path) == ImportedState(
        server=ROOT,
        index="alice/dev",
        user="alice",
        features=("push-no-docs", "server-keyvalue-parsing"),
        tokens=TOKENS,
    )


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param([["alice", "token-a"], ["bob", "token-b"]], id="6.0.4: auth still in current.json"),
        pytest.param({"": ""}, id="not a list at all"),
        pytest.param(["alice", "token-a"], id="before 6: one user per server"),
    ],
)
def test_a5_older_files_keep_the_tokens_in_current_json(tmp_path: Path, tokens: Any) -> None:
    write(tmp_path, current={**CURRENT, "auth": {ROOT: tokens}})
    found = read(tmp_path)
    assert found
    assert found.tokens.get(ROOT, {}) == {user: TOKENS[ROOT][user] for user in TOKENS[ROOT] if user in str(tokens)}


@pytest.mark.parametrize(
    "content", ["", "   ", "[]", "null", '"text"', '{"index": ', "\x00", '{"index": 1, "auth": 2}']
)
def test_a5_damaged_files_are_as_good_as_none(tmp_path: Path, content: str) -> None:
    write(tmp_path, current=content, auth=content)
    assert read(tmp_path) in (None, ImportedState())
    assert (tmp_path / "current.json").read_text() == content


@pytest.mark.parametrize("url", ["http://host:99999/", "http://[::1/", "nothing"])
def test_what_is_no_url_is_left_behind(tmp_path: Path, url: str) -> None:
    auth = {"auth": {url: [["alice", "token"]]}, "basic_auth": {url: ["web", "secret"]}, "client_cert": {url: "/c.pem"}}
    write(tmp_path, current={"login": f"{url}+login", "index": f"{url}alice/dev"}, auth=auth)
    assert read(tmp_path) == ImportedState(is_mirror=False)


def test_nothing_to_import(tmp_path: Path) -> None:
    assert read(tmp_path) is None


def test_a_mirror_has_no_place_to_submit_to(tmp_path: Path) -> None:
    write(tmp_path, current={**CURRENT, "pypisubmit": None})
    found = read(tmp_path)
    assert found
    assert found.is_mirror


def test_basic_auth_and_client_certificates_lose_the_port_that_goes_without_saying(tmp_path: Path) -> None:
    auth = {"basic_auth": {"https://host:443/": ["web", "secret"]}, "client_cert": {"http://host:8080/": "/cert.pem"}}
    write(tmp_path, auth=auth)
    assert read(tmp_path) == ImportedState(
        basic_auth={"https://host/": ("web", "secret")}, client_certs={"http://host:8080/": "/cert.pem"}
    )


def test_a_local_file_of_an_environment_stands_in_for_current_json(tmp_path: Path) -> None:
    write(tmp_path, current=CURRENT, devpi={**CURRENT, "index": f"{ROOT}bob/prod"})
    found = read_local(tmp_path)
    assert found
    assert (found.server, found.index) == (ROOT, "bob/prod")
