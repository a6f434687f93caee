"""The devpi command and its table of subcommands.

Each failure has its exit status.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import import_module
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from devpi_cli._version import __version__
from devpi_cli.cli import generic, pages, plugins, words
from devpi_cli.cli.app import App, Options, current_app
from devpi_cli.errors import (
    DevpiError,
    Interrupted,
    LoginRequired,
    NotDevpi,
    Redirected,
    Refused,
    Unreachable,
    WrongUsage,
)
from devpi_cli.system import signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMANDS = {
    "use": "Choose the server and index to work with, or show them.",
    "login": "Log in to the server in use.",
    "whoami": "Show the name of the logged-in user.",
    "status": "Show the server, its role and versions, the login and the index.",
    "token": "Create, list, delete, derive and inspect API tokens, or log in with one.",
    "logoff": "Log out of the server in use.",
    "logout": "Log out of the server in use.",
    "user": "Create, show, modify, delete or list users.",
    "passwd": "Change the password of a user.",
    "index": "Create, show, modify, delete or list indexes.",
    "apply": "Make users and indexes match a TOML file.",
    "getjson": "Show the JSON that a server returns for a path or URL.",
    "patchjson": "Send JSON from a file to a path on the server.",
    "upload": "Build and upload the project in this folder, or upload files.",
    "list": "List the projects of an index, or the files of a project.",
    "download": "Download files of releases from an index and its bases.",
    "show": "Show the metadata, files and history of a release.",
    "search": "Find projects on an index and its bases by words.",
    "open": "Open the page of an index, a project or a release in a browser.",
    "why": "Explain which index answers for a project, and what pip would choose.",
    "wait": "Wait until pip can install a release from an index.",
    "copy": "Copy releases from one index or folder to another.",
    "diff": "Compare the files of two indexes or folders by SHA-256.",
    "verify": "Verify that an index has what it lists, and that nothing else has its names.",
    "push": "Push releases from one index to another, on this server or elsewhere.",
    "refresh": "Make mirrors ask their upstream again for the files of packages.",
    "remove": "Remove a project, some of its releases, or one file from an index.",
    "prune": "Remove old releases from an index, by rules that say which stay.",
    "env": "Print the environment variables that point pip and uv to an index.",
    "install": "Install packages from an index with pip or uv.",
    "test": "Test releases with tox and attach the results to their files.",
    "quickstart": "Set up your own server on this machine and start using it.",
    "server": "Start, stop, check and export a server on this machine.",
    "completion": "Set up shell completion of commands, options and names on the server.",
    "doctor": "Check state, server, login, index, pip and uv, and report what is wrong.",
    "help": "Show a help topic, or the help of a command.",
}
ALIASES = {"logout": "logoff"}
# Functions that write to stdout: those of output, click for a help page, and the final flush.
WRITERS = ("_put", "echo", "invoke")


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Report what click finds wrong like other errors, and name the variable a bad value came from."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError as error:  # its message is the whole help page
        if not _json_is_wanted(error.ctx):
            App().out.page(click.unstyle(error.format_message()))
            raise click.exceptions.Exit(error.exit_code) from None
        _leave(error, "Missing command.")
    except click.ClickException as error:
        if isinstance(error, click.BadParameter):
            _name_variable(error)
        _leave(error, error.format_message())


def _leave(error: click.ClickException, message: str) -> NoReturn:
    """Report an error of click in our form: it begins small, and what to do comes last."""
    context = getattr(error, "ctx", None)
    what, guess, name = message.partition(" Did you mean ")
    what, _, examples = what.partition(" Examples: ")
    hint = f"did you mean {name}" if guess else f"see '{context.command_path} --help'" if context else ""
    hint = f"examples: {examples}" if examples else hint
    has_lines = isinstance(error, click.MissingParameter)  # of choices; in others a line end was typed
    lines = [line.strip() for line in what.splitlines()] if has_lines else [what]
    lines[0] = f"{lines[0][:1].lower()}{lines[0][1:]}".removesuffix(".")
    kind = WrongUsage if isinstance(error, click.UsageError) else DevpiError
    App(Options(json=_json_is_wanted(context))).out.error(kind(lines, hint=hint))
    raise click.exceptions.Exit(kind.exit_status) from None


def _name_variable(error: click.BadParameter) -> None:
    context, option = error.ctx, error.param
    if not (context and option and option.name):
        return
    if context.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT:
        variable = option.envvar or f"{context.auto_envvar_prefix}_{option.name.upper()}"
        error.param_hint = f"{option.get_error_hint(context)} from the variable {variable}"


def _json_is_wanted(context: click.Context | None = None) -> bool:
    """Return True if JSON is wanted, judged by the raw arguments.

    Wrong usage ends parsing early. If a plugin's command has its own ``--json``, ours can only come before the
    command and is parsed already.
    """
    if context and any(
        "--json" in param.opts and param.name != f"{pages.PREFIX}json" for param in context.command.params
    ):
        return current_app(context).options.json
    typed = takewhile(lambda word: word != "--", sys.argv[1:])
    return "--json" in typed or bool(click.BOOL.str_to_bool(os.environ.get("DEVPI_JSON", "")))


class CommandTable(click.Group):
    """A group that lists its subcommands from a table.

    Only the one that runs is imported. The table's placeholders hold only the summary, so ``--help`` and completion
    import no command.
    """

    context_class = pages.Context

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pages.write_main(self, ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--version", *args[1:]] if args[:1] == ["version"] else args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        typed = args[0]
        if typed not in self.commands and isinstance(plugin := plugins.load(typed), click.Command):
            return typed, generic.on_both_sides(plugin), args[1:]
        if typed not in self.commands and typed in pages.MEANT:
            ctx.fail(f"No such command {typed!r}. Did you mean {pages.MEANT[typed]!r}?")
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            module = import_module(f"devpi_cli.cli.commands.{ALIASES.get(name, name)}")
            command = generic.on_both_sides(words.required(module.command))
        return name, command, rest

    @_usage_errors()
    def make_context(self, *arguments: Any, **settings: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **settings)
        except KeyboardInterrupt:
            error = _interruption()
            App(Options(json=_json_is_wanted())).out.error(error)
            raise click.exceptions.Exit(error.exit_status) from None

    @_usage_errors()
    def invoke(self, ctx: click.Context) -> Any:
        try:
            super().invoke(ctx)
            if sys.stdout:
                sys.stdout.flush()  # here, because click handles a closed pipe here
        except (click.exceptions.Exit, click.ClickException, OSError):
            raise  # click handles its own; main reports an OSError, because --help can raise one, too
        except DevpiError as error:
            app = current_app(ctx)
            error.hint = _hint(app, error)
            app.out.error(error)
            ctx.exit(error.exit_status)
        except (KeyboardInterrupt, Exception) as error:
            if _is_interruption(error):
                interruption = _interruption(error)
                current_app(ctx).out.error(interruption)
                ctx.exit(interruption.exit_status)
            _report_bug(current_app(ctx), error)
            ctx.exit(1)


def _is_interruption(error: BaseException) -> bool:
    """Return True for signals and the end of input.

    Python 3.11 wraps a signal that meets a class statement.
    """
    return isinstance(error, KeyboardInterrupt | EOFError | click.Abort) or isinstance(
        error.__cause__, KeyboardInterrupt
    )


def _interruption(error: BaseException | None = None) -> Interrupted:
    """Return the error for a signal; what was done by then stands in the notes of the exception."""
    words, status = signals.described(signals.received())
    return Interrupted(": ".join([words, *getattr(error, "__notes__", ())]), status=status)


def _report_bug(app: App, error: BaseException) -> None:
    """Report an unexpected exception."""
    if app.options.debug:
        from traceback import format_exception

        app.out.debug("".join(format_exception(error)).rstrip())
    if app.options.json or not app.options.debug:
        message = f"this is a bug in devpi-cli {__version__}: {type(error).__name__}: {error}"
        app.out.error(DevpiError(message, hint="report it with the output of --debug"))


def _hint(app: App, error: DevpiError) -> str:
    """Return the hint of an error.

    For a refusal without one, import the code that asks the server.
    """
    hint = error.hint
    if app.connections and isinstance(error, Unreachable | NotDevpi | Refused | Redirected):
        from devpi_cli.cli.steps.local_server import how_to_start

        hint = how_to_start(app, app.connections[-1].root, error) or hint
    if not hint and isinstance(error, Refused):
        from devpi_cli.cli.steps.hints import what_to_type

        hint = what_to_type(app, error)
    if app.server_words:
        from devpi_cli.cli.steps.serverdirs import naming_serverdir

        hint = naming_serverdir(app, hint)
    is_about_login = error.exit_status == LoginRequired.exit_status and app.connections
    if app.kept_back and is_about_login and not app.connections[-1].session.acting():
        hint = "; ".join(filter(None, [hint, app.kept_back[-1]]))
    elif is_about_login:
        from devpi_cli.cli.steps.hints import naming_server

        hint = naming_server(app, error, hint)
    return hint


@click.group(
    cls=CommandTable,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    no_args_is_help=True,
    commands={name: click.Command(name, help=summary) for name, summary in COMMANDS.items()},
    params=generic.options(environment=True),
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "DEVPI",
        "max_content_width": 100,
    },
)
@click.option("--version", "-V", is_flag=True, help="Show the version and plugins; with -v also the server's versions.")
@click.pass_context
def devpi(ctx: click.Context, version: bool) -> None:
    """Work with packages on a devpi server."""
    if version:
        _show_versions(current_app(ctx))
        ctx.exit()
    if ctx.invoked_subcommand is None:
        ctx.fail("Missing command.")


def _show_versions(app: App) -> None:
    """Show our version and the plugins.

    With -v, show the versions of the server in use, too.
    """
    installed = plugins.installed()
    app.out.line(f"devpi-cli {__version__}")
    for plugin in installed:
        app.out.line(f"plugin {plugin.name}: {plugin.package}")
    versions: dict[str, str] = {}
    if app.options.verbose and (target := app.target()).root:
        versions = app.connect(target).status().versions
        app.out.lines([f"{target.root}: {package} {number}" for package, number in sorted(versions.items())])
    commands = {plugin.name: plugin.package for plugin in reversed(installed)}  # of two with one name, the first runs
    app.out.document({"devpi-cli": __version__, "plugins": commands, "server": versions})


def words_of_plugin(kind: str, current: str, words: Sequence[str]) -> list[str]:
    """Return click's completions for a word after the command of a plugin."""
    del kind
    from click.shell_completion import ShellComplete

    completer = ShellComplete(devpi, {}, "devpi", "")
    return [item.value for item in completer.get_completions(list(words), current) if item.type == "plain"]


def main(app: App | None = None) -> None:
    """Run the devpi command; it has that name also as ``python -m devpi_cli``.

    `app` replaces the App that the command would make.
    """
    try:
        devpi(prog_name="devpi", obj=app)
    except SystemExit as leaving:
        if leaving.code == DevpiError.exit_status and signals.received():  # click was told to end between two steps
            raise SystemExit(_interruption().exit_status) from None
        raise
    except OSError as error:  # not a closed pipe: click exits quietly on that
        App(Options(json=_json_is_wanted())).out.error(DevpiError(_describe(error)))
        raise SystemExit(DevpiError.exit_status) from None


def _describe(error: OSError) -> str:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    if error.filename is None and frame and frame.tb_frame.f_code.co_name in WRITERS:
        return f"cannot write to standard output: {error.strerror}"
    return f"{error.filename or 'input/output'}: {error.strerror or error}"
