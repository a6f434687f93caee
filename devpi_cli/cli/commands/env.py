"""The command devpi env: variables that point pip and uv to an index."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from devpi_cli import urls
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.install_env import index_settings
from devpi_cli.errors import LoginRequired, Missing, NotAllowed, NotDevpi
from devpi_cli.installers import variables

if TYPE_CHECKING:
    from devpi_cli.server.api import Server

SECRET_URLS = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")


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
@index_option("point pip and uv to")
@pass_app
def command(app: App, shell: str | None, login: bool | None, index: str | None) -> None:
    """Print the environment variables that point pip and uv to an index.

    They are PIP_INDEX_URL and UV_DEFAULT_INDEX; PIP_TRUSTED_HOST for plain http; and the counterparts of --ca-bundle,
    --insecure and a client certificate for pip and uv. No settings file is needed or changed.

    If the index cannot be read without a login, the URLs contain the login, because pip cannot get it any other way.
    Anyone who sees the variables can use it until it expires. On GitHub it is masked in the log.
    """
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    url = f"{server.url(name)}/+simple/"
    values, credentials = index_settings(app, server, url), _login(server, name, wanted=login)
    if credentials:
        values |= dict.fromkeys(SECRET_URLS, urls.with_login(url, *credentials))
    chosen = shell or variables.default_shell(os.environ.get("SHELL"))
    lines = [variables.assignment(chosen, name, value) for name, value in values.items()]
    if credentials and chosen == "github":
        for secret in sorted({credentials[1], quote(credentials[1], safe="")}):
            app.out.command(variables.github_mask(secret))
    elif credentials and chosen == "gitlab":
        app.out.warn(f"{' and '.join(SECRET_URLS)} contain the login: anyone who sees the job's artifacts can read it")
    app.out.lines(lines)
    app.out.document(values)


def _login(server: Server, index: str, *, wanted: bool | None) -> tuple[str, str] | None:
    """Return user and secret for the URLs; None if not needed or not wanted.

    Raises LoginRequired if a login is wanted and there is none.
    """
    login, basic_auth = server.session.find_login(), server.session.identity.basic_auth
    credentials = basic_auth or ((login.user, login.token) if login else None)
    if wanted is False:
        return None
    if wanted and not credentials:
        raise LoginRequired(f"not logged in at {server.root}", hint="type 'devpi login USER'")
    if not wanted:
        server.index(index, projects=False)
        return credentials if credentials and _is_closed(server, index) else None
    return credentials


def _is_closed(server: Server, index: str) -> bool:
    """Return True if an index cannot be read without a login; a web server may send a page instead."""
    try:
        server.anonymous().index(index, projects=False)
    except (NotAllowed, Missing, NotDevpi):
        return True
    return False
