"""What 'devpi server start, stop, status and log' do for a serverdir that was named."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from devpi_cli.cli.steps.local_server import occupant, own_server
from devpi_cli.cli.steps.serverdirs import chosen_serverdir
from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.hosting import journal, runs, stretching
from devpi_cli.hosting.attended import Attended, behind

if TYPE_CHECKING:
    from devpi_cli.cli.app import App
    from devpi_cli.cli.steps.serverdirs import Where
    from devpi_cli.hosting.runs import Run


def attended(app: App, where: Where) -> Attended | None:
    """Return the server on a serverdir that was named; None if quickstart's is meant."""
    if not any(where):
        return None
    found = Attended(chosen_serverdir(app, where), app.out.debug)
    found.on.require()
    if found.on.path.resolve() == own_server(app).data.resolve():
        return None
    return found


def start(app: App, server: Attended, run: Run, *, is_named: bool) -> None:
    """Start a server as it is to be run, unless it is running: then its place must be the one that was named."""
    done, found = "already running", server.process
    if found and server.status():
        if is_named and run.url != server.url:
            raise WrongUsage(f"the server already runs at {server.url}", hint="type 'devpi server stop' first")
        pid, url = found.pid, server.url
    else:
        if mismatch := run.mismatch():
            app.out.warn(mismatch)
        if run.is_stretched:
            app.out.note(runs.STRETCHED)
        needed_repair = run.needs_repair
        pid, url, done = server.start(run), run.url, "started"
        if needed_repair:
            app.out.warn(journal.UNDONE)
    app.out.line(f"server {done}: {url} (process {pid})")
    app.out.document({"server": url, "running": True, "pid": pid})


def stop(app: App, server: Attended) -> None:
    """Stop a server if it is running."""
    found = server.process
    if found:
        server.stop(found)
    elif others := runs.serving(server.on.path):
        raise DevpiError(
            f"process {others[0]} serves {server.on.path}, and was not started by 'devpi server start'",
            hint="stop it the way it was started",
        )
    app.out.line(f"server {'stopped' if found else 'not running'}: {server.url}")
    app.out.document({"server": server.url, "running": False, "pid": None})


def status(app: App, server: Attended) -> None:
    """Show whether a server is running, and how it is."""
    said, found = server.status(), server.process
    others = runs.serving(server.on.path)
    pid = found.pid if found else (others[0] if others else None)
    who = f"process {pid}" if pid else "its process is not seen from here"
    taken_by = occupant(server.port) if not (said or pid) and server.is_taken() else None
    who = f"{taken_by} has its port" if taken_by else who
    who += "" if found or not pid else ", not started by 'devpi server start'"
    how = "running" if said else "not answering"
    app.out.line(f"{server.url}: {f'{how} ({who})' if pid or said or taken_by else 'not running'}")
    app.out.line(f"  data={server.on.path}")
    app.out.line(f"  log={server.log}")
    how_stretched = str(server.plan().stretching or stretching.USUAL)
    app.out.line(f"  stretching={how_stretched}")
    state = _state(server, said) if said else {}
    app.out.lines([f"  {name}={_shown(name, value)}" for name, value in state.items() if value is not None])
    document = {"server": server.url, "running": bool(said), "pid": pid, "data": str(server.on.path)}
    app.out.document(
        document | {"log": str(server.log), "stretching": how_stretched, "port_taken_by": taken_by} | state
    )


def _state(server: Attended, said: dict[str, Any]) -> dict[str, Any]:
    """Return role and serial of a server, and how far a replica is behind."""
    state = {"role": server.on.nodeinfo.get("role"), "serial": said.get("serial")}
    return state | {"behind": behind(said), "in_sync_at": said.get("replica-in-sync-at")}


def _shown(name: str, value: Any) -> str:
    return f"{time.time() - value:.0f} s ago" if name == "in_sync_at" else str(value)
