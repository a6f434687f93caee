"""Passwords that should have been quoted in a URL, or have no URL around them: no command shows one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.dists import put
from tests.support.loopback import owner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clients import Member

    Attack = Callable[[str, str, str], None]

KIND = "Passwords are shown"
SECRET = "s3cr3t"
LOGINS = {
    "an @ in the user": f"me@corp.example:{SECRET}",
    "an @": f"me:p@{SECRET}",
    "a #": f"me:p#{SECRET}",
    "a slash": f"me:p/{SECRET}",
    "a colon": f"me:p:{SECRET}",
    "a ?": f"me:p?{SECRET}",
    "a blank": f"me:p {SECRET}",
    "a quoted one": f"me:p%40{SECRET}",
    "a token": f"tok{SECRET}",
}
URL, BARE = "http://{login}@127.0.0.1:1/", "{login}@127.0.0.1:1"
QUERY = "http://127.0.0.1:1/x-1.0.whl?{login}"
# What is typed, with {url} for the URL, or the variables in which it is.
COMMANDS: list[tuple[str, dict[str, str]]] = [
    ("use|{url}", {}),
    ("use|{url}alice/dev", {}),
    ("use|{url}|--set-cfg", {}),
    ("getjson|{url}alice", {}),
    ("patchjson|{url}alice|patch.json", {}),
    ("patchjson|-n|{url}alice|patch.json", {}),
    ("patchjson|-n|/alice|patch.json", {}),
    ("push|demo==1.0|{url}alice/dev", {}),
    ("push|demo==1.0|pypi:there", {}),
    ("push|demo==1.0|pypi:there|--no-input", {}),
    ("remove|-y|{url}alice/dev/+f/123/456/x-1.0.tar.gz", {}),
    ("remove|-n|{url}alice/dev/+f/123/456/x-1.0.tar.gz", {}),
    ("list|--index|{url}alice/dev", {}),
    ("show|demo|--index|{url}alice/dev", {}),
    ("search|demo|--index|{url}alice/dev", {}),
    ("open|--index|{url}alice/dev", {}),
    ("env|--index|{url}alice/dev", {}),
    ("env", {"DEVPI_INDEX": "{url}alice/dev"}),
    ("doctor", {"DEVPI_INDEX": "{url}"}),
    ("index|-c|mirror|type=mirror|mirror_url={url}", {}),
    ("index|mirror", {}),
    ("index|mirror|mirror_url={url}x", {}),
    ("index|-n|mirror|mirror_url={url}y", {}),
    ("use|--diff", {}),
    ("use|--set-cfg", {}),
    ("use|--undo|-y", {}),
    ("use", {}),
    ("doctor", {}),
    ("user", {"HTTP_PROXY": "{url}", "NO_PROXY": ""}),
    ("doctor", {"HTTP_PROXY": "{url}", "NO_PROXY": ""}),
    ("user", {"HTTPS_PROXY": "x{url}", "NO_PROXY": ""}),
    ("user", {"ALL_PROXY": "{url}", "NO_PROXY": ""}),
    ("doctor", {"PIP_INDEX_URL": "{url}", "PIP_EXTRA_INDEX_URL": "{url}", "UV_INDEX": "{url}"}),
]


@pytest.mark.parametrize("option", ["--debug", "--json"])
@pytest.mark.parametrize("kind", [*LOGINS, "no scheme", "no scheme, and an @ in the user", "a parameter"])
def test_no_command_shows_it(member: Member, kind: str, option: str, attack: Attack) -> None:
    login = LOGINS.get(kind, f"me@corp.example:p@#/?:{SECRET}" if "user" in kind else f"me:p@#/?:{SECRET}")
    shape = QUERY if kind == "a parameter" else URL if kind in LOGINS else BARE
    url = shape.format(login=f"access_token={SECRET}" if kind == "a parameter" else login)
    put(member.server, member.index, "1.0")
    (member.home / ".pypirc").write_text(f"[there]\nrepository = {url}\nusername = me\n")
    pip = member.home / ".config/pip/pip.conf"
    pip.parent.mkdir(parents=True)
    pip.write_text(f"[global]\nindex-url = {url}\nproxy = {url}\n[search]\nindex = {url}\n".replace("%", "%%"))
    (member.home / "patch.json").write_text(json.dumps({"mirror_url": url, "list": [url], "password": SECRET}))
    shown = []
    for typed, variables in COMMANDS:
        words = [word.replace("{url}", url) for word in typed.split("|")]
        env: dict[str, Any] = {name: value.replace("{url}", url) for name, value in variables.items()}
        result = member(option, *words, "--retries=0", "--timeout=5", **env)
        said = result.stdout + result.stderr
        assert SECRET not in said, (typed, variables, said)
        shown += [typed] * ("****" in said)
    attack(KIND, f"{kind}, {option}", f"{len(COMMANDS)} commands, of which {len(shown)} say ****")
    assert len(shown) > 3


@pytest.mark.parametrize("option", ["--debug", "--json"])
def test_quickstart_does_not_show_it(tmp_path: Path, option: str, attack: Attack) -> None:
    url = URL.format(login=f"me:{SECRET}")
    with owner(tmp_path / "home") as alice:
        typed = ["quickstart", "--mirror-url", url, "--port", str(alice.port), option]
        results = [alice(*typed), alice(*typed), alice("server", "status", option), alice("server", "log", option)]
    said = [result.stdout + result.stderr for result in results]
    attack(KIND, f"quickstart, {option}", f"shown in {sum(SECRET in each for each in said)} of {len(said)}")
    assert [result.status for result in results] == [0] * len(results)
    assert SECRET not in "".join(said)
