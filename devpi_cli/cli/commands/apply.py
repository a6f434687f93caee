"""The command devpi apply: users and indexes as a file describes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.steps.declared import STANDARD_INPUT, carry_out, read_text, show_plan, summary
from devpi_cli.cli.steps.preflight import dry_run_option
from devpi_cli.cli.steps.users import passwords_option
from devpi_cli.errors import DevpiError, Differs, WrongUsage
from devpi_cli.indexes import declaration
from devpi_cli.indexes.applying import prepare
from devpi_cli.printable import DIRECTIONS
from devpi_cli.system import files

if TYPE_CHECKING:
    from devpi_cli.server.api import Server

# Tomlkit itself escapes what TOML does not allow.
ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x80, 0xA0), *DIRECTIONS)}


@click.command(
    epilog="\b\nExamples:\n  devpi apply --export -o devpi.toml\n  devpi apply devpi.toml -n\n"
    "  devpi apply devpi.toml\n  devpi apply devpi.toml -n --exit-code"
)
@click.argument("file", required=False, metavar="[FILE]")
@dry_run_option()
@click.option("--exit-code", is_flag=True, help="With -n: exit with status 7 if something would change.")
@click.option("--prune", is_flag=True, help="Remove empty indexes that FILE leaves out, of users it names; asks first.")
@passwords_option()
@click.option("--export", is_flag=True, help="Describe the server as it is.")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Export to FILE. [stdout]")
@pass_app
def command(
    app: App,
    file: str | None,
    dry_run: bool,
    exit_code: bool,
    prune: bool,
    passwords: Path | None,
    export: bool,
    output: Path | None,
) -> None:
    """Make users and indexes match a TOML file.

    FILE has tables [users.NAME] and [indexes."USER/INDEX"]; - is standard input. What it does not name stays: keys,
    indexes, users. Users come first, then indexes along their bases. A new user's password is the value of the variable
    that password-from names, or is made and shown once. 'devpi help apply' describes the file.
    """
    _check(file, dry_run=dry_run, exit_code=exit_code, export=export, output=output)
    if export:
        _export(app, app.connect(app.target()), output)
        return
    wanted = declaration.parse(_tables(str(file)), os.environ)
    applying = prepare(app.connect(app.target()), wanted, os.environ, prune=prune)
    if not dry_run:
        app.out.document(carry_out(app, applying, passwords), verbatim=True)
        return
    app.out.document(show_plan(app, applying))
    if exit_code and applying.plan.steps:
        raise Differs(f"the server differs from {file}: {summary(applying, 'to create', 'to change', 'to remove')}")


def _check(file: str | None, *, dry_run: bool, exit_code: bool, export: bool, output: Path | None) -> None:
    if export and (file or dry_run):
        raise WrongUsage("--export takes no FILE to read, and changes nothing", hint="write to a file with -o FILE")
    if output and not export:
        raise WrongUsage("-o works only with --export")
    if not (file or export):
        raise WrongUsage("no file named", hint="name a TOML file, or describe the server with --export")
    if exit_code and not dry_run:
        raise WrongUsage("--exit-code works only with -n")


def _tables(file: str) -> dict[str, Any]:
    import tomllib

    text = read_text(file)
    try:
        return tomllib.loads(text)
    except RecursionError:
        what = "it is nested too deeply"
    except ValueError as error:
        what = str(error)
    raise WrongUsage(f"{'standard input' if file == STANDARD_INPUT else file} is not TOML: {what}")


def _export(app: App, server: Server, output: Path | None) -> None:
    """Describe the server as TOML, with a warning about each key that is left out."""
    if output and output.exists():
        app.out.confirm(f"{output} already exists. Overwrite it?", autoset=f"{output} already exists: overwrite it")
    found = declaration.describe(server.users())
    text = _toml(found.tables)
    for name, reason in found.left_out.items():
        app.out.warn(f"{name} is left out: {reason}")
    for name, variable in found.variables.items():
        app.out.warn(f"{name} holds a password: set the variable {variable} to the URL")
    if output:
        try:
            files.write(output, text, files.usual_mode())
        except OSError as error:
            raise DevpiError(f"cannot write {output}: {error.strerror}") from None
        app.out.line(f"{len(found.tables['users'])} users and {len(found.tables['indexes'])} indexes in {output}")
    else:
        app.out.verbatim(text.rstrip("\n"))
    app.out.document(
        {**found.tables, "left_out": found.left_out, "variables": found.variables, "file": str(output or "") or None}
    )


def _toml(tables: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return TOML; what a terminal could interpret is escaped, as it can stand only in texts."""
    import tomlkit

    return tomlkit.dumps(tables).translate(ESCAPED)
