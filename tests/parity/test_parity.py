"""devpi-client 7.3.0 and this client, side by side: the same command lines, each against a server of its own.

Both begin with an empty home and an empty server. After every command stdout and success are compared, and what the
servers hold. Every intended difference stands in this file with its reason.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from devpi_cli.cli.main import devpi
from tests.support.clients import Client
from tests.support.dists import make_project, make_wheel
from tests.support.servers import Live, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A failure prints to stderr here, to stdout there (V8): of commands that fail only the failure is compared.

# What devpi-client prints on stdout, and why it stands elsewhere, or nowhere, here.
LEFT_OUT = {
    r"Are you sure \(yes/no\)\? .*": "a question is no result: stderr",
    r"using workdir .*": "the folder is private and gone afterwards",
    r"pre-build: cleaning .*": "nothing in dist/ is deleted (V22)",
    r"The --formats option is deprecated.*": "a warning: stderr",
    r"Warning: insecure http host.*": "127.0.0.1 is this machine (V7)",
    r"\d+ older versions not shown, use --all to see": "a note: stderr, so that the list can be piped",
    r"\*redirected from .* to .*": "canonical names are asked for, which costs no redirect (V32)",
    r"Refreshed .*": "said of what is really refreshed only (V9); no index here is a mirror",
    r"copied repo .* to .*": "the history is not copied",
    r"": "an empty line at the end",
}
# Words that differ in lines that both print.
RENAMED = {
    r"~/\.devpi/client/current\.json": "STATE",  # one state file, with another name and place
    r"~/\.local/state/devpi-cli/state\.json": "STATE",
    r"devpi-client 7\.3\.0": "VERSION",
    r"devpi-cli [\d.]+": "VERSION",
}


@dataclass(frozen=True)
class Line:
    """A command line, and why its stdout or its success is meant to differ."""

    typed: str
    stdout_differs: str = ""
    success_differs: str = ""


THEIR_COMMANDS = [
    *("use", "getjson", "patchjson", "list", "remove", "user", "passwd", "login"),
    *("logoff", "logout", "index", "upload", "test", "push", "install", "refresh"),
]
TIMES = ("created", "modified")
CHANGE = ("user", "index", "patchjson", "upload", "push", "remove")
SLASH = "the URL that is posted to ends in a slash, also with --index"

LINES = [
    Line("use"),
    Line("use http://HOST"),
    Line("user -c alice password=secret123 email=a@example.com"),
    Line("user -c alice password=secret123"),
    Line("user -c bob password=secret123"),
    Line("login alice --password=wrong"),
    Line("login alice --password=secret123"),
    Line("index -c base bases="),
    Line("index -c dev bases=alice/base"),
    Line("index -c dev bases=alice/base"),
    Line("index -c frozen bases= volatile=False"),
    Line("index -c wrong bases=no/where"),
    Line("use alice/dev"),
    Line("use dev"),
    Line("use /alice/dev/"),
    Line("use nobody/nothing"),
    Line("use -l"),
    Line("use -l -u alice"),
    Line("use --urls"),
    Line("index"),
    Line("index dev"),
    Line("index alice/base"),
    Line("index --no-projects"),
    Line("index -l"),
    Line("index -l bob"),
    Line("index nothere"),
    Line("index dev acl_upload+=bob mirror_whitelist=one,two"),
    Line("index dev acl_upload-=bob mirror_whitelist-=two"),
    Line("index dev title=Development"),
    Line("index dev mirror_whitelist= title="),
    Line("index dev nonsense=1"),
    Line("index dev volatile"),
    Line("user"),
    Line("user alice"),
    Line("user -l"),
    Line("user nobody"),
    Line("user alice email=b@example.com"),
    Line("user alice nonsense=1", "a key that the server drops is refused (V29)", "refused (V29)"),
    Line("user -m alice password=secret123"),
    Line("getjson /"),
    Line("getjson /alice"),
    Line("getjson /alice/dev"),
    Line("getjson http://HOST/alice/dev"),
    Line("getjson /alice/nothere"),
    Line("patchjson /alice/dev patch.json"),
    Line("patchjson /alice/dev missing.json"),
    Line("upload demo-1.0-py3-none-any.whl"),
    Line("upload --dry-run demo-1.1-py3-none-any.whl"),
    Line("upload demo-1.1-py3-none-any.whl demo-1.2.dev1-py3-none-any.whl"),
    Line("upload --from-dir --only-latest wheels"),
    Line("upload --from-dir wheels"),
    Line("upload wheels"),
    Line("upload missing.whl"),
    Line("upload --index alice/base demo-1.0-py3-none-any.whl"),
    Line("upload --index frozen demo-1.0-py3-none-any.whl", SLASH),
    Line("upload --index frozen demo-1.0-py3-none-any.whl", SLASH),
    Line("upload --no-vcs --no-isolation"),
    Line("list"),
    Line("list -v"),
    Line("list -v --all"),
    Line("list demo"),
    Line("list demo --all"),
    Line("list demo>1.0"),
    Line("list demo==1.0"),
    Line("list demo==1.0 --ignore-bases", "its URLs end in ?ignore_bases=, which is no part of a file's"),
    Line("list Demo"),
    Line("list many"),
    Line("list many --all"),
    Line("list demo==9", success_differs="nothing matches: exit 4 (V17)"),
    Line("list nothere"),
    Line("list --index alice/base"),
    Line("list --index base demo"),
    Line("list --index nobody/nothing"),
    Line("push demo==1.1 alice/base"),
    Line("push demo==1.1 alice/frozen"),
    Line("push demo==7 alice/base"),
    Line("push demo==1.1 alice/nothere"),
    Line("push --no-docs demo==1.1 alice/base"),
    Line("push nothere==1.0 alice/base"),
    Line("refresh demo"),
    Line("list -t demo==1.1"),
    Line("list -f demo==1.1"),
    Line("remove -y demo==1.1"),
    Line("remove -y demo==7"),
    Line("remove -y nothere"),
    Line("remove -y --index frozen demo==1.0"),
    Line("remove -y -f --index frozen demo==1.0"),
    Line("remove -y many>1"),
    Line("remove -y many"),
    Line("list"),
    Line("login bob --password=secret123"),
    Line("use"),
    Line("upload demo-1.0-py3-none-any.whl"),
    Line("index -y --delete alice/dev"),
    Line("login alice --password=secret123"),
    Line("index -y --delete base"),
    Line("index --delete dev kill=1"),
    Line("index -y --delete dev"),
    Line("index -y --delete frozen"),
    Line("user -y --delete bob"),
    Line("logoff"),
    Line("logoff"),
    Line("logout"),
    Line("use --delete"),
    Line("use --delete"),
    Line("--version"),
]


@dataclass
class Side:
    """One client, in a folder of its own, with a server of its own."""

    client: Client
    server: Live
    folder: Path

    def run(self, line: Line) -> tuple[str, bool]:
        """Run a command line; return its stdout with what may differ evened out, and whether it succeeded."""
        typed = shlex.split(line.typed.replace("HOST", self.server.url.split("/")[2]))
        result = self.client(*typed, cwd=self.folder, PYTHONWARNINGS="ignore")
        return self.even(result.stdout), result.status == 0

    def even(self, text: str) -> str:
        text = text.replace(self.server.url.rstrip("/"), "http://HOST").replace(str(self.client.home), "~")
        text = re.sub(r" +$", "", text, flags=re.MULTILINE)
        text = re.sub(r"\+f/\w{3}/\w{13}/|\d{4}-\d\d-\d\dT[\d:]+Z", "*", text)
        text = re.sub(r"--> .*? -m build", "--> PYTHON -m build", text)
        for words, name in RENAMED.items():
            text = re.sub(words, name, text)
        kept = [line for line in text.splitlines() if not any(re.fullmatch(left, line) for left in LEFT_OUT)]
        return "\n".join(kept)

    def holdings(self) -> str:
        """What the server holds: users, indexes, releases and the names of their files."""
        everything: dict[str, object] = {}
        server = self.server.connect()
        for user in server.users():
            everything[user.name] = {key: value for key, value in user.config.items() if key not in TIMES}
            for index in user.indexes:
                projects = server.index(index.name).projects
                files = [link.name for name in projects for r in server.releases(index.name, name) for link in r.links]
                everything[index.name] = [index.config, sorted(files)]
        return json.dumps(everything, indent=1, sort_keys=True)


@pytest.fixture
def sides(devpi_client: Path, tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """devpi-client and this client, each with the same files to work with."""
    with (
        running_server(tmp_path / "a", "--no-root-pypi") as theirs,
        running_server(tmp_path / "b", "--no-root-pypi") as ours,
    ):
        yield (
            Side(
                Client(_home(tmp_path / "theirs"), command=(str(devpi_client),)),
                theirs,
                _folder(tmp_path / "their-files"),
            ),
            Side(Client(_home(tmp_path / "ours")), ours, _folder(tmp_path / "our-files")),
        )


def _home(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _folder(folder: Path) -> Path:
    make_project(folder, "proj")
    for version in ("1.0", "1.1", "1.2.dev1"):
        make_wheel(folder, version=version)
    (folder / "wheels").mkdir()
    for version in ("1", "2", "3", "4", "5"):
        make_wheel(folder / "wheels", "many", version)
    (folder / "patch.json").write_text('["title=Patched"]')
    return folder


def test_both_clients_do_and_print_the_same(sides: tuple[Side, Side]) -> None:
    theirs, ours = sides
    differences = []
    for line in LINES:
        their_stdout, their_success = theirs.run(line)
        our_stdout, our_success = ours.run(line)
        if their_success and our_success and (their_stdout != our_stdout) != bool(line.stdout_differs):
            differences.append(f"$ devpi {line.typed}\n--- devpi-client\n{their_stdout}\n+++ ours\n{our_stdout}")
        if (their_success != our_success) != bool(line.success_differs):
            differences.append(f"$ devpi {line.typed}\nsuccess: theirs {their_success}, ours {our_success}")
        if line.typed.split()[0] in CHANGE and ours.holdings() != theirs.holdings():
            differences.append(f"$ devpi {line.typed}\n{theirs.holdings()}\n{ours.holdings()}")
    assert differences == []


@pytest.mark.parametrize("command", THEIR_COMMANDS)
def test_every_option_of_devpi_client_is_known(devpi_client: Path, command: str) -> None:
    done = subprocess.run([devpi_client, command, "--help"], capture_output=True, text=True, check=True)
    rows = re.findall(r"^  (-\S.*?)(?:  |$)", done.stdout, re.MULTILINE)
    theirs = {option for row in rows for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", row)} - {"-h", "--help"}
    _, ours, _ = devpi.resolve_command(devpi.make_context("devpi", ["--help"], resilient_parsing=True), [command])
    assert ours is not None
    known = {name for option in ours.params for name in (*option.opts, *option.secondary_opts)}
    assert theirs - known == set()


def test_every_command_of_devpi_client_is_known(devpi_client: Path) -> None:
    done = subprocess.run([devpi_client, "--help"], capture_output=True, text=True, check=True)
    found = re.search(r"\{([a-z,]+)\}", done.stdout)
    assert found
    assert set(found[1].split(",")) == set(THEIR_COMMANDS) <= set(devpi.commands)
