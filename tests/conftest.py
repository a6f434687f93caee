"""A real devpi-server on loopback, clients with homes of their own, and projects to upload."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pexpect
import pytest

from devpi_cli.access import Access
from devpi_cli.api import Server, discover
from devpi_cli.errors import Unreachable
from devpi_cli.process import start
from devpi_cli.registry import UNSTRETCHED
from devpi_cli.session import Session
from devpi_cli.state import State
from tests.hostile import cases
from tests.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# A keyring of its own for every home, a file: no test asks the one of whoever runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyrings.alt.file.PlaintextKeyring"
DEVPI = [sys.executable, "-m", "devpi_cli"]
# devpi-server hashes passwords slowly on purpose; here that would be most of the time.
QUICK_SERVER = """
from devpi_server import auth, main
auth.pwd_context.update(argon2__memory_cost=8, argon2__parallelism=1, argon2__time_cost=1)
main.main()
"""
# Its secret needs no stretching, and nobody searches here: no index of all words is written after each upload.
QUICK = {**UNSTRETCHED, "DEVPISERVER_INDEXER_BACKEND": "null"}
COMMAND_SECONDS = 120
# uv and tox are beside the Python that runs the tests, which need not be on the PATH.
WITH_PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
NOT_LOGGED_IN = (
    "not logged in: type 'devpi login USER' "
    "(looked at the environment, the state file, the keyring, ~/.pypirc and ~/.netrc)"
)
zygote = Zygote()
# What the machine that runs the tests must not decide.
FOREIGN = re.compile(
    r"DEVPI_|XDG_|UV_|VIRTUAL_ENV$|CI$|NO_COLOR$|FORCE_COLOR$|PIP_CONFIG_FILE$|(https?|all)_proxy$"
    r"|NETRC$|(SSL_CERT_FILE|SSL_CERT_DIR|PIP_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|WORKON_HOME)$",
    re.I,
)


def pytest_configure() -> None:
    """Choose the seed of the hostile cases before there is more than one process."""
    cases.seed()


def pytest_xdist_auto_num_workers() -> int:
    """Half of the time a test waits for a server, a program, or a fault: one process more than there are cores."""
    return (os.cpu_count() or 1) + 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    if said := cases.summary(iter(reports)):
        terminalreporter.write_line(said)
    told = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == "cell"]
    if told:
        from tests.faults.matrix import summary

        terminalreporter.section("commands x faults")
        for line in summary(told):
            terminalreporter.write_line(line)


def one_by_one(access: Access | None = None) -> Session:
    """Return a session that leaves no connection open behind a request, and that no proxy of this machine sees."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return Session(access, transport=httpx.HTTPTransport(verify=False, limits=limits))


@dataclass
class Live:
    """A devpi-server that runs while the tests do."""

    url: str
    log: Path

    def connect(self, user: str | None = None, password: str = "") -> Server:
        """Return the protocol's view of the server, logged in if there is a user."""
        login = Server(self.url, one_by_one()).login(user, password) if user else None
        session = one_by_one(Access(self.url, (login.user, login.token) if login else None))
        return Server(self.url, session, discover(session, self.url).features)

    @contextmanager
    def requests(self) -> Iterator[list[str]]:
        """Collect ``METHOD /path`` of every request that the server gets inside the block."""
        before = self.log.stat().st_size
        seen: list[str] = []
        yield seen
        with self.log.open("rb") as log:
            log.seek(before)
            seen += re.findall(r"\[req\d+\] ([A-Z]+ \S+)", log.read().decode())


def start_server(
    folder: Path,
    *init: str,
    options: tuple[str, ...] = (),
    program: str = QUICK_SERVER,
    scripts: Path = Path(sys.executable).parent,
) -> tuple[Live, int]:
    """Make and start a devpi-server on a free port; return it and its process id."""
    folder.mkdir(exist_ok=True)
    subprocess.run([scripts / "devpi-init", "--serverdir", folder / "data", *init], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    live = Live(f"http://127.0.0.1:{port}/", folder / "server.log")

    def answers() -> bool:
        try:
            return bool(discover(one_by_one(), live.url))
        except Unreachable:
            return False

    command = [str(scripts / "python"), "-c", program, "--serverdir", str(folder / "data"), "--host", "127.0.0.1"]
    command += ["--port", str(port), *options]
    return live, start(command, log=live.log, ready=answers, seconds=60, extra=QUICK)


@contextmanager
def running_server(folder: Path, *init: str, **how: Any) -> Iterator[Live]:
    """Make a devpi-server, start it as ``start_server`` does, and stop it by its process id."""
    live, pid = start_server(folder, *init, **how)
    try:
        yield live
    finally:
        os.kill(pid, signal.SIGTERM)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server without mirrors; ``root`` has an empty password."""
    with running_server(tmp_path_factory.mktemp("server"), "--no-root-pypi") as live:
        yield live


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Live]:
    """A server for one test alone, for what lists all users or changes root."""
    with running_server(tmp_path / "own-server", "--no-root-pypi") as live:
        yield live


@pytest.fixture(scope="session", autouse=True)
def _no_zygote_is_left() -> Iterator[None]:
    """What forks commands is started by the first of them."""
    yield
    zygote.stop()


@pytest.fixture
def new_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Session]]:
    """Make sessions that are closed after the test and know no proxy."""
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


@dataclass
class Result:
    """What a command printed, and its exit status."""

    stdout: str
    stderr: str
    status: int

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


@dataclass
class Client:
    """The devpi command of somebody with a home of their own."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = tuple(DEVPI)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
        return {**kept, "HOME": str(self.home), "COLUMNS": "80", "NO_PROXY": "*", **self.env}

    @property
    def state_file(self) -> Path:
        return self.home / ".local/state/devpi-cli/state.json"

    @property
    def state(self) -> State:
        return State.load(self.state_file)

    def __call__(
        self,
        *arguments: object,
        stdin: str | None = None,
        cwd: Path | None = None,
        seconds: float = COMMAND_SECONDS,
        **env: str,
    ) -> Result:
        """Run a command without a terminal."""
        typed, environment, place = list(map(str, arguments)), {**self.environment, **env}, cwd or self.home
        code = self.command[2] if self.command[:2] == (sys.executable, "-c") else ""
        if (code or self.command == tuple(DEVPI)) and zygote.serves(environment):
            running = zygote.start(typed, env=environment, cwd=place, code=code)
            return Result(*running.communicate(stdin or "", seconds))
        done = subprocess.run(
            [*self.command, *typed],
            cwd=place,
            env=environment,
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Result(done.stdout, done.stderr, done.returncode)

    def ok(self, *arguments: object, **settings: Any) -> list[str]:
        """Run a command that has to succeed without a word on stderr; return its lines."""
        result = self(*arguments, **settings)
        assert (result.stderr, result.status) == ("", 0)
        return result.lines

    def fails(self, *arguments: object, **settings: Any) -> tuple[int, str]:
        """Run a command that has to fail without a result; return its exit status and what it said."""
        result = self(*arguments, **settings)
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.status, result.stderr

    def at_terminal(self, *arguments: object, typed: Sequence[str] = ()) -> tuple[int, list[str]]:
        """Run a command at a terminal and type lines, each when a question stands there.

        Return its exit status and all lines of the terminal; what is typed shows, passwords do not.
        """
        child = pexpect.spawn(
            self.command[0],
            [*self.command[1:], *map(str, arguments)],
            cwd=str(self.home),
            env={**self.environment, "NO_COLOR": "1"},
            encoding="utf-8",
            timeout=60,
        )
        shown = ""
        for line in typed:
            child.expect(r"(:|\?) $")
            shown += child.before + child.after
            child.sendline(line)
        child.expect(pexpect.EOF)
        child.close()
        return child.exitstatus, (shown + child.before).splitlines()


@dataclass(kw_only=True)
class Member(Client):
    """A client that is logged in, with an index ``dev`` in use."""

    user: str
    password: str
    server: Server

    @property
    def index(self) -> str:
        return f"{self.user}/dev"

    @property
    def index_url(self) -> str:
        return f"{self.server.root}{self.index}"


@pytest.fixture
def devpi(tmp_path: Path) -> Client:
    """A client that has never been used."""
    (tmp_path / "home").mkdir()
    return Client(tmp_path / "home")


@pytest.fixture
def at_server(devpi: Client, server: Live) -> Client:
    """A client that uses the server, and is not logged in."""
    with devpi.state.changing() as state:
        state.server = server.url
        state.at(server.url).features = list(server.connect().features)
    return devpi


_numbers = itertools.count(1)


def make_member(server: Live, folder: Path, user: str) -> Member:
    """Make a user with an index ``dev``, and a client of theirs."""
    password = f"secret of {user}"
    server.connect().create_user(user, {"password": password})
    connected = server.connect(user, password)
    connected.create_index(f"{user}/dev", {"bases": ""})
    home = folder / user
    home.mkdir()
    member = Member(home=home, user=user, password=password, server=connected)
    with member.state.changing() as state:
        state.server, state.index = server.url, member.index
        known = state.at(server.url)
        known.user, known.features = user, list(connected.features)
        known.logins[user] = connected.login(user, password)
    return member


@pytest.fixture
def new_member(tmp_path: Path, server: Live) -> Callable[[], Member]:
    """Make a user with an index ``dev``, and a client of theirs."""
    return lambda: make_member(server, tmp_path, f"user{next(_numbers)}")


@pytest.fixture
def member(new_member: Callable[[], Member]) -> Member:
    """A user with an index ``dev``, logged in, using it."""
    return new_member()


def make_wheel(folder: Path, name: str = "demo", version: str = "1.0", metadata: str = "") -> Path:
    """Write a small wheel that pip can install."""
    module = name.replace("-", "_")
    path = folder / f"{module}-{version}-py3-none-any.whl"
    info = f"{module}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{module}.py", f"version = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def make_project(folder: Path, name: str = "demo-pkg", version: str = "1.0") -> Path:
    """Write a project that builds without the network."""
    folder.mkdir(exist_ok=True)
    module = name.replace("-", "_")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
    )
    shutil.copy(Path(__file__).with_name("backend.py"), folder)
    (folder / f"{module}.py").write_text(f"version = {version!r}\n")
    return folder


def put(server: Server, index: str, version: str, name: str = "demo") -> str:
    """Put a release with one small file on an index and return the file's URL; any text can be its version."""
    fields = {"metadata_version": "2.1", "name": name, "version": version, "filetype": "sdist", "pyversion": "source"}
    content, file = f"{name} {version}".encode(), f"{name}-{version}.tar.gz"
    server.upload(index, fields, file, BytesIO(content))
    digest = sha256(content).hexdigest()
    return f"{server.url(index)}/+f/{digest[:3]}/{digest[3:16]}/{file}"


@pytest.fixture
def not_devpi() -> Iterator[str]:
    """The root URL of a web server that is no devpi: it answers 404, and a page at its root."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<h1>Hello</h1>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}/"
        web.shutdown()
        thread.join()


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The wheel ``demo-1.0-py3-none-any.whl``."""
    return make_wheel(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project, ``demo-pkg`` 1.0, in a folder of its own."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip, and nothing else."""
    folder = tmp_path_factory.mktemp("venv") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder
