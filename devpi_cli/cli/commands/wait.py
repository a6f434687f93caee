"""The command devpi wait: until a release can be installed, or is gone."""

from __future__ import annotations

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import duration, index_option
from devpi_cli.cli.steps.waiting import for_option, out_of_time, replica_option, servers_at, watched
from devpi_cli.indexes.arrival import Awaited
from devpi_cli.models import Requirement


@click.command(
    epilog="\b\nExamples:\n  devpi wait demo==1.2\n  devpi wait demo==1.2 --files 5 --for 10m\n"
    "  devpi wait demo==1.2 --replica https://eu.devpi.example"
)
@click.argument("requirement", metavar="NAME==VERSION")
@index_option("ask")
@click.option("--files", type=click.IntRange(min=1), default=1, metavar="N", help="Number of files to wait for. [1]")
@replica_option()
@click.option("--gone", is_flag=True, help="Wait until the release cannot be installed any more.")
@for_option()
@click.option("--interval", type=duration, default="2s", metavar="TIME", help="Interval between requests. [2s]")
@pass_app
def command(
    app: App,
    requirement: str,
    index: str | None,
    files: int,
    replicas: tuple[str, ...],
    gone: bool,
    seconds: float,
    interval: float,
) -> None:
    """Wait until pip can install a release from an index.

    The index is asked for its page of the project until the release is on it. With --replica the same is asked of
    replicas of the server, by their own URLs. If it is not there in the time of --for, the exit status is 6, and the
    last state is shown.
    """
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    awaited = Awaited(name, Requirement.parse(requirement), 0 if gone else files, seconds, interval)
    awaited.require_version()
    progress, document = watched(app, servers_at(app, server, name, replicas), awaited)
    app.out.document(document)
    if not progress.is_done:
        raise out_of_time(awaited, progress, document["seconds"])
    app.out.line(f"{awaited.wanted.project} {awaited.wanted.version} {'is gone' if gone else 'can be installed'}")
