"""The command devpi getjson: JSON replies of a server."""

from __future__ import annotations

import click

from devpi_cli.cli.app import App, pass_app


@click.command(epilog="\b\nExamples:\n  devpi getjson /\n  devpi getjson /alice/dev\n  devpi getjson -v /+status")
@click.argument("path", metavar="PATH|URL")
@pass_app
def command(app: App, path: str) -> None:
    """Show the JSON that a server returns for a path or URL.

    A path that begins with / is relative to the root of the server in use, any other path to the index in use. With -v
    the headers of the reply come first.
    """
    target, url = app.url_target(path)
    server = app.connect(target)
    is_root = target.is_known and url.rstrip("/") == server.root.rstrip("/")
    reply = server.session.request("GET", server.users_url if is_root else url, anyone=True)
    if app.options.verbose and not app.options.json:
        app.out.line(f"GET REQUEST sent to {url}")
        for name, value in sorted(reply.headers.items()):
            app.out.line(f"{name.upper()}: {value}")
        app.out.line()
    app.out.json_text(reply.json)
