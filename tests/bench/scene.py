"""The setup for all measurements: both clients in separate environments, and near, distant and canned servers."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from devpi_cli.state.store import State
from tests.bench.canned import can_index
from tests.bench.cost import environment, once
from tests.bench.distance import line_to
from tests.support.dists import make_wheel, put
from tests.support.servers import running_server
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.server.api import Server
    from tests.bench.cost import Cost
    from tests.support.webservers import Front

CHECKOUT = Path(__file__).parents[2]
FAR_SECONDS = 0.05
INDEX = "root/dev"
MANY = "root/many"
MANY_PROJECTS = 200
FEW_PROJECTS = 20
REST_SECONDS = 60
PASSWORD = "a password of the bench"
USUAL_SERVER = "from devpi_server.main import main; main()"


@dataclass(frozen=True)
class Program:
    """A command line, and the home of who types it."""

    words: tuple[object, ...]
    home: Path
    compiled: Path

    def run(self) -> Cost:
        return once(self.words, {**environment(self.home), "PYTHONPYCACHEPREFIX": str(self.compiled)})


@dataclass
class Scene:
    """Programs, servers and folders. Every place (``near``, ``far``, ``many``, ``canned``) is a home of its own.

    The server behind ``near``, ``far`` and ``many`` checks passwords quickly, ``guarded`` as devpi-server usually does.
    """

    folder: Path
    ours: Path
    theirs: Path
    server: Server
    guarded: Server
    canned: Front

    def at(self, place: str, *words: object) -> Program:
        """Return any program as somebody at a place runs it."""
        return Program(words, self.folder / place, self.folder / "compiled")

    def devpi(self, place: str, *words: object) -> Program:
        return self.at(place, self.ours / "devpi", *words)

    def devpi_client(self, place: str, *words: object) -> Program:
        return self.at(place, self.theirs / "devpi", *words)

    def python(self, code: str) -> Program:
        return self.at("blank", self.ours / "python", "-c", code)

    def with_password(self, prefix: str, *words: object) -> Program:
        """Return a program that takes the login at ``guarded`` from variables, and remembers nothing."""
        user = f"{prefix}_USER" if prefix == "DEVPI" else f"{prefix}_USERNAME"
        return self.at("blank", "env", f"{user}=root", f"{prefix}_PASSWORD={PASSWORD}", *words)

    @property
    def token(self) -> str:
        """What proves to the server nearby that root asks."""
        login = State.load(self.folder / "near/.local/state/devpi-cli/state.json").login(self.server.root)
        assert login
        return login.token

    def fresh_index(self, *versions: str, server: Server | None = None) -> None:
        """Make the index in use anew, with these versions of ``demo`` on it."""
        server = server or self.server
        server.delete_index(INDEX)
        server.create_index(INDEX, {"bases": ""})
        for version in versions:
            put(server, INDEX, version)
        self.rest(server)

    def rest(self, server: Server | None = None) -> None:
        """Wait until a server has done what it does after a change: it would be measured with what comes next."""
        server = server or self.server
        for _ in range(REST_SECONDS * 20):
            status = server.session.request("GET", server.url("+status")).result
            if status["event-serial"] == status["serial"]:
                return
            time.sleep(0.05)
        raise AssertionError("the server does not come to rest")

    def wheels(self, count: int) -> Path:
        """Return a folder with so many small wheels."""
        folder = self.folder / f"{count} wheels"
        if not folder.exists():
            folder.mkdir()
            for number in range(count):
                make_wheel(folder, f"small{number}")
        return folder


def install(folder: Path, *packages: object) -> Path:
    """Make a virtual environment and return where its programs are."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / "bin"
    subprocess.run([programs / "python", "-m", "pip", "install", "-qq", *packages], check=True)
    return programs


@contextmanager
def a_scene(folder: Path, *theirs: str) -> Iterator[Scene]:
    """Install both clients, start the servers, and log both clients in everywhere."""
    ours = install(folder / "ours", CHECKOUT)
    others = install(folder / "theirs", *theirs) if theirs else folder / "nothing"
    with ExitStack() as stack:
        # A server with devpi-web writes an index for searches, for seconds, in the middle of what comes next.
        scripts = install(folder / "plain", f"devpi-server=={metadata.version('devpi-server')}")
        live = stack.enter_context(running_server(folder / "server", "--no-root-pypi", scripts=scripts))
        far = stack.enter_context(line_to(live.url, FAR_SECONDS))
        guarded = stack.enter_context(
            running_server(folder / "guarded", "--no-root-pypi", scripts=scripts, program=USUAL_SERVER)
        )
        guarded.connect("root").modify_user("root", {"password": PASSWORD})
        canned = stack.enter_context(a_front(version="HTTP/1.1"))
        scene = Scene(folder, ours, others, live.connect("root"), guarded.connect("root", PASSWORD), canned)
        scene.server.create_index(INDEX, {"bases": ""})
        scene.guarded.create_index(INDEX, {"bases": ""})
        scene.server.create_index(MANY, {"bases": ""})
        clients = [scene.devpi, scene.devpi_client] if theirs else [scene.devpi]
        for place, url, index in (("near", live.url, INDEX), ("far", far.url, INDEX), ("many", far.url, MANY)):
            (folder / place).mkdir()
            for client in clients:
                client(place, "use", url).run()
                client(place, "login", "root", "--password", "").run()
                client(place, "use", index).run()
        for client in clients:  # compiles what they will need
            client("near", "upload", "--from-dir", scene.wheels(1)).run()
            client("near", "list").run()
            client("near", "remove", "-y", "small0").run()
        (folder / "blank").mkdir()
        (folder / "canned").mkdir()
        can_index(canned)
        scene.devpi("canned", "use", f"{canned.url}root/dev").run()
        yield scene


def put_projects(scene: Scene) -> None:
    """Put some projects on the index in use, and many on another one."""
    scene.fresh_index()
    for number in range(FEW_PROJECTS):
        put(scene.server, INDEX, "1.0", name=f"demo{number}")
    if not scene.server.index(MANY).projects:
        for number in range(MANY_PROJECTS):
            put(scene.server, MANY, "1.0", name=f"demo{number}")
    scene.rest()
