"""Upload the same files with devpi-client, twine and this client; compare what the server stores of each."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from devpi_cli.models import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.support.clients import Member

# Each runs the other client's own command for each file, in one process because starting it takes longest.
THEIR_UPLOADS = """
import json, sys, warnings
warnings.simplefilter("ignore")
{imports}
for index, file in json.load(open(sys.argv[1])):
    try:
        {command}
    except (Exception, SystemExit) as error:
        print("FAILED", type(error).__name__, str(error)[:100], file=sys.stderr)
"""
DEVPI_CLIENT = THEIR_UPLOADS.format(
    imports="from devpi.main import main", command='main(["devpi", "upload", "--index", index, file])'
)
TWINE = THEIR_UPLOADS.format(
    imports="from twine.cli import dispatch",
    command='dispatch(["upload", "--repository-url", sys.argv[2] + index + "/", file])',
)
NOTHING = "UNKNOWN"


def summary(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the lines of a table of rows, as a test has recorded them."""
    width = max(len(row[0]) for row in rows)
    lines = [f"{'file':{width}}  devpi-client  twine  ours  worse / more than with devpi-client"]
    for name, *arrived, worse, more in rows:
        theirs, twine, ours = ("yes" if each else "-" for each in arrived)
        fields = f"{', '.join(worse) or '-'} / {', '.join(more) or '-'}"
        lines.append(f"{name:{width}}  {theirs:12}  {twine:5}  {ours:4}  {fields}")
    counted = [sum(row[place] for row in rows) for place in (1, 2, 3)]
    return [
        *lines,
        f"{len(rows)} files: {counted[0]} with devpi-client, {counted[1]} with twine, {counted[2]} with ours",
    ]


@dataclass
class Row:
    """What became of a file."""

    file: str
    theirs: bool
    twine: bool
    ours: bool
    worse: list[str] = field(default_factory=list)
    """The fields of which another client makes the server store more."""
    more: list[str] = field(default_factory=list)
    """Those of which this client does, compared with devpi-client."""

    @property
    def is_good(self) -> bool:
        return self.worse == [] and (self.ours or not (self.theirs or self.twine))


_numbers = itertools.count(1)


@dataclass
class Trio:
    """Three clients of one user."""

    member: Member
    devpi_client: Path
    folder: Path

    def upload(self, files: Sequence[Path]) -> Iterator[Row]:
        """Upload each file with each client to an index of its own, and compare."""
        numbered = [(next(_numbers), file) for file in files]
        for (number, _), who in itertools.product(numbered, ("devpi", "twine", "ours")):
            self.member.server.create_index(f"{self.member.user}/{who}{number}", {"bases": ""})
        self._with_devpi_client([(f"{self.member.user}/devpi{number}", str(file)) for number, file in numbered])
        self._with_twine([(f"{self.member.user}/twine{number}", str(file)) for number, file in numbered])
        for number, file in numbered:
            self.member("upload", "--index", f"ours{number}", file)
            theirs, twine, ours = (self._stored(f"{who}{number}", file) for who in ("devpi", "twine", "ours"))
            worse = [name for other in (theirs, twine) for name in other if not _is_as_good(name, ours, other)]
            more = [name for name in ours if not theirs.get(name) and ours[name]] if theirs else []
            yield Row(file.name, bool(theirs), bool(twine), bool(ours), sorted({*worse}), sorted(more))

    def _with_devpi_client(self, uploads: list[tuple[str, str]]) -> None:
        environment = {**os.environ, "HOME": str(self.folder), "NO_PROXY": "*"}
        login = ["login", self.member.user, f"--password={self.member.password}"]
        for command in (["use", self.member.server.root], login):
            subprocess.run([self.devpi_client, *command], env=environment, check=True, capture_output=True)
        self._run(self.devpi_client.with_name("python"), DEVPI_CLIENT, uploads, environment)

    def _with_twine(self, uploads: list[tuple[str, str]]) -> None:
        login = {"TWINE_USERNAME": self.member.user, "TWINE_PASSWORD": self.member.password}
        environment = {**os.environ, **login, "HOME": str(self.folder), "NO_PROXY": "*", "TWINE_NON_INTERACTIVE": "1"}
        self._run(sys.executable, TWINE, uploads, environment)

    def _run(self, python: str | Path, code: str, uploads: list[tuple[str, str]], environment: dict[str, str]) -> None:
        (self.folder / "uploads.json").write_text(json.dumps(uploads))
        command = [python, "-c", code, self.folder / "uploads.json", self.member.server.root]
        subprocess.run(command, env=environment, check=True, capture_output=True)

    def _stored(self, index: str, file: Path) -> dict[str, Any]:
        """Return the metadata of the only release on an index, none without a file, which has to be the one sent."""
        root = f"{self.member.server.root}{self.member.user}/{index}"
        asked = {"headers": {"Accept": "application/json"}, "trust_env": False}
        for project in httpx.get(root, **asked).json()["result"]["projects"]:  # type: ignore[arg-type]
            releases = httpx.get(f"{root}/{project}", **asked).json()["result"]  # type: ignore[arg-type]
            for release in releases.values():
                for link in release.pop("+links", []):
                    assert link["href"].rpartition("/")[2] == file.name
                    assert httpx.get(link["href"], trust_env=False).content == file.read_bytes()
                    return dict(release)
        return {}


def _is_as_good(name: str, ours: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Return True if a field has all that the other client stored: line ends and blanks do not matter."""
    if not ours or not _some(others[name]):
        return True  # that the whole is not there is another matter
    if name == "name":
        return normalised(ours[name]) == normalised(others[name])
    read = (others[name], _read_as_utf8(others[name]))
    if isinstance(ours[name], str) and name != "description" and _flat(others[name]) in _flat(ours[name]):
        return True  # more lines of the same
    return any(same(ours[name]) == same(other) for same in (_flat, _words) for other in read)


def _some(value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return any(text.strip() not in ("", NOTHING) for text in texts)


def _flat(value: Any) -> str:
    """Return a text without differences in blanks, and without the bars of PEP 345."""
    text = "\n".join(value) if isinstance(value, list) else value
    return " ".join(re.sub(r"^ {7}\|", "", text, flags=re.MULTILINE).split())


def _words(value: Any) -> Any:
    """Return keywords without differences in the blanks after commas, and lists without their order."""
    return sorted(value) if isinstance(value, list) else re.split(r"\s*,\s*", value)


def _read_as_utf8(value: Any) -> Any:
    """Return a text as it should be that devpi-client read as Latin-1, because some of it was."""
    if isinstance(value, list):
        return [_read_as_utf8(text) for text in value]
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
