"""The command devpi server: control of the server that quickstart set up."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.local_server import answers_for, ensure_running, is_running, own_server
from devpi_cli.errors import NothingFound

if TYPE_CHECKING:
    from pathlib import Path


@click.group(epilog="\b\nExamples:\n  devpi server status\n  devpi server stop")
def command() -> None:
    """Start, stop or inspect the server that quickstart set up."""


@command.command(epilog="\b\nExamples:\n  devpi server start\n  devpi server start --port 4040")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Port to listen on. [the last one, or the next free one]",
)
@pass_app
def start(app: App, port: int | None) -> None:
    """Start the server if it is not running."""
    local_server = own_server(app)
    done = ensure_running(local_server, app, port)
    app.out.line(f"server {done}: {local_server.url} (process {local_server.pid})")
    app.out.document({"server": local_server.url, "running": True, "pid": local_server.pid})


@command.command(epilog="\b\nExample:\n  devpi server stop")
@pass_app
def stop(app: App) -> None:
    """Stop the server if it is running."""
    local_server = own_server(app)
    was_running = is_running(local_server, app)
    if was_running:
        local_server.stop(answers_for(local_server, app))
    app.out.line(f"server {'stopped' if was_running else 'not running'}: {local_server.url}")
    app.out.document({"server": local_server.url, "running": False, "pid": None})


@command.command(epilog="\b\nExamples:\n  devpi server status\n  devpi server status --json")
@pass_app
def status(app: App) -> None:
    """Show whether the server is running, its URL, and where its data is."""
    local_server = own_server(app)
    running = is_running(local_server, app)
    how = f"running (process {local_server.pid})" if running else "not running"
    app.out.line(f"{local_server.url}: {how}")
    app.out.line(f"  data={local_server.data}")
    app.out.line(f"  log={local_server.log}")
    app.out.document(
        {
            "server": local_server.url,
            "running": running,
            "pid": local_server.pid if running else None,
            "data": str(local_server.data),
            "log": str(local_server.log),
        }
    )


@command.command(epilog="\b\nExamples:\n  devpi server log\n  devpi server log -n 100")
@click.option(
    "--lines", "-n", type=click.IntRange(min=1), metavar="COUNT", default=20, show_default=True, help="Number of lines."
)
@pass_app
def log(app: App, lines: int) -> None:
    """Show the last lines of the server's log."""
    path = own_server(app).log
    if not path.exists():
        raise NothingFound(f"there is no log at {path}", hint="type 'devpi quickstart'")
    last = _last_lines(path, lines)
    app.out.lines(last)
    app.out.document({"log": str(path), "lines": last})


def _last_lines(path: Path, count: int) -> list[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]
