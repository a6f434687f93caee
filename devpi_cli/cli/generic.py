"""The options of every command, which stand before and after its name."""

from __future__ import annotations

from functools import partial
from math import isnan
from typing import Any

import click
from click.core import ParameterSource

from devpi_cli.cli import pages, words
from devpi_cli.cli.app import OPTIONS, with_app
from devpi_cli.cli.pages import PREFIX

MOST_SECONDS = 1_000_000  # as in ``http.deadline``, which help pages do not need


class Seconds(click.FloatRange):
    """A number of seconds: positive and finite.

    NaN is in no range, and would pass as one.
    """

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=MOST_SECONDS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isnan(number := super().convert(value, param, ctx)):
            self.fail(f"{number} is not in the range {self._describe_range()}.", param, ctx)
        return number


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Store a generic option for the App, whether given before or after the command."""
    if ctx.get_parameter_source(param.name) is not ParameterSource.DEFAULT:
        ctx.meta.setdefault(OPTIONS, {})[param.name.removeprefix(PREFIX)] = value


def _option(long: str, *short: str, **settings: Any) -> click.Option:
    names = (PREFIX + long.partition("/")[0].removeprefix("--").replace("-", "_"), long, *short)
    option = click.Option(names, expose_value=False, callback=_remember, allow_from_autoenv=False, **settings)
    return words.refusing(option)


def options(*, environment: bool) -> list[click.Parameter]:
    """Return the options allowed before and after a command.

    With `environment`, variables set them, too: that is for those before the command.
    """

    def variable(name: str) -> str | None:
        return f"DEVPI_{name}" if environment else None

    file = click.Path()
    return [
        _option(
            "--clientdir",
            type=file,
            envvar=variable("CLIENTDIR"),
            metavar="DIR",
            help="Directory for the client's state.",
        ),
        _option("--quiet", "-q", is_flag=True, envvar=variable("QUIET"), help="Print only results and errors."),
        _option("--verbose", "-v", is_flag=True, envvar=variable("VERBOSE"), help="Print more details."),
        _option("--debug", is_flag=True, envvar=variable("DEBUG"), help="Log every request; show tracebacks."),
        _option("--yes", "-y", is_flag=True, envvar=variable("YES"), help="Answer yes to every question."),
        _option("--no-input", is_flag=True, envvar=variable("NO_INPUT"), help="Never ask for input."),
        _option("--json", is_flag=True, envvar=variable("JSON"), help="Print the result as one JSON document."),
        _option(
            "--pretty/--plain",
            default=None,
            envvar=variable("PRETTY"),
            help="Print for people or for programs. [automatic]",
        ),
        _option(
            "--timeout",
            type=Seconds(),
            envvar=variable("TIMEOUT"),
            metavar="SECONDS",
            help="How long to wait for the server to send anything. [60]",
        ),
        _option(
            "--deadline",
            type=Seconds(),
            envvar=variable("DEADLINE"),
            metavar="SECONDS",
            help="Total time for a request, file transfers apart. [600]",
        ),
        _option(
            "--retries",
            type=click.IntRange(0, 1000),
            envvar=variable("RETRIES"),
            metavar="N",
            help="How often to retry when the server fails. [3]",
        ),
        _option(
            "--ca-bundle", type=file, envvar=variable("CA_BUNDLE"), metavar="FILE", help="Also trust the CAs in FILE."
        ),
        _option("--as-root", is_flag=True, help="Act as root, on the server that quickstart set up."),
        _option("--insecure", is_flag=True, envvar=variable("INSECURE"), help="Do not verify TLS certificates."),
    ]


def on_both_sides(command: click.Command) -> click.Command:
    """Return a copy of a command and its subcommands with the generic options added.

    An option of the same name that a plugin's command already has takes precedence.
    """
    command = words.copied(command)
    own = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    found = options(environment=False)
    for option in found:
        option.opts = [name for name in option.opts if name not in own]
        option.secondary_opts = [name for name in option.secondary_opts if name not in own]
    command.params = [*command.params, *(option for option in found if option.opts)]
    command.context_class = pages.Context
    command.format_options = partial(pages.write_options, command)  # type: ignore[method-assign]
    if command.callback:
        command.callback = with_app(command.callback)
    if isinstance(command, click.Group):
        command.commands = {name: on_both_sides(inner) for name, inner in command.commands.items()}
    return command
