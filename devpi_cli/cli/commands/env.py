"""The command devpi env: variables that point pip and uv to an index."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps import keyring_setup
from devpi_cli.cli.steps.install_env import INDEX_VARIABLES, index_settings, is_closed, login_at_hand, simple_url
from devpi_cli.errors import LoginRequired, WrongUsage
from devpi_cli.installers import variables

if TYPE_CHECKING:
    from devpi_cli.server.api import Server


@click.command(
    epilog='\b\nExamples:\n  eval "$(devpi env)"                          bash, zsh, sh\n'
    "  devpi env --shell fish | source\n  devpi env --shell powershell | Out-String | Invoke-Expression\n"
    '  devpi env --shell github >> "$GITHUB_ENV"    for the next steps of a job\n'
    "  devpi env --shell gitlab > devpi.env         artifacts: reports: dotenv"
)
@click.option("--shell", type=click.Choice(list(variables.SHELLS)), help="Syntax to print. [that of $SHELL, or bash]")
@click.option(
    "--login/--no-login", default=None, help="Put the login into the URLs, or not. [only if the index needs one]"
)
@click.option("--keyring", is_flag=True, help="Let pip and uv get the login from keyring, so that no variable has it.")
@index_option("point pip and uv to")
@pass_app
def command(app: App, shell: str | None, login: bool | None, keyring: bool, index: str | None) -> None:
    """Print the environment variables that point pip and uv to an index.

    They are PIP_INDEX_URL and UV_DEFAULT_INDEX; PIP_TRUSTED_HOST for plain http; and the counterparts of --ca-bundle,
    --insecure and a client certificate for pip and uv. No settings file is needed or changed.

    If the index cannot be read without a login, the URLs contain the login. Anyone who sees the variables can use it
    until it expires. On GitHub it is masked in the log. With --keyring they contain only the name of the user, and pip
    and uv ask keyring for the rest, where 'devpi login' keeps it.
    """
    if keyring and login is not None:
        raise WrongUsage(f"--keyring cannot be combined with --{'' if login else 'no-'}login")
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    url = simple_url(server, name)
    values, credentials = index_settings(app, server, url), None
    if keyring:
        server.index(name, projects=False)
        values |= keyring_setup.variables(app, server, url, target.named_user)
    else:
        credentials = _login(server, name, wanted=login)
    if credentials:
        values |= dict.fromkeys(INDEX_VARIABLES, urls.with_login(url, *credentials))
    chosen = shell or variables.default_shell(os.environ.get("SHELL"))
    lines = [variables.assignment(chosen, name, value) for name, value in values.items()]
    if credentials and chosen == "github":
        for secret in sorted({credentials[1], quote(credentials[1], safe="")}):
            app.out.command(variables.github_mask(secret))
    elif credentials and chosen == "gitlab":
        names = " and ".join(INDEX_VARIABLES)
        app.out.warn(f"{names} contain the login: anyone who sees the job's artifacts can read it")
    app.out.verbatim("\n".join(lines))
    app.out.document(values, verbatim=True)


def _login(server: Server, index: str, *, wanted: bool | None) -> tuple[str, str] | None:
    """Return user and secret for the URLs; None if not needed or not wanted.

    Raises LoginRequired if a login is wanted and there is none.
    """
    credentials = login_at_hand(server)
    if wanted is False:
        return None
    if wanted and not credentials:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    if not wanted:
        server.index(index, projects=False)
        return credentials if credentials and is_closed(server, index) else None
    return credentials
