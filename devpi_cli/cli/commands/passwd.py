"""The command devpi passwd: a new password for a user."""

from __future__ import annotations

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import password_from_stdin
from devpi_cli.cli.steps.preflight import dry_run_option, require_owner
from devpi_cli.cli.steps.users import allow_empty_option, modify_user, plan_user
from devpi_cli.errors import LoginRequired


@click.command(epilog="\b\nExamples:\n  devpi passwd\n  devpi passwd alice --password-stdin < new-password")
@click.argument("user", required=False)
@click.option("--password-stdin", is_flag=True, help="Read the new password from standard input.")
@allow_empty_option()
@dry_run_option()
@pass_app
def command(app: App, user: str | None, password_stdin: bool, allow_empty: bool, dry_run: bool) -> None:
    """Change the password of a user.

    Without USER it is yours, and you stay logged in. The new password is asked for twice.
    """
    target = app.target()
    server, user = app.connect(target), user or target.acting_user()
    if not user:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    if dry_run:
        server.user(user)
        require_owner(server, user, f"change the password of {user}")
        plan_user(app, server, user, "modify", {"password": ""})
        return
    if password_stdin:
        password = password_from_stdin()
    else:
        password = app.out.ask_new_password(user, "use --password-stdin", allow_empty=allow_empty)
    modify_user(app, server, user, {"password": password}, allow_empty=allow_empty)
