"""Find what is wrong with a serverdir and its server before somebody notices: owners, modes, space, secrets, lag."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import DevpiError
from devpi_cli.hosting import passwords, replicas, runs, trials
from devpi_cli.hosting.attended import Attended, behind
from devpi_cli.hosting.exports import megabytes, size_of
from devpi_cli.hosting.raw import Runner, view_of
from devpi_cli.hosting.serverdir import DATABASE, LOSSY, NODEINFO
from devpi_cli.hosting.survey import survey
from devpi_cli.system import private

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.hosting.exports import Watching
    from devpi_cli.hosting.raw import Log
    from devpi_cli.hosting.runs import Run
    from devpi_cli.hosting.serverdir import Serverdir

OK, WARNING, WRONG = "ok", "warning", "WRONG"


class Finding(NamedTuple):
    """What a check found."""

    check: str
    verdict: str
    detail: str


def findings(on: Serverdir, run: Run, log: Log, watching: Watching) -> Iterator[Finding]:
    """Yield what each check finds; the further ones need a serverdir that can be read."""
    problems = list(on.problems())
    if problems:
        yield from (Finding("serverdir", WRONG, " - ".join(str(problem).splitlines())) for problem in problems)
        return
    yield Finding("serverdir", OK, f"{on.path} ({on.storage_name})")
    yield _owners(on)
    yield _modes(on)
    yield _space(on)
    yield _secret(run)
    yield _storage(on)
    yield _root_password(on, log, watching)
    yield from _servers(on, run.url, watching)


def _owners(on: Serverdir) -> Finding:
    """Check that one user owns all that a server must be able to write."""
    owner = on.path.stat().st_uid
    names = [name for name in (NODEINFO, DATABASE, "+files") if (on.path / name).exists()]
    strange = [name for name in names if (on.path / name).stat().st_uid != owner]
    if strange:
        detail = f"{', '.join(strange)} not of {on.owner()}: type 'chown -R {on.owner()} {on.path}' as root"
        return Finding("owner", WRONG, detail)
    return Finding("owner", OK, on.owner())


def _modes(on: Serverdir) -> Finding:
    """Check that others cannot read the hashes of passwords."""
    folders = (on.path.resolve(), *on.path.resolve().parents)
    is_open = all(stat.S_IMODE(folder.stat().st_mode) & 0o001 for folder in folders)
    with suppress(FileNotFoundError):
        if is_open and stat.S_IMODE(on.database.stat().st_mode) & 0o007:
            detail = f"others can read the hashes of passwords in {on.database}: type 'chmod go= {on.path}'"
            return Finding("mode", WARNING, detail)
    return Finding("mode", OK, "others cannot read the passwords' hashes")


def _space(on: Serverdir) -> Finding:
    free, needed = shutil.disk_usage(on.path).free, size_of(on.path)
    detail = f"{megabytes(free)} free, and the data has {megabytes(needed)}"
    return Finding("space", OK if free > needed else WARNING, detail)


def _secret(run: Run) -> Finding:
    try:
        found = run.secret.stat()
    except FileNotFoundError:
        return Finding("secret", WARNING, f"there is none at {run.secret}: logins may end with each restart")
    except OSError as error:
        return Finding("secret", WRONG, f"cannot read {run.secret}: {error.strerror}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        return Finding("secret", WRONG, f"others can read it: type 'chmod 600 {run.secret}'")
    return Finding("secret", OK, str(run.secret))


def _storage(on: Serverdir) -> Finding:
    name = on.storage_name
    if name not in LOSSY:
        return Finding("storage", OK, name)
    if trials.has_passed(on):
        return Finding("storage", OK, f"{name}, which lost no uploads in a trial")
    what = f"{name} loses uploads that arrive at the same time ({LOSSY[name]})"
    return Finding("storage", WRONG, f"{what}: type 'devpi server check --concurrency' to try it")


def _root_password(on: Serverdir, log: Log, watching: Watching) -> Finding:
    """Check that nobody can log in as root with an empty password, as with the raw devpi-init."""
    try:
        with private.folder("server") as folder:
            runner = Runner(folder, log, debug=watching.debug)
            found = survey(runner, view_of(on, folder / "view"), quick=True)
    except DevpiError as error:
        return Finding("data", WRONG, " - ".join(str(error).splitlines()))
    if "root" not in found.users:
        return Finding("root", WARNING, "there is none: the database is empty, or a replica has received nothing yet")
    root = found.users["root"]
    if passwords.is_empty(root):
        return Finding("root", WRONG, "anybody can log in as root with an empty password: type 'devpi passwd root'")
    return Finding("root", OK, f"has a password; {len(found.users)} users, {len(found.files)} files")


def _replica(server: Attended, status: dict[str, Any]) -> Finding:
    """Check that changes of the primary arrive."""
    lag, primary = behind(status), status.get("primary-url")
    if lag == 0:
        return Finding("replica", OK, f"0 changes behind {primary}")
    if replicas.is_refused(server.log):
        return Finding("replica", WRONG, f"{primary} refuses it (403): {replicas.OTHER_SECRET}")
    what = "has received nothing yet from" if lag is None else f"{lag} changes behind"
    return Finding("replica", WARNING, f"{what} {primary}")


def _servers(on: Serverdir, url: str, watching: Watching) -> Iterator[Finding]:
    """Check that one server runs on the data at most, and that a replica follows."""
    pids = runs.serving(on.path)
    if len(pids) > 1:
        who = ", ".join(map(str, pids))
        yield Finding("server", WRONG, f"{len(pids)} run on this data, which damages it: processes {who}")
        return
    server = Attended(on, watching.debug)
    status = server.status(url)
    if status is None:
        what = f"process {pids[0]} does not answer at {url}" if pids else "not running"
        yield Finding("server", WARNING if pids else OK, what)
        return
    yield Finding("server", OK, f"runs at {url}, serial {status.get('serial')}")
    if str(status.get("role")).lower() == "replica":
        yield _replica(server, status)
    if hasattr(os, "geteuid") and os.geteuid() == 0 and on.path.stat().st_uid == 0:
        yield Finding("user", WARNING, "the server runs as root: give it a user of its own")
