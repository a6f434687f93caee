"""A search for the secrets of a user in all places that must not hold them."""

from __future__ import annotations

import base64
import json
import stat
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Member, Result
    from tests.support.loopback import Watch

# Signs that have to be quoted in URLs, in JSON, and for a shell.
SIGNS = "/@:%#\"'$ é"


@dataclass
class Vault:
    """A member whose password, token, .pypirc, .netrc, proxies and certificate are known."""

    member: Member
    watch: Watch
    temporary: Path
    secrets: dict[str, str]
    may_hold: dict[str, set[str]] = field(default_factory=dict)
    """Files below the home, by name, and which secrets they are for; any other must hold none."""

    def __call__(self, *typed: str, watched: bool = False, **settings: Any) -> Result:
        """Run a command and look for secrets in all that it said, started and left behind."""
        names = {"wheel": self.member.home / "demo-2.0-py3-none-any.whl", **self.secrets}
        names |= {"user": self.member.user, "index": self.member.index, "root": self.member.server.root}
        names["python"] = sys.executable
        names["netloc"] = urlsplit(self.member.server.root).netloc
        words = [word.format(**names) for word in typed]
        if "stdin" in settings:
            settings["stdin"] = settings["stdin"].format(**names)
        (self.watch.folder / "watched").unlink(missing_ok=True)
        result = self.member(*words, **settings, **(self.watch.env if watched else {}))
        commands = self.watch.commands[1:] if watched else []  # the first is what was typed
        self.learn()
        told = {"stdout": result.stdout, "stderr": result.stderr, "an argument": "\n".join(commands)}
        leaks = [f"{place}: {name}" for place, text in told.items() for name in self.found(text.encode())]
        assert leaks + self.files() == [], result
        return result

    def learn(self) -> None:
        """Know the tokens that a login brought."""
        for server in self.member.state.servers.values():
            for login in server.logins.values():
                self.secrets[f"token {login.token[-8:]}"] = login.token

    def found(self, text: bytes) -> list[str]:
        """Return which secrets stand in a text, plain or quoted for a URL, JSON, or a header."""
        forms = {
            name: {
                secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1],
                *(base64.b64encode(f"{user}:{secret}".encode()).decode()[:-4] for user in (self.member.user, "gate")),
            }
            for name, secret in self.secrets.items()
        }  # fmt: skip
        return [name for name, shapes in forms.items() if any(shape.encode() in text for shape in shapes)]

    def files(self) -> list[str]:
        """Return what files hold that they must not, and which of those that may hold something others can read."""
        wrong = []
        for path in [*self.member.home.rglob("*"), *self.temporary.rglob("*")]:
            if not path.is_file() or path.is_symlink():
                continue
            found = {name.partition(" ")[0] for name in self.found(path.read_bytes())}
            mode = stat.S_IMODE(path.stat().st_mode)
            if found - self.may_hold.get(path.name, set()) or (found and mode != 0o600):
                wrong.append(f"{path} ({mode:04o}): {', '.join(sorted(found))}")
        return wrong
