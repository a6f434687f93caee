"""The command devpi patchjson: any PATCH request to a server."""

from __future__ import annotations

import sys

import click

from devpi_cli import strict_json, urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.preflight import cannot_tell, dry_run_option
from devpi_cli.errors import WrongUsage
from devpi_cli.system.files import MOST_BYTES, read


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
    if urls.names_in(url) is None or "#" in url:
        raise WrongUsage(f"{url!r} is ambiguous as a path", hint="leave out //, .., # and the like")
    body = _read(file)
    if dry_run:
        app.out.line(f"would send this PATCH REQUEST to {url}")
        app.out.json_text(body)
        cannot_tell(app, "whether it would be accepted", "only the server can check JSON")
        return
    reply = app.connect(target).session.request("PATCH", url, json=body)
    app.out.line(f"PATCH REQUEST sent to {url}")
    app.out.json_text(reply.json)


def _read(file: str) -> object:
    if file == "-" and not sys.stdin:
        raise WrongUsage("no JSON on standard input: it is closed")
    try:
        return strict_json.parsed(_standard_input() if file == "-" else read(file, named=True))
    except OSError as error:
        raise WrongUsage(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        source = "standard input" if file == "-" else file
        raise WrongUsage(f"{source} is not JSON: {error}") from None


def _standard_input() -> str:
    text = sys.stdin.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise WrongUsage(f"standard input is longer than {MOST_BYTES >> 20} MiB")
    return text
