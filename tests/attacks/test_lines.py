"""Line ends in names, titles and messages: nothing from elsewhere makes a line of its own in what is printed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.dists import put
from tests.support.front import Front, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.support.clients import Client, Member, Result

    Attack = Callable[[str, str, str], None]

KIND = "Newlines forge lines"
FORGED = "warning: your login expired, type 'devpi login' FORGED"
ENDS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
EVERY_END = "".join(f"{end}{FORGED}" for end in ENDS)
PROTOCOL = ("type", "rel", "expiration")


def forge(value: Any, where: str, key: str = "") -> Any:  # noqa: PLR0911 (a case for each type)
    """Return JSON with forged lines in its names, texts or URLs."""
    if isinstance(value, dict):
        changed = {name: forge(part, where, name) for name, part in value.items()}
        if where != "names" or key in ("", "result", "+links", "hashes", "password") or "type" in changed:
            return changed
        return {f"{name}{EVERY_END}": part for name, part in changed.items()}
    if isinstance(value, list):
        return [forge(part, where, key) for part in value]
    if not isinstance(value, str) or key in PROTOCOL:
        return value
    if "://" in value:
        return f"{value.rstrip('/')}{EVERY_END}{'/+login' if key == 'login' else ''}" if where == "URLs" else value
    if where == "requests":  # as our errors begin
        return f"GET http://devpi.example/\n{FORGED}"
    return f"{value}{EVERY_END}" if where == "texts" else value


@dataclass
class Forger(Front):
    """A web server before devpi that puts line ends into all replies."""

    where: str = ""
    statuses: dict[str, int] = field(default_factory=dict)
    """method -> status of a refusal"""

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        status, kept, content = super().answer(method, path, headers, body)
        status = self.statuses.get(method, status)
        if "json" not in kept.get("Content-Type", ""):
            return status, kept, content
        reply = json.loads(content)
        reply = {**forge(reply, self.where), "message": f"no{EVERY_END}"}
        return status, kept, json.dumps(reply).encode()


COMMANDS = [
    "use", "use -l", "use --urls", "status", "whoami", "doctor", "login {user} --password pw", "--version -v", "user",
    "user -l", "user {user} title=x", "index", "index -l", "index dev title=y", "index -n dev title=z", "index -c new",
    "list", "list -v", "list demo --all", "list -f demo", "getjson -v /{user}", "patchjson /{user}/dev patch.json",
    "upload demo-1.0-py3-none-any.whl", "upload --skip-existing demo-1.0-py3-none-any.whl",
    "push demo==1.0 {user}/other", "push -n demo {user}/other", "refresh demo",
    "show demo", "show demo summary version", "search demo", "search --names demo", "open demo", "apply --export",
    "test --list demo", "env", "use --set-cfg -n", "remove -n demo",
    "remove -y demo==1.0", "index --delete -y other", "logoff",
]  # fmt: skip


@pytest.fixture
def victim(member: Member) -> Member:
    member.server.modify_user(member.user, {"email": "a@example.com", "title": "t", "description": "d"})
    member.server.create_index(f"{member.user}/other", {"bases": "", "title": "o"})
    put(member.server, member.index, "1.0")
    put(member.server, member.index, "2.0")
    (member.home / "patch.json").write_text('["title=x"]')
    return member


@pytest.fixture
def forger(victim: Member) -> Iterator[Forger]:
    with served(forger := Forger()):
        forger.serve(victim)
        yield forger


def lines_forged(result: Result) -> list[str]:
    """Return the lines that are none of ours."""
    lines = [*result.stdout.splitlines(), *result.stderr.splitlines()]
    return [line for line in lines if line.lstrip().startswith((FORGED, f"debug: {FORGED}"))]


@pytest.mark.parametrize("where", ["texts", "names", "URLs", "requests"])
@pytest.mark.parametrize("option", ["-v", "--debug"])
def test_a_server_forges_no_line(victim: Member, forger: Forger, where: str, option: str, attack: Attack) -> None:
    forger.where = where
    shown = 0
    for command in COMMANDS:
        result = victim(option, *command.format(user=victim.user).split(), "--retries=0")
        shown += (result.stdout + result.stderr).count("FORGED")
        assert (lines_forged(result), "Traceback" in result.stderr) == ([], False), (command, result)
    attack(KIND, f"in all {where} of replies, {option}", f"{len(COMMANDS)} commands, in {shown} places of their lines")
    assert shown > len(ENDS)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500])
def test_a_refusal_forges_no_line(victim: Member, forger: Forger, status: int, attack: Attack) -> None:
    forger.statuses = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE", "PUSH"), status)
    shown = 0
    for command in COMMANDS:
        result = victim(*command.format(user=victim.user).split(), "--retries=0")
        shown += (result.stdout + result.stderr).count("FORGED")
        assert lines_forged(result) == [], (command, result)
    attack(KIND, f"in the message of status {status}", f"{len(COMMANDS)} commands, in {shown} places of their lines")
    assert shown > 0


NAME = f"demo\n{FORGED}"
LOCAL = [
    (f"dist/{NAME}-1.0-py3-none-any.whl", "", ["upload", "--from-dir", "dist"]),
    (f"dist/{NAME}.txt", "", ["upload", f"dist/{NAME}.txt"]),
    (f"--x\n{FORGED}", "", ["upload", f"--x\n{FORGED}"]),
    ("wanted", f"a\n\u2028{FORGED}\n", ["refresh", "-r", "wanted"]),
    ("patch.json", f'"x\\n{FORGED}"', ["patchjson", "-n", "/", "patch.json"]),
    (f"no\n{FORGED}", "no JSON", ["patchjson", "/", f"no\n{FORGED}"]),
    (".pypirc", f"[x]\nrepository = http://h/\u2028{FORGED}\n", ["push", "demo==1.0", f"pypi:y\n{FORGED}"]),
    (f"venv\n{FORGED}/x", "", ["use", "--venv", f"venv\n{FORGED}"]),
    ("x", "", ["token", "inspect", "-f", f"no\n{FORGED}"]),
    (".config/pip/pip.conf", f"[global]\nindex-url = http://h/\u2028{FORGED}\n", ["use", "--diff", "--set-cfg"]),
    ("pyproject.toml", f'[tool.devpi.upload]\n"x\\n{FORGED}" = 1\n', ["upload"]),
]


@pytest.mark.parametrize(("path", "text", "typed"), LOCAL, ids=[" ".join(typed[:2]) for *_, typed in LOCAL])
def test_a_file_forges_no_line(member: Client, path: str, text: str, typed: list[str], attack: Attack) -> None:
    (member.home / path).parent.mkdir(parents=True, exist_ok=True)
    (member.home / path).write_text(text, encoding="utf-8")
    result = member(*typed)
    attack(
        KIND, f"{typed[0]}, in {path.partition(chr(10))[0]}", (result.stderr or result.stdout).splitlines()[-1][:100]
    )
    assert (lines_forged(result), "Traceback" in result.stderr) == ([], False), result
    assert "FORGED" in result.stdout + result.stderr


def test_json_is_exact(victim: Member) -> None:
    title = f"t{EVERY_END}"
    victim.server.modify_user(victim.user, {"title": title})
    assert json.loads("\n".join(victim.ok("user", "--json")))["title"] == title
    assert [line for line in victim.ok("user") if line.startswith("  title=")] == [
        "  title=t" + "".join(f"{_seen(end)}{FORGED}" for end in ENDS)
    ]


def _seen(end: str) -> str:
    names = {"\n": "\\n", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    return "".join(names.get(sign, f"\\x{ord(sign):02x}") for sign in end)
