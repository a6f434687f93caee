"""The setup for a cell of the matrix: a user with a home, an index with contents, and doors to devpi."""

from __future__ import annotations

import json
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import DevpiError, Missing
from devpi_cli.state.store import State
from tests.support.clients import Client
from tests.support.dists import make_wheel, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import trustme

    from tests.faults.proxy import Door, Doors
    from tests.support.servers import Live

PASSWORD = "pass of somebody"
# The command with waits that cost nobody time, and an end to replies that is soon reached.
HURRIED = """
from devpi_cli.http import responses, retries
responses.MOST_MIB, retries.FIRST_WAIT, retries.REFUSED_WAITS = 1, 0.001, (0.001, 0.001)
from devpi_cli.cli.main import main
main()
"""
TOX_REPORT = {
    "reportversion": "1",
    "testenvs": {"py": {"setup": [], "test": [{"command": ["pytest"], "retcode": 0, "output": "ok"}]}},
}


@dataclass
class Place:
    """Somebody, who is logged in, and what they have on the server; ``doors`` are those they can go through."""

    live: Live
    folder: Path
    user: str
    doors: dict[str, Door]
    ca: Path
    well_said: dict[str, str] = field(default_factory=dict)
    """What commands print where all is well."""

    def __post_init__(self) -> None:
        self.folder.mkdir()
        anybody = self.live.connect()
        anybody.create_user(self.user, {"password": PASSWORD})
        self.server = self.live.connect(self.user, PASSWORD)
        self.index, self.other, self.mirror = (f"{self.user}/{name}" for name in ("dev", "prod", "mirror"))
        self.server.create_index(self.index, {"bases": ""})
        self.server.create_index(self.other, {"bases": ""})
        self.server.create_index(self.mirror, {"type": "mirror", "mirror_url": f"{self.live.url}{self.index}/+simple/"})
        (self.folder / "later").mkdir()
        self.wheels = [make_wheel(self.folder, "new"), make_wheel(self.folder / "later", "newer", "2.0")]
        put(self.server, self.index, "1.0", "shown")
        self.file = put(self.server, self.index, "1.0", "filed").replace(self.live.url, "/")
        demo = make_wheel(self.folder, "tested")
        fields = {"name": "tested", "version": "1.0", "metadata_version": "2.1"}
        with demo.open("rb") as file:
            self.server.upload(self.index, {**fields, "filetype": "bdist_wheel", "pyversion": "py3"}, demo.name, file)
        (link,) = self.server.releases(self.index, "tested")[0].files
        self.server.attach_tox_result(link.url, TOX_REPORT)
        (self.folder / "devpi.toml").write_text(f'[indexes."{self.other}"]\ntitle = "described"\n')
        (self.folder / "changes.json").write_text('["description=patched"]')
        (self.folder / "secret").write_text("a secret that is as long as it must be")
        (self.folder / "secret").chmod(0o600)
        self._describe_data()
        self.root = anybody.login("root", "")
        self.log_in()

    def _describe_data(self) -> None:
        """Make what looks like the data of the server: 'server status' asks where its record says."""
        self.data = self.folder / "data"
        self.data.mkdir()
        for name in (".nodeinfo", ".serverversion", ".sqlite"):
            (self.data / name).write_bytes((self.live.log.parent / "data" / name).read_bytes())

    def log_in(self) -> None:
        self.login = self.server.login(self.user, PASSWORD)
        self.server.session.log_in(self.login)

    @property
    def door(self) -> Door:
        return self.doors["http"]

    def client(self, door: Door, user: str) -> Client:
        """Return somebody's client, as it has been before, at a door; root is logged in there, too."""
        client = Client(self.folder / "home", {"SSL_CERT_FILE": str(self.ca)} if door.url.startswith("https") else {})
        client.state_file.parent.mkdir(parents=True, exist_ok=True)
        for left in client.state_file.parent.iterdir():
            left.unlink()
        with client.state.changing() as state:
            state.server, state.index = door.url, self.index
            known = state.at(door.url)
            known.user, known.features = user, list(self.server.features)
            known.logins |= {self.user: self.login, "root": self.root}
        record = {"pid": None, "started": None, "url": door.url}
        (self.data / ".devpi-cli.json").write_text(json.dumps(record))
        return client

    # -- what the server has

    def holds(self, path: str, key: str, value: str) -> bool:
        config: dict[str, Any] = self.server.session.request("GET", f"{self.live.url}{path}?no_projects=").result
        return bool(config.get(key) == value)

    def there(self, path: str) -> bool:
        try:
            self.server.session.request("GET", f"{self.live.url}{path}")
        except Missing:
            return False
        return True

    def uploaded(self, wheel: Path) -> bool:
        digest = sha256(wheel.read_bytes()).hexdigest()
        try:
            releases = self.server.releases(self.index, wheel.name.partition("-")[0])
        except Missing:
            return False
        return any(link.sha256 == digest for release in releases for link in release.links)

    def lets_in(self, password: str) -> bool:
        try:
            self.live.connect().login(self.user, password)
        except DevpiError:
            return False
        return True


def state_is_whole(client: Client, before: State, server: str) -> bool:
    """Tell whether a state file can be read, has the same servers and users, is its owner's only, and is alone."""
    after = State.load(client.state_file)
    known = {url: sorted(known.logins) for url, known in after.servers.items() if known.logins}
    same = known == {url: sorted(known.logins) for url, known in before.servers.items()}
    files = {file.name for file in client.state_file.parent.iterdir()}
    mode = client.state_file.stat().st_mode & 0o777
    return same and mode == 0o600 and files <= {"state.json", "state.json.lock"} and after.server == server


@contextmanager
def tls(ca: trustme.CA, folder: Path) -> Iterator[tuple[ssl.SSLContext, Path]]:
    """Yield what a door needs to speak TLS, and the file of the CA that vouches for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    yield context, folder / "ca.pem"


def made(live: Live, folder: Path, number: int, doors: Doors, context: ssl.SSLContext, ca: Path, closed: Door) -> Place:
    """Make a place."""
    plain, through_tls, elsewhere = (doors.make(live.url, each) for each in (None, context, None))
    plain.elsewhere = through_tls.elsewhere = elsewhere.url
    ways = {"http": plain, "https": through_tls, "closed": closed, "elsewhere": elsewhere}
    return Place(live, folder / f"place{number}", f"cell{number}", ways, ca)
