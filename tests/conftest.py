"""Fixtures: a real devpi-server on loopback, clients with separate homes, and projects to upload."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from devpi_cli.http.session import Session
from tests.contracts import situations
from tests.hostile import cases
from tests.support.argv import sampled
from tests.support.clients import Client, Member, make_member, zygote
from tests.support.dists import make_project, make_wheel
from tests.support.pips import venv_with
from tests.support.postgres import PASSWORD as POSTGRES_PASSWORD
from tests.support.serverdirs import ROOT_PASSWORD, stock
from tests.support.servers import Live, left_running, running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


# Every home has a keyring file of its own: no test uses the keyring of the person who runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyrings.alt.file.PlaintextKeyring"


def pytest_configure() -> None:
    """Choose the seeds of what is drawn at random before worker processes start; let Ctrl-C reach the commands.

    A shell ignores SIGINT for what it runs in the background, and so do its children.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cases.seed()
    situations.seed()


def pytest_xdist_auto_num_workers() -> int:
    """Use one process more than there are cores: tests spend half of their time waiting."""
    return (os.cpu_count() or 1) + 1


# What tests record as properties, by name: a heading, and the module whose ``summary`` makes lines of the values.
TABLES = {
    "cell": ("commands x faults", "tests.faults.matrix"),
    "attack": ("attacks, and what the victim saw", "tests.attacks.table"),
    "dry runs": ("dry runs", "tests.contracts.situations"),
    "side by side": ("devpi-server's programs, and ours", "tests.hosting.side_by_side"),
    "kill": ("server commands that were killed, and what was there", "tests.support.kills"),
    "argv": ("arguments of what the server commands run", "tests.support.argv"),
    "login": ("one login everywhere: behind which lock each program installs or uploads", "tests.support.programs"),
    "corpus": ("real files, and what became of them", "tests.parity.stored"),
    "theirs": ("functional tests of devpi-client", "tests.parity.reasons"),
}
# Passwords that the tests of the server commands set.
SECRETS = (ROOT_PASSWORD, "the password", "a password of root", "another one", "password of alice", POSTGRES_PASSWORD)
COMPARED = "compared"  # a line of its own


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    last = [report for report in reports if getattr(report, "when", None) == "teardown"]  # has all, the others repeat
    told: dict[str, list[Any]] = {}
    for name, value in (pair for report in last for pair in report.user_properties):
        told.setdefault(name, []).append(value)
    for line in filter(None, [cases.summary(iter(reports)), *dict.fromkeys(told.get(COMPARED, ()))]):
        terminalreporter.write_line(line)
    for name, (heading, module) in TABLES.items():
        if name in told:
            terminalreporter.section(heading)
            for line in import_module(module).summary(told[name]):
                terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _no_child_of_a_server_command_is_told_a_secret(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Iterator[None]:
    """Sample the arguments of all processes during the tests of the server commands."""
    name = request.path.stem
    if not (name.startswith("test_server") or name == "test_postgres"):
        yield
        return
    with sampled() as argv:
        yield
    found = argv.with_secret(SECRETS)
    row = [
        name.removeprefix("test_").removeprefix("server_"),
        " ".join(argv.programs()),
        len(argv.of_children),
        len(found),
    ]
    record_property("argv", row)
    assert found == []


@pytest.fixture
def attack(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Record an attack for the table: its kind, what was tried, what the victim saw."""
    return lambda kind, tried, seen: record_property("attack", [kind, tried, seen])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server without mirrors; ``root`` has an empty password."""
    with running_server(tmp_path_factory.mktemp("server"), "--no-root-pypi") as live:
        yield live


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Live]:
    """A server for a single test, for commands that list all users or change root."""
    with running_server(tmp_path / "own-server", "--no-root-pypi") as live:
        yield live


@pytest.fixture(scope="session")
def stocked_serverdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server that does not run, with one of everything; tests copy it."""
    return stock(tmp_path_factory.mktemp("stocked") / "server")


@pytest.fixture(scope="session", autouse=True)
def _no_server_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stop every devpi-server that a test started and did not stop, and fail for it."""
    yield
    left = left_running(tmp_path_factory.getbasetemp())
    assert not left, f"devpi-servers that no test stopped: {left}"


@pytest.fixture(scope="session", autouse=True)
def _no_zygote_is_left() -> Iterator[None]:
    """Stop the process that forks commands; the first command starts it."""
    yield
    zygote.stop()


@pytest.fixture
def new_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Session]]:
    """Create sessions without a proxy, closed after the test."""
    monkeypatch.setenv("NO_PROXY", "*")
    made: list[Session] = []

    def make(*arguments: Any, **named: Any) -> Session:
        made.append(Session(*arguments, **named))
        return made[-1]

    yield make
    for session in made:
        session.close()


@pytest.fixture
def session(new_session: Callable[..., Session]) -> Session:
    return new_session()


@pytest.fixture
def devpi(tmp_path: Path) -> Client:
    """A client that has never been used."""
    (tmp_path / "home").mkdir()
    return Client(tmp_path / "home")


@pytest.fixture
def at_server(devpi: Client, server: Live) -> Client:
    """A client that uses the server but is not logged in."""
    with devpi.state.changing() as state:
        state.server = server.url
        state.at(server.url).features = list(server.connect().features)
    return devpi


_numbers = itertools.count(1)


@pytest.fixture
def new_member(tmp_path: Path, server: Live) -> Callable[[], Member]:
    """Create a user with an index ``dev``, and a client for them."""
    return lambda: make_member(server, tmp_path, f"user{next(_numbers)}")


@pytest.fixture
def member(new_member: Callable[[], Member]) -> Member:
    """A logged-in user who uses their index ``dev``."""
    return new_member()


@pytest.fixture
def not_devpi() -> Iterator[str]:
    """The root URL of a web server that is not devpi: a page at its root, and 404 elsewhere."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<h1>Hello</h1>")

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}/"
        web.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    """A CA that nobody but the test knows."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def ca_folder(ca_file: Path) -> Path:
    """Where OpenSSL finds the CA by its hash."""
    folder = ca_file.parent / "folder"
    folder.mkdir()
    digest = subprocess.check_output(["openssl", "x509", "-hash", "-noout", "-in", ca_file], text=True).strip()
    (folder / f"{digest}.0").write_bytes(ca_file.read_bytes())
    return folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this process."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    return place


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The wheel ``demo-1.0-py3-none-any.whl``."""
    return make_wheel(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project, ``demo-pkg`` 1.0, in a folder of its own."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture
def pips(shared: Path) -> Callable[[str], Path]:
    """Return a virtual environment with a pip of a version of ``support/pips.py``."""
    return lambda version: venv_with(version, shared)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment without pip."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


@pytest.fixture(scope="session")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip, and nothing else."""
    folder = tmp_path_factory.mktemp("venv") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder
