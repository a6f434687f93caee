"""Every command that talks to a server: its arguments, and what must be true when it reports success."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.faults.faults import FAULTS, Expected, Fault
from tests.faults.places import PASSWORD, Place
from tests.support.dists import put

if TYPE_CHECKING:
    from collections.abc import Callable


def never(place: Place) -> bool:
    del place
    return False


def nothing(place: Place) -> None:
    del place


@dataclass(frozen=True)
class Command:
    """A command: what is typed, and how to find out behind the door whether it was done.

    ``method`` is that of the request that changes something, if one does. ``claim`` is what says that it was done (a
    regular expression). Of a command that only reads, all that it prints has to be what it prints without a fault,
    unless others change it at the same time (``steady``).
    """

    name: str
    typed: str
    method: str = ""
    claim: str = ""
    is_done: Callable[[Place], bool] = never
    undo: Callable[[Place], None] = nothing
    stdin: str = ""
    steady: bool = True
    who: str = ""
    """Who acts, if it is not the user of the place."""
    asks_first: bool = False
    """Whether it reads before it changes something."""
    only: str = ""
    """The method that the faults are for, if not all: those before it get through."""
    except_for: dict[str, Expected] | None = None
    kind: str = ""
    """``upload``, ``program`` (another program asks the server, whose words and status are its own) or ``doctor``."""

    def expected(self, fault: Fault) -> Expected:
        if self.except_for and fault.name in self.except_for:
            return self.except_for[fault.name]
        expected = fault.reading
        if self.method and (self.only or not self.asks_first or (fault.is_redirect and not fault.reading.status)):
            expected = fault.uploading if self.kind == "upload" else fault.changing
        return replace(expected, status=1) if self.kind == "doctor" and expected.status else expected


def uploaded(number: int) -> Callable[[Place], bool]:
    return lambda place: place.uploaded(place.wheels[number])


def remove_uploads(place: Place) -> None:
    for project in ("new", "newer"):
        if place.there(f"{place.index}/{project}"):
            place.server.remove_project(place.index, project)


def made_user(place: Place) -> str:
    return f"made-by-{place.user}"


def ensure_user(place: Place) -> None:
    if not place.there(made_user(place)):
        place.server.create_user(made_user(place), {"password": "x"})


def ensure_index(place: Place) -> None:
    if not place.there(f"{place.user}/made"):
        place.server.create_index(f"{place.user}/made", {"bases": ""})


def change_password_back(place: Place) -> None:
    if not place.lets_in(PASSWORD):
        place.live.connect("root").modify_user(place.user, {"password": PASSWORD})
    place.log_in()


def put_gone(place: Place) -> None:
    if not place.there(f"{place.index}/gone/1.0"):
        put(place.server, place.index, "1.0", "gone")


def put_past(place: Place) -> None:
    for version in ("1.dev1", "1.dev2"):
        if not place.there(f"{place.index}/past/{version}"):
            put(place.server, place.index, version, "past")


def is_installed(place: Place) -> bool:
    return any((place.folder / "target").glob("tested-*"))


MOVED = dict.fromkeys(["302 port", "308 port"], Expected(0, "the server has rewritten the url to"))
# Nobody's login goes to another server.
STRANGE = dict.fromkeys(["302 port", "308 port"], Expected(3, "not logged in"))
STRANGE_LOGIN = dict.fromkeys(["302 port", "308 port"], Expected(1, "WRONG +login"))
# A login changes nothing, so that it is tried again.
PASSES = dict.fromkeys(["503 once", "429 once", "reset once", "lost once"], Expected(0))
NO_BODY = {"too short": Expected(0)}
# The page that pip reads comes in chunks, which say how long they are.
CHUNKED = dict.fromkeys(["too long", "too short"], Expected(0))
SHAPE_SHOWN = {"wrong shape": Expected(0)}
# A search is a POST with an answer in XML: it is not sent on, and anything else is no answer.
QUESTION = {
    **dict.fromkeys(
        ["301 same", "302 port", "303 loop", "307 same", "308 port", "302 to http"],
        Expected(1, "redirected to .*: a change is not sent on"),
    ),
    **dict.fromkeys(
        ["HTML", "empty", "broken JSON", "wrong shape", "API 3", "too short"],
        Expected(1, "the reply is not the result of a search"),
    ),
}
# What is wrong with the answer, or that there is none, does not matter: the server does not say how it is.
UNANSWERED = {
    each.name: Expected(0, ": not answering ") for each in FAULTS if each.reading.status or "once" in each.name
}
UNANSWERED |= {"refuse": Expected(0, ": not running\n")}
NO_PRIMARY = {each.name: Expected(1, "takes no replicas") for each in FAULTS if not each.reading.status}
NO_PRIMARY |= {"wrong shape": Expected(1, "is not a devpi server")}

COMMANDS = [
    Command("use URL", "use {url}{index}", except_for=MOVED),
    Command("use INDEX", "use {index}", except_for=MOVED),
    Command("use -l", "use -l", steady=False, claim="{index}"),
    Command("--version -v", "--version -v"),
    Command("login", "login {user} --password-stdin", "POST", "logged in", stdin=f"{PASSWORD}\n",
            except_for=PASSES),
    Command("user", "user"),
    Command("user -l", "user -l", steady=False, claim="{user}"),
    Command("user -c", "user -c {made} password=x", "PUT", "user created", lambda p: p.there(made_user(p)),
            lambda p: p.live.connect("root").delete_user(made_user(p))),
    Command("user -m", "user -m {user} title=new", "PATCH", "user modified", lambda p: p.holds(p.user, "title", "new"),
            lambda p: p.server.modify_user(p.user, {"title": "old"}) and None),
    Command("user --delete", "user -y --delete {made}", "DELETE", "user deleted", lambda p: not p.there(made_user(p)),
            ensure_user, who="root", asks_first=True),
    Command("passwd", "passwd --password-stdin", "PATCH", "user modified", lambda p: p.lets_in("other"),
            change_password_back, stdin="other\n"),
    Command("index", "index"),
    Command("index -l", "index -l"),
    Command("index -c", "index -c made bases=", "PUT", "type=stage", lambda p: p.there(f"{p.user}/made"),
            lambda p: p.server.delete_index(f"{p.user}/made")),
    Command("index KEY=", "index {index} title=new", "PATCH", "title=new", lambda p: p.holds(p.index, "title", "new"),
            lambda p: p.server.modify_index(p.index, ["title=old"]) and None),
    Command("index --delete", "index -y --delete made", "DELETE", "index deleted",
            lambda p: not p.there(f"{p.user}/made"), ensure_index, asks_first=True),
    Command("apply", "apply {folder}/devpi.toml", "PATCH", "0 created, 1 changed",
            lambda p: p.holds(p.other, "title", "described"),
            lambda p: p.server.modify_index(p.other, ["title=old"]) and None, asks_first=True),
    Command("apply --export", "apply --export", steady=False, claim='indexes."{index}"'),
    Command("getjson", "getjson /{user}", except_for=SHAPE_SHOWN),
    Command("patchjson", "patchjson /{index} {folder}/changes.json", "PATCH", '"description": "patched"',
            lambda p: p.holds(p.index, "description", "patched"),
            lambda p: p.server.modify_index(p.index, ["description=old"]) and None),
    Command("upload FILE", "upload {new}", "POST", "file_upload of new", uploaded(0), remove_uploads, kind="upload",
            except_for=NO_BODY),
    Command("upload FILES", "upload {new} {newer}", "POST", "(?s)(?=.*upload of new-)(?=.*upload of newer-)",
            lambda p: uploaded(0)(p) and uploaded(1)(p), remove_uploads, kind="upload",
            except_for=NO_BODY),
    Command("list", "list"),
    Command("list NAME", "list shown"),
    Command("list -v", "list -v"),
    Command("list -t", "list -t tested"),
    Command("show", "show shown==1.0"),
    Command("show -t", "show tested -t", steady=False, claim="tested 1.0 on"),
    Command("search", "search --names show"),
    Command("search, web", "search shown", except_for=QUESTION),
    Command("open", "open shown==1.0"),
    Command("why", "why shown"),
    Command("wait", "wait shown==1.0 --for 1s --interval 1s", except_for=CHUNKED),
    Command("diff", "diff {index} {other}"),
    Command("download", "download shown -O -", except_for={"too short": Expected(1, "the download has the SHA-256")}),
    Command("verify", "verify shown --quick"),
    Command("copy", "copy {index} {other} shown", "PUSH", "copied: shown",
            lambda p: p.there(f"{p.other}/shown"), lambda p: p.server.remove_project(p.other, "shown"),
            asks_first=True),
    Command("push", "push shown==1.0 {other}", "PUSH", "shown-1.0.tar.gz|register_project",
            lambda p: p.there(f"{p.other}/shown"), lambda p: p.server.remove_project(p.other, "shown"),
            asks_first=True),
    Command("refresh", "refresh --index {mirror} shown", "POST", "Refreshed shown",
            lambda p: any(asked.endswith("/shown/refresh") for asked in p.door.passed_on), asks_first=True),
    Command("remove ==", "remove -y gone==1.0", "DELETE", "never said",
            lambda p: not p.there(f"{p.index}/gone/1.0"), put_gone, asks_first=True),
    Command("prune", "prune -y -v --keep-last 1 past", "DELETE", "removed past 1.dev1",
            lambda p: not p.there(f"{p.index}/past/1.dev1"), put_past, asks_first=True),
    Command("test --list", "test --list filed"),
    Command("whoami", "whoami", except_for=STRANGE),
    Command("status", "status", steady=False, claim="{user}"),
    Command("doctor", "doctor", kind="doctor", steady=False, claim="ok +server:", except_for=STRANGE_LOGIN),
]  # fmt: skip


# The server of the matrix takes no replicas, which is said when it has answered.
COMMANDS += [
    Command("server status", "server status --serverdir {data}", except_for=UNANSWERED),
    Command("server replica -n", "server replica -n --primary {url} --secretfile {folder}/secret "
            "--serverdir {folder}/replica", except_for=NO_PRIMARY),
]  # fmt: skip

# Those that ask before they change something, once more with faults that are for the change only. Nobody reads the
# body of the answer to a refresh.
COMMANDS += [
    replace(command, name=f"{command.name}, its {command.method}", only=command.method)
    if command.name != "refresh"
    else replace(command, name="refresh, its POST", only="POST", except_for=NO_BODY)
    for command in COMMANDS
    if command.asks_first
]
