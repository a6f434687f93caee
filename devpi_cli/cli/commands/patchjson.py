"""The command devpi patchjson: any PATCH request to a server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from devpi_cli import strict_json, urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.preflight import dry_run_option
from devpi_cli.errors import WrongUsage


@click.command(
    epilog="\b\nExamples:\n  devpi patchjson /alice/dev changes.json\n"
    "  echo '[\"volatile=False\"]' | devpi patchjson /alice/dev -"
)
@click.argument("path")
@click.argument("file")
@dry_run_option()
@pass_app
def command(app: App, path: str, file: str, dry_run: bool) -> None:
    """Send JSON from a file to a path on the server.

    It is sent as a PATCH request. If FILE is -, standard input is read.
    """
    target, url = app.url_target(path)
    body = _read(file)
    if dry_run:
        app.out.line(f"would send this PATCH REQUEST to {urls.hide(url)}")
        app.out.json_text(body)
        return
    reply = app.connect(target).session.request("PATCH", url, json=body, anyone=True)
    app.out.line(f"PATCH REQUEST sent to {urls.hide(url)}")
    app.out.json_text(reply.json)


def _read(file: str) -> object:
    try:
        return strict_json.parsed(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUsage(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        source = "standard input" if file == "-" else file
        raise WrongUsage(f"{source} is not JSON: {error}") from None
