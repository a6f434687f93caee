"""Situations for dry runs: somebody, what is on the server, and a command line; all drawn at random from a seed."""

from __future__ import annotations

import itertools
import os
import secrets
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from devpi_cli.models import Login
from tests.support.clients import Client, make_member
from tests.support.dists import made_later, make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from devpi_cli.server.api import Server
    from tests.support.servers import Live

SEED = "DRY_SEED"
_numbers = itertools.count(1)
ACLS = ("ME", "YOU", "YOU,ME", ":ANONYMOUS:", ":authenticated:", "YOU,:team", "")
BAD_SETTINGS = (
    *("volatile=perhaps", "bases=ME/gone", "bases=ME/dev,nobody", "bases=a/b/c", "titel=x", "acl_uplaod=ME"),
    *("mirror_url=http://127.0.0.1:9/", "mirror_whitelist_inheritance=some", "type=mirror", "type=constrained"),
)
GOOD_SETTINGS = (
    *("title=mine", "title=", "volatile=no", "volatile=True", "bases=", "bases=/YOU/dev/", "bases=ME/dev, YOU/dev"),
    *("acl_upload=ME,YOU", "acl_upload=:anonymous:", "mirror_whitelist=My_Demo,*", "description=a b"),
    *("mirror_whitelist_inheritance=UNION", "custom_data=1", "projects=x", "acl_toxresult_upload=ME"),
)
CHANGES = (
    *(
        "acl_upload+=YOU",
        "acl_upload+=ME",
        "acl_upload+=ann,bob",
        "acl_upload-=ME",
        "acl_upload-=ann",
        "bases+=YOU/dev",
    ),
    *("bases+=YOU/gone", "bases-=YOU/dev", "mirror_whitelist+=Some_Name", "mirror_whitelist-=Some_Name"),
    *("acl_upload-=", "foo+=x", "foo-=x", "foo-=", "acl_upload+="),
)
MIRROR_SETTINGS = (
    *("mirror_url=http://127.0.0.1:9/x", "mirror_cache_expiry=007", "mirror_use_external_urls=yes", "acl_upload=YOU"),
    *("title=m", "mirror_web_url_fmt=http://127.0.0.1/{name}", "bases=ME/gone", "mirror_whitelist=x", "volatile=no"),
)
BAD_MIRROR_SETTINGS = (
    *("mirror_url=ftp://x", "mirror_cache_expiry=soon", "mirror_no_project_list=maybe", "acl_toxresult_upload=YOU"),
    *("volatile=maybe", "titel=x", "type=stage", "mirror_whitelist_inheritance=union"),
)
NAMES = ("new", "n.e-w_1", "new", "a b", "a:b", "dev", "stable", "a,b")


@dataclass
class Situation:
    """Somebody at a server, and what they type."""

    live: Live
    client: Client
    me: str
    you: str
    actor: str
    files: Path
    words: list[str] = field(default_factory=list)
    stdin: str = ""

    def server(self, user: str) -> Server:
        return self.live.connect(user, f"secret of {user}" if user != "root" else "")

    def filled_in(self, text: str) -> str:
        return text.replace("ME", self.me).replace("YOU", self.you)

    def snapshot(self) -> dict[str, Any]:
        """Return the users, their indexes, and the files of these."""
        server, found = self.live.connect("root"), {}
        for name in (self.me, self.you, f"{self.me}-new", "root"):
            try:
                user = server.user(name)
            except Exception:
                continue
            found[name] = {key: value for key, value in user.config.items() if key not in ("modified", "created")}
            for index in user.indexes:
                found[index.name] = {**index.config, "+files": self._files(server, index.name)}
        return found

    def _files(self, server: Server, name: str) -> dict[str, str | None]:
        if server.index(name, projects=False).is_mirror:
            return {}
        releases = [
            each
            for project in server.index(name).projects
            for each in server.releases(name, project, ignore_bases=True)
        ]
        return {f"{each.project} {link.name}": link.sha256 for each in releases for link in each.links}


def seed() -> int:
    """Return the seed of this run, the same in every process of it."""
    return int(os.environ.setdefault(SEED, str(secrets.randbelow(10**6))))


def summary(parts: list[list[int]]) -> list[str]:
    """Return how many dry runs were compared with the commands, by the parts that reported them."""
    compared, differences, unsure = (sum(numbers) for numbers in list(zip(*parts, strict=True))[1:4])
    how = f"{differences} differences, {unsure} could not tell, {SEED}={seed()}"
    return [f"{compared} dry runs compared with what the command then did: {how}"]


def world(random: Random, live: Live, folder: Path) -> Situation:
    """Make two users with their indexes, one of whom is about to type something."""
    number = next(_numbers)
    folder = folder / str(number)
    folder.mkdir()
    prefix = f"dry{os.getpid()}n{number}"
    member, other = make_member(live, folder, prefix), make_member(live, folder, f"{prefix}b")
    actor = random.choices([member.user, "", "root"], [16, 2, 2])[0]
    here = Situation(live, member, member.user, other.user, actor, folder)
    mine, yours = member.server, other.server
    kept = random.choice(["", "same", "other", "part"])
    _store(mine, member.index, "demo-1.0", b"one")
    _store(mine, member.index, "demo-2.0", b"two")
    if kept == "part":
        _store(mine, member.index, "demo-1.0", b"more", suffix=".zip")
    _store(yours, other.index, "theirs-1.0", b"three")
    yours.create_index(f"{here.you}/tmp", {"bases": ""})
    mine.create_index(f"{here.me}/orphan", {"bases": f"{here.you}/tmp"})
    yours.delete_index(f"{here.you}/tmp")
    mine.create_index(f"{here.me}/mirror", {"type": "mirror", "mirror_url": f"{member.index_url}/+simple/"})
    volatile = random.choice(["yes", "no"])
    mine.create_index(f"{here.me}/stable", {"bases": here.filled_in("ME/dev,YOU/dev"), "volatile": volatile})
    if kept:
        _store(mine, f"{here.me}/stable", "demo-1.0", b"another" if kept == "other" else b"one")
    if random.random() < 0.4:
        mine.modify_index(member.index, ["volatile=False"])
    acl = here.filled_in(random.choice(ACLS))
    yours.modify_index(other.index, [f"acl_upload={acl}", f"volatile={random.choice(['yes', 'no'])}"])
    _act(here, member)
    return here


def draw(random: Random, here: Situation) -> None:
    """Draw a command line for a world."""
    here.stdin = ""
    COMMANDS[random.choice([*COMMANDS])](random, here)
    here.words = [here.filled_in(word) for word in here.words]


def _act(here: Situation, client: Client) -> None:
    """Let the client be logged in as the actor, and nobody else."""
    with client.state.changing() as state:
        known = state.at(here.live.url)
        if here.actor != here.me:
            known.logins.clear()
            known.user = here.actor or None
        if here.actor == "root":
            login = here.live.connect("root").session.identity.login
            known.logins["root"] = Login("root", login.token if login else "")


def _store(server: Server, index: str, name: str, content: bytes, suffix: str = ".tar.gz") -> None:
    project, _, version = name.partition("-")
    fields = {
        "metadata_version": "2.1",
        "name": project,
        "version": version,
        "filetype": "sdist",
        "pyversion": "source",
    }
    server.upload(index, fields, f"{name}{suffix}", BytesIO(content))


def _some(random: Random, good: tuple[str, ...], bad: tuple[str, ...] = ()) -> list[str]:
    """Return settings with different keys, of which at most one is bad: which of two the server names is chance."""
    drawn = random.sample(good, random.randint(0, 3)) + ([random.choice(bad)] if bad and random.random() < 0.5 else [])
    return list({setting.partition("=")[0].rstrip("+-"): setting for setting in drawn}.values())


def _create_index(random: Random, here: Situation) -> None:
    owner = random.choices(["ME", "YOU", "nobody-here"], [7, 2, 1])[0]
    is_mirror = random.random() < 0.25
    settings = (
        ["type=mirror", *_some(random, MIRROR_SETTINGS, BAD_MIRROR_SETTINGS[:-2])]
        if is_mirror
        else _some(random, GOOD_SETTINGS, BAD_SETTINGS)
    )
    here.words = ["index", "-c", f"{owner}/{random.choice(NAMES)}", *settings]
    here.words += ["--exist-ok"] if random.random() < 0.5 else []


def _change_index(random: Random, here: Situation) -> None:
    index = random.choice(["ME/dev", "ME/dev", "ME/stable", "YOU/dev", "ME/orphan", "ME/mirror", "ME/gone"])
    if index == "ME/mirror":
        settings = _some(random, MIRROR_SETTINGS, BAD_MIRROR_SETTINGS)
    else:
        settings = _some(random, (*GOOD_SETTINGS, *CHANGES[:2]), (*BAD_SETTINGS, *CHANGES))
    here.words = ["index", index, *(settings or ["title=x"])]


def _delete_index(random: Random, here: Situation) -> None:
    index = random.choice(["ME/dev", "ME/stable", "YOU/dev", "ME/mirror", "ME/gone", "ME/orphan"])
    here.words = ["index", "--delete", index, *random.choice([[], ["--missing-ok"]])]


def _create_user(random: Random, here: Situation) -> None:
    name = random.choice(["ME-new", "ME-new", "ME-new", "ME", "YOU", "a b", "x:y", "a/b"])
    settings = _some(random, ("email=a@b.c", "title=t", "description=", "custom_data=x"), ("emial=x", "pwhash=x"))
    secret = random.choice([["password=secret123"], ["--password-stdin"]])
    here.words = ["user", "-c", name, *settings, *([] if "pwhash=x" in settings else secret)]
    here.words += ["--exist-ok"] if random.random() < 0.5 else []
    here.stdin = "secret123\n"


def _change_user(random: Random, here: Situation) -> None:
    name = random.choice(["ME", "ME", "YOU", "root", "nobody-here"])
    settings = _some(random, ("email=a@b.c", "title=t", "description=", "password=secret1"), ("emial=x", "tilte=x"))
    settings = [each for each in settings if not (name == "root" and "password" in each)]
    here.words = ["user", "-m", name, *(settings or ["title=x"])]


def _delete_user(random: Random, here: Situation) -> None:
    name = random.choice(["ME", "YOU", "nobody-here", "root"])
    here.words = ["user", "--delete", name, *random.choice([[], ["--missing-ok"]])]


def _passwd(random: Random, here: Situation) -> None:
    here.words = ["passwd", random.choice(["ME", "YOU", "nobody-here"]), "--password-stdin"]
    here.stdin = "another1\n"


def _push(random: Random, here: Situation) -> None:
    wanted = random.choice(["demo==1.0", "demo==1.0", "demo>=1", "demo==9", "theirs==1.0", "nothing==1.0"])
    target = random.choice(["ME/stable", "ME/stable", "YOU/dev", "ME/mirror", "ME/gone", "nobody-here/x", "ME/dev"])
    source = random.choice(["ME/dev", "ME/dev", "ME/stable", "YOU/dev", "ME/mirror", "ME/gone"])
    more = random.choice([[], [], ["--skip-existing"], ["--no-docs"], ["--only-docs"]])
    here.words = ["push", wanted, target, "--index", source, *more]


def _remove(random: Random, here: Situation) -> None:
    wanted = random.choice(["demo", "demo==1.0", "demo>=1", "demo==9", "theirs", "nothing"])
    index = random.choice(["ME/dev", "ME/dev", "ME/stable", "YOU/dev", "ME/mirror", "ME/gone"])
    here.words = ["remove", wanted, "--index", index, *random.choice([[], ["--force"]])]
    here.words += random.choice([[], ["--missing-ok"]])


def _remove_file(random: Random, here: Situation) -> None:
    owner, project = random.choice([("me", "demo"), ("you", "theirs")])
    index = f"{getattr(here, owner)}/dev"
    file = here.live.connect().releases(index, project)[0].links[0].url
    url = random.choice([file, file, file.replace("/+f/", "/+f/0"), file.replace("/dev/", "/gone/")])
    here.words = ["remove", url, *random.choice([[], ["--force"]]), *random.choice([[], ["--missing-ok"]])]


def _prune(random: Random, here: Situation) -> None:
    wanted = random.choice([[], ["demo"], ["d*"], ["nothing"]])
    index = random.choice(["ME/dev", "ME/dev", "ME/stable", "YOU/dev", "ME/mirror", "ME/gone"])
    rules = random.choice(
        [["--keep-last", "1"], ["--keep-within", "1d"], ["--keep-in", "ME/stable"], ["--keep", "demo"]]
    )
    force = [] if index == "ME/mirror" else random.choice([[], ["--force"]])
    here.words = [
        "prune",
        *wanted,
        "--index",
        index,
        "--only",
        "all",
        *rules,
        *force,
        *random.choice([[], ["--max", "0"]]),
    ]


def _refresh(random: Random, here: Situation) -> None:
    named = random.sample(["demo", "nothing", "d*", "x*"], random.randint(1, 2))
    here.words = ["refresh", *named, "--index", random.choice(["ME/mirror", "ME/mirror", "ME/dev", "ME/gone"])]


def _upload(random: Random, here: Situation) -> None:
    index = random.choice(["ME/dev", "ME/stable", "YOU/dev", "ME/mirror", "ME/gone"])
    wheel = make_wheel(here.files, "demo", random.choice(["1.0", "3.0"]))
    if random.random() < 0.5 and index == "ME/stable":
        text = random.choice([b"", wheel.read_bytes(), made_later(wheel)])
        fields = {"metadata_version": "2.1", "name": "demo", "version": "1.0", "filetype": "bdist_wheel"}
        mine = here.server(here.me)
        if "1.0" in wheel.name:
            mine.upload(f"{here.me}/stable", {**fields, "pyversion": "py3"}, wheel.name, BytesIO(text))
    here.words = ["upload", str(wheel), "--index", index, *random.choice([[], ["--skip-existing"]])]


def _copy(random: Random, here: Situation) -> None:
    source = random.choice(["ME/dev", "ME/dev", "ME/stable", "YOU/dev", "ME/gone"])
    target = random.choice(["ME/stable", "ME/stable", "YOU/dev", "ME/dev", "ME/mirror", "ME/gone"])
    wanted = random.choice([["--all"], ["demo"], ["demo==1.0"], ["demo", "theirs"], ["nothing"], ["--latest", "demo"]])
    more = random.choice([[], [], ["--overwrite"], ["--keep-going"], ["--delete"]])
    here.words = ["copy", source, target, *wanted, *more]


def _apply(random: Random, here: Situation) -> None:
    keys = {
        "volatile": ["true", "false"],
        "bases": ["[]", '["YOU/dev"]', '["ME/dev", "YOU/dev"]', '["ME/gone"]'],
        "acl_upload": ['["ME"]', '["ME", "YOU"]', '[":ANONYMOUS:"]'],
        "titel": ['"x"'],
        "mirror_whitelist": ['["*"]', '["My_Demo"]'],
    }
    lines = []
    for index in random.sample(["ME/dev", "ME/stable", "ME/new", "YOU/dev"], random.randint(1, 2)):
        lines.append(f'[indexes."{index}"]')
        chosen = random.sample([*keys], random.randint(1, 2))
        lines += [f"{key} = {random.choice(keys[key])}" for key in chosen]
    here.words = ["apply", "-"]
    here.stdin = here.filled_in("\n".join(lines))


COMMANDS: dict[str, Callable[[Random, Situation], None]] = {
    "index -c": _create_index,
    "index --exist-ok": _create_index,
    "index KEY=VALUE": _change_index,
    "index KEY+=VALUE": _change_index,
    "index --delete": _delete_index,
    "user -c": _create_user,
    "user -m": _change_user,
    "user --delete": _delete_user,
    "passwd": _passwd,
    "push": _push,
    "push again": _push,
    "remove": _remove,
    "remove URL": _remove_file,
    "prune": _prune,
    "refresh": _refresh,
    "upload": _upload,
    "copy": _copy,
    "apply": _apply,
}
