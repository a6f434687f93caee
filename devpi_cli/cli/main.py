"""The devpi command, its table of subcommands, and the exit status for each failure."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from copy import copy
from importlib import import_module
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from devpi_cli._version import __version__
from devpi_cli.cli import plugins
from devpi_cli.cli.app import OPTIONS, App, Options, current_app, with_app
from devpi_cli.errors import DevpiError, Interrupted, Refused, WrongUsage

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
    "getjson": "Show the JSON that a server returns for a path or URL.",
    "patchjson": "Send JSON from a file to a path on the server.",
    "upload": "Build and upload the project in this folder, or upload files.",
    "list": "List the projects of an index, or the files of a project.",
    "push": "Push releases from one index to another, on this server or elsewhere.",
    "refresh": "Make mirrors ask their upstream again which files packages have.",
    "remove": "Remove a project, some of its releases, or one file from an index.",
    "env": "Print the environment variables that point pip and uv to an index.",
    "install": "Install packages from an index with pip or uv.",
    "test": "Test releases with tox and attach the results to their files.",
    "quickstart": "Set up your own server on this machine and start using it.",
    "server": "Start, stop or inspect the server that quickstart set up.",
    "completion": "Set up shell completion of commands, options and names on the server.",
    "doctor": "Check state, server, login, index, pip and uv, and report what is wrong.",
    "help": "Show a help topic, or the help of a command.",
}
ALIASES = {"logout": "logoff"}
# Functions that write to stdout: those of output, click for a help page, and the final flush.
WRITERS = ("_put", "echo", "invoke")


# A prefix, because click stores values by name, and a plugin may have its own parameter "json".
GENERIC = "generic_"


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Store a generic option for the App, whether given before or after the command."""
    if ctx.get_parameter_source(param.name) is not ParameterSource.DEFAULT:
        ctx.meta.setdefault(OPTIONS, {})[param.name.removeprefix(GENERIC)] = value


def _generic(long: str, *short: str, **settings: Any) -> click.Option:
    names = (GENERIC + long.removeprefix("--").replace("-", "_"), long, *short)
    return click.Option(names, expose_value=False, callback=_remember, allow_from_autoenv=False, **settings)


def _generic_options(*, environment: bool) -> list[click.Parameter]:
    """Return the options allowed before and after a command.

    With `environment`, variables set them, too: that is for those before the command.
    """

    def variable(name: str) -> str | None:
        return f"DEVPI_{name}" if environment else None

    file = click.Path()
    return [
        _generic(
            "--clientdir",
            type=file,
            envvar=variable("CLIENTDIR"),
            metavar="DIR",
            help="Directory for the client's state.",
        ),
        _generic("--quiet", "-q", is_flag=True, envvar=variable("QUIET"), help="Print only results and errors."),
        _generic("--verbose", "-v", is_flag=True, envvar=variable("VERBOSE"), help="Print more details."),
        _generic("--debug", is_flag=True, envvar=variable("DEBUG"), help="Log every request; show tracebacks."),
        _generic("--yes", "-y", is_flag=True, envvar=variable("YES"), help="Answer yes to every question."),
        _generic("--no-input", is_flag=True, envvar=variable("NO_INPUT"), help="Never ask for input."),
        _generic("--json", is_flag=True, envvar=variable("JSON"), help="Print the result as one JSON document."),
        _generic(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            envvar=variable("TIMEOUT"),
            metavar="SECONDS",
            help="How long to wait for the server to send anything. [60]",
        ),
        _generic(
            "--deadline",
            type=click.FloatRange(min=0, min_open=True),
            envvar=variable("DEADLINE"),
            metavar="SECONDS",
            help="Total time for a request, except for file transfers. [600]",
        ),
        _generic(
            "--retries",
            type=click.IntRange(min=0),
            envvar=variable("RETRIES"),
            metavar="N",
            help="How often to retry when the server fails. [3]",
        ),
        _generic(
            "--ca-bundle", type=file, envvar=variable("CA_BUNDLE"), metavar="FILE", help="Also trust the CAs in FILE."
        ),
        _generic("--insecure", is_flag=True, envvar=variable("INSECURE"), help="Do not verify TLS certificates."),
    ]


def _on_both_sides(command: click.Command) -> click.Command:
    """Return a copy of a command and its subcommands with the generic options added.

    An option of the same name that a plugin's command already has takes precedence.
    """
    command = copy(command)
    own = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    generic = _generic_options(environment=False)
    for option in generic:
        option.opts = [name for name in option.opts if name not in own]
    command.params = [*command.params, *(option for option in generic if option.opts)]
    if command.callback:
        command.callback = with_app(command.callback)
    if isinstance(command, click.Group):
        command.commands = {name: _on_both_sides(inner) for name, inner in command.commands.items()}
    return command


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Report wrong usage like other errors, and name the variable a bad value came from."""
    try:
        yield
    except click.UsageError as error:
        if isinstance(error, click.BadParameter):
            _name_variable(error)
        if not _json_is_wanted(error.ctx):
            page = io.StringIO()
            error.show(page)
            App().out.page(page.getvalue().rstrip())
            raise click.exceptions.Exit(error.exit_code) from None
        hint = f"see '{error.ctx.command_path} --help'" if error.ctx else ""
        is_page = isinstance(error, click.exceptions.NoArgsIsHelpError)  # its message is the whole help page
        message = "Missing command." if is_page else error.format_message()
        App(Options(json=True)).out.error(WrongUsage(message, hint=hint))
        raise click.exceptions.Exit(WrongUsage.exit_status) from None


def _name_variable(error: click.BadParameter) -> None:
    context, option = error.ctx, error.param
    if not (context and option and option.name):
        return
    if context.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT:
        variable = option.envvar or f"{context.auto_envvar_prefix}_{option.name.upper()}"
        error.param_hint = f"{option.get_error_hint(context)} from the variable {variable}"


def _json_is_wanted(context: click.Context | None = None) -> bool:
    """Return True if JSON is wanted, judged by the raw arguments: wrong usage ends parsing early.

    If a plugin's command has its own ``--json``, ours can only come before the command and is parsed already.
    """
    if context and any("--json" in param.opts and param.name != f"{GENERIC}json" for param in context.command.params):
        return current_app(context).options.json
    typed = takewhile(lambda word: word != "--", sys.argv[1:])
    return "--json" in typed or bool(click.BOOL.str_to_bool(os.environ.get("DEVPI_JSON", "")))


class CommandTable(click.Group):
    """A group that lists its subcommands from a table and imports only the one that runs.

    The table's placeholders hold only the summary, so ``--help`` and completion import no command.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        typed = args[0]
        if typed not in self.commands and isinstance(plugin := plugins.load(typed), click.Command):
            return typed, _on_both_sides(plugin), args[1:]
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            module = import_module(f"devpi_cli.cli.commands.{ALIASES.get(name, name)}")
            command = _on_both_sides(module.command)
        return name, command, rest

    @_usage_errors()
    def make_context(self, *arguments: Any, **settings: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **settings)
        except KeyboardInterrupt:
            App(Options(json=_json_is_wanted())).out.error(Interrupted("interrupted"))
            raise click.exceptions.Exit(Interrupted.exit_status) from None

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
            app.out.error(error, _hint(app, error))
            ctx.exit(error.exit_status)
        except (KeyboardInterrupt, Exception) as error:
            if _is_interruption(error):
                current_app(ctx).out.error(Interrupted("interrupted"))
                ctx.exit(Interrupted.exit_status)
            _report_bug(current_app(ctx), error)
            ctx.exit(1)


def _is_interruption(error: BaseException) -> bool:
    """Return True for Ctrl-C and the end of input; Python 3.11 wraps Ctrl-C that meets a class statement."""
    return isinstance(error, KeyboardInterrupt | EOFError | click.Abort) or isinstance(
        error.__cause__, KeyboardInterrupt
    )


def _report_bug(app: App, error: BaseException) -> None:
    """Report an unexpected exception with passwords in URLs hidden, also in the chain of causes."""
    from devpi_cli.urls import hide

    if app.options.debug:
        from traceback import format_exception

        app.out.debug(hide("".join(format_exception(error)).rstrip()))
    if app.options.json or not app.options.debug:
        message = f"this is a bug in devpi-cli {__version__}: {type(error).__name__}: {hide(str(error))}"
        app.out.error(DevpiError(message, hint="please report it with the output of --debug"))


def _hint(app: App, error: DevpiError) -> str:
    """Return a hint for a refusal that has none; only then is the code that asks the server imported."""
    if not isinstance(error, Refused):
        return ""
    from devpi_cli.cli.steps.hints import what_to_type

    return what_to_type(app, error)


@click.group(
    cls=CommandTable,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    no_args_is_help=True,
    commands={name: click.Command(name, help=summary) for name, summary in COMMANDS.items()},
    params=_generic_options(environment=True),
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "DEVPI",
        "max_content_width": 100,
    },
    epilog="\b\nGetting started:\n  devpi quickstart             set up your own server on this machine\n"
    "  devpi use URL                use an existing server\n"
    "  devpi COMMAND --help         show the options of a command, with examples\n"
    "  devpi help TOPIC             read about credentials, ci, indexes, troubleshooting and more",
)
@click.option("--version", is_flag=True, help="Show the version and plugins; with -v also the server's versions.")
@click.pass_context
def devpi(ctx: click.Context, version: bool) -> None:
    """Work with packages on a devpi server."""
    if version:
        _show_versions(current_app(ctx))
        ctx.exit()
    if ctx.invoked_subcommand is None:
        ctx.fail("Missing command.")


def _show_versions(app: App) -> None:
    """Show our version and the plugins, and with -v the versions of the server in use."""
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
    except OSError as error:  # not a closed pipe: click exits quietly on that
        as_json = _json_is_wanted()
        App(Options(json=as_json)).out.error(DevpiError(_describe(error, "" if as_json else "error: ")))
        raise SystemExit(DevpiError.exit_status) from None


def _describe(error: OSError, prefix: str) -> str:
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    if error.filename is None and frame and frame.tb_frame.f_code.co_name in WRITERS:
        return f"{prefix}cannot write to standard output: {error.strerror}"
    return f"{error.filename or 'input/output'}: {error.strerror or error}"
