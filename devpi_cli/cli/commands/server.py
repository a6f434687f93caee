"""devpi server."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.local_server import answers_for, ensure_running, is_running, own_registry
from devpi_cli.errors import NothingFound

if TYPE_CHECKING:
    from pathlib import Path


@click.group(epilog="\b\nExamples:\n  devpi server status\n  devpi server stop")
def command() -> None:
    """Start, stop, or look at the server that quickstart made."""


@command.command(epilog="\b\nExamples:\n  devpi server start\n  devpi server start --port 4040")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Port to listen on. [the one it had, or the next free one]",
)
@pass_app
def start(app: App, port: int | None) -> None:
    """Start the server, if it does not run."""
    registry = own_registry(app)
    done = ensure_running(registry, app, port)
    app.out.line(f"server {done}: {registry.url} (process {registry.pid})")
    app.out.document({"server": registry.url, "running": True, "pid": registry.pid})


@command.command(epilog="\b\nExample:\n  devpi server stop")
@pass_app
def stop(app: App) -> None:
    """Stop the server, if it runs."""
    registry = own_registry(app)
    was_running = is_running(registry, app)
    if was_running:
        registry.stop(answers_for(registry, app))
    app.out.line(f"server {'stopped' if was_running else 'not running'}: {registry.url}")
    app.out.document({"server": registry.url, "running": False, "pid": None})


@command.command(epilog="\b\nExamples:\n  devpi server status\n  devpi server status --json")
@pass_app
def status(app: App) -> None:
    """Tell whether the server runs, where, and where its data is."""
    registry = own_registry(app)
    running = is_running(registry, app)
    how = f"running (process {registry.pid})" if running else "not running"
    app.out.line(f"{registry.url}: {how}")
    app.out.line(f"  data={registry.data}")
    app.out.line(f"  log={registry.log}")
    app.out.document(
        {
            "server": registry.url,
            "running": running,
            "pid": registry.pid if running else None,
            "data": str(registry.data),
            "log": str(registry.log),
        }
    )


@command.command(epilog="\b\nExamples:\n  devpi server log\n  devpi server log -n 100")
@click.option(
    "--lines", "-n", type=click.IntRange(min=1), metavar="COUNT", default=20, show_default=True, help="How many lines."
)
@pass_app
def log(app: App, lines: int) -> None:
    """Show the last lines that the server printed."""
    path = own_registry(app).log
    if not path.exists():
        raise NothingFound(f"there is no log at {path}", hint="type 'devpi quickstart'")
    last = _last_lines(path, lines)
    app.out.lines(last)
    app.out.document({"log": str(path), "lines": last})


def _last_lines(path: Path, count: int) -> list[str]:
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]
