"""The command devpi push: releases from one index to another."""

from __future__ import annotations

import html
import re
from collections import Counter
from contextlib import ExitStack
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.preflight import PUSH, cannot_tell, require_place
from devpi_cli.cli.steps.push_source import PushSource, parsed
from devpi_cli.cli.steps.push_target import PYPI, destination, fields_for
from devpi_cli.cli.steps.summary import GOES_ON, GOES_ON_IF, on_interruption, sum_up
from devpi_cli.cli.steps.waiting import patience, wait_for, wait_options
from devpi_cli.cli.views.amounts import number
from devpi_cli.errors import (
    AlreadyThere,
    Conflict,
    DevpiError,
    Missing,
    NothingFound,
    OtherFile,
    Refused,
    ServerFailed,
    SomeFailed,
    WrongUsage,
)
from devpi_cli.indexes.contents import PUSHED, IndexContents
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from devpi_cli.cli.steps.push_target import Destination
    from devpi_cli.cli.steps.waiting import Patience
    from devpi_cli.models import Action, Index, Release, Requirement
    from devpi_cli.server.api import Server

PRIVATE = "Private ::"


@click.command(
    epilog="\b\nExamples:\n  devpi push demo alice/stable\n"
    "  devpi push demo==1.0 other==2.3 alice/stable\n"
    "  devpi push demo==1.0 pypi:testpypi --no-docs"
)
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@click.argument("target", metavar="TARGET")
@index_option("push from")
@click.option("--all", "all_", is_flag=True, help="Push all releases of NAME, not only the newest.")
@click.option("--no-docs", is_flag=True, help="Push no documentation, only distributions.")
@click.option("--only-docs", is_flag=True, help="Push documentation only.")
@click.option("--pypirc", type=click.Path(path_type=Path), metavar="FILE", help="The .pypirc to read. [~/.pypirc]")
@click.option("--register-project", is_flag=True, help="Register the project at pypi:REPO first.")
@click.option("--skip-existing", is_flag=True, help="Skip releases that TARGET already has; fail if files differ.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be pushed; change nothing.")
@wait_options()
@pass_app
def command(
    app: App,
    requirements: tuple[str, ...],
    target: str,
    index: str | None,
    all_: bool,
    no_docs: bool,
    only_docs: bool,
    pypirc: Path | None,
    register_project: bool,
    skip_existing: bool,
    dry_run: bool,
    wait_: bool,
    replicas: tuple[str, ...],
    seconds: float,
) -> None:
    """Push releases from one index to another, on this server or elsewhere.

    REQUIREMENT is NAME for the newest release, 'NAME==VERSION', or 'NAME>=1,<2' for all that match; a pre-release is
    the newest only if there is nothing else. TARGET is an index on this server, as USER/INDEX, or INDEX of the
    logged-in user; or it is pypi:REPO, with the URL and user in section [REPO] of ~/.pypirc. What the index has from
    its bases is pushed only if --index names it and 'NAME==VERSION' the release.
    """
    if no_docs and only_docs:
        raise WrongUsage("--no-docs and --only-docs leave nothing to push")
    how = patience(wait_=wait_, replicas=replicas, seconds=seconds)
    source = app.target(index)
    name, server = source.require_index(), app.connect(source)
    wanted = [parsed(typed) for typed in requirements]
    if target.startswith(PYPI):
        _require_versions(wanted)
    to = destination(app, source, target, pypirc)
    if skip_existing and to.repository:
        raise WrongUsage("--skip-existing works only with a target on this server")
    if how and to.repository:
        raise WrongUsage("--wait works only with a target on this server")
    if register_project and not to.repository:
        app.out.warn(f"--register-project is only for {PYPI}REPO: ignored for {to.name}")
    flags = {
        "no_docs": no_docs,
        "only_docs": only_docs,
        "register_project": register_project and to.repository is not None,
    }
    options = {name: True for name, chosen in flags.items() if chosen}
    _require_features(server, options)
    origin = PushSource(app, server, name, to, index is not None, all_)
    found = {
        (release.project, release.version): (release, place)
        for typed in requirements
        for release, place in origin.releases(typed)
    }
    origin.require_ways(place for _, place in found.values())
    if to.repository:
        _refuse_private([release for release, _ in found.values()], to)
        if dry_run:
            cannot_tell(app, f"whether {to.name} would take the files", "only it knows")
    place = cache(partial(require_place, server, to.name, PUSH, app))
    existing = IndexContents(server, to.name) if skip_existing else None
    _push_all(app, server, name, list(found.values()), to, options, existing, place if dry_run else None, how)


def _require_versions(wanted: Iterable[Requirement]) -> None:
    """Refuse to publish a release whose version nobody named: it cannot be taken back."""
    for each in wanted:
        if each.is_whole_project:
            raise WrongUsage(f"{each.text!r} does not say which release", hint=f"type '{each.text}==VERSION'")


def _require_features(server: Server, options: dict[str, bool]) -> None:
    """Refuse options that the server would ignore.

    If its remembered features lack one, the server is asked.
    """
    features = {name: f"push-{name.replace('_', '-')}" for name in options}
    if set(features.values()) <= set(server.features or ()):
        return
    current = discover(server.session, server.root).features
    for name, feature in features.items():
        if feature not in current:
            option = f"--{name.replace('_', '-')}"
            raise DevpiError(
                f"the server at {server.root} does not support {option}: it needs devpi-server 6.14 or newer"
            )


def _refuse_private(releases: Iterable[Release], to: Destination) -> None:
    """Refuse to publish a release with a ``Private ::`` classifier.

    That is what such a classifier is for.
    """
    for release in releases:
        classifier = next((each for each in release.classifiers if each.startswith(PRIVATE)), None)
        if classifier:
            raise DevpiError(
                f"{release.project} {release.version} has the classifier {classifier!r}: "
                f"it must not be published at {to.name}, and nothing was pushed"
            )


def _push_all(
    app: App,
    server: Server,
    index: str,
    releases: list[tuple[Release, str]],
    to: Destination,
    options: dict[str, bool],
    existing: IndexContents | None,
    target: Callable[[], Index] | None,
    how: Patience | None,
) -> None:
    """Push all releases, even if some fail; raise one error for all failures.

    ``existing`` is what the target has, if releases that are there are to be skipped. In a dry run ``target`` returns
    the index to push to, or raises if the server would refuse.
    """
    done: list[dict[str, object]] = []
    failures: dict[str, DevpiError] = {}
    document: dict[str, object] = {"index": index, "target": to.name, "releases": done}
    late: DevpiError | None = None
    pushed_so_far = partial(_pushed, done, len(releases))
    goes_on = "" if to.repository else GOES_ON if existing else GOES_ON_IF
    with ExitStack() as stack:
        stack.callback(app.out.document, document)
        stack.enter_context(on_interruption(lambda: f"{pushed_so_far()}{goes_on}"))
        tell = stack.enter_context(app.out.busy("pushing"))
        for release, place in releases:
            tell(pushed_so_far())
            name = f"{release.project} {release.version}"
            entry: dict[str, object] = {"project": release.project, "version": release.version, "log": []}
            entry["result"] = "failed"
            done.append(entry)
            try:
                if existing and _has(app, existing, release, options):
                    entry["result"] = "already there"
                    continue
                if target:
                    entry["result"] = _foresee(app, server, release, to, options, target)
                    continue
            except (OtherFile, AlreadyThere, NothingFound, Missing) as error:
                entry["failure"] = error.message
                failures[name] = error
                continue
            try:
                entry["result"] = _push(app, server, place, release, to, options, entry)
            except (Refused, SomeFailed) as error:
                entry["failure"] = error.message
                if (
                    isinstance(error, Refused) and error.status == HTTPStatus.UNAUTHORIZED
                ):  # it applies to every release
                    raise
                failures[name] = error
        late = _wait(app, server, releases, to, options, None if failures or target else how, document)
    results = Counter(str(entry["result"]) for entry in done if entry["result"] != "failed")
    pushed = results.pop("pushed", 0)
    sum_up(app, list(failures.items()), "releases pushed", done=pushed, total=len(releases), others=results)
    if late:
        raise late


def _pushed(entries: list[dict[str, object]], total: int) -> str:
    count = sum(1 for entry in entries if entry["result"] == "pushed")
    return f"{count} of {number(total, 'release')} pushed"


def _wait(
    app: App,
    server: Server,
    releases: Iterable[tuple[Release, str]],
    to: Destination,
    options: dict[str, bool],
    how: Patience | None,
    document: dict[str, object],
) -> DevpiError | None:
    """Wait until pip can install what was pushed, if that is asked for; return the error if it does not come."""
    if how is None:
        return None
    there = [release for release, _ in releases if "releasefile" in _rels(options) and release.files]
    files = {(each.project, each.version): {link.name: link.sha256 for link in each.files} for each in there}
    document["waited"], late = wait_for(app, server, to.name, files, how)
    return late


def _foresee(
    app: App,
    server: Server,
    release: Release,
    to: Destination,
    options: dict[str, bool],
    target: Callable[[], Index],
) -> str:
    """Print what a push would do, and return the result of the dry run."""
    if not any(link.rel in _rels(options) for link in release.links):
        raise NothingFound(f"no release/files found for {release.project} {release.version}")
    replaced: list[str] = []
    if not to.repository:
        volatile = bool(target().config.get("volatile"))
        is_there, replaced = IndexContents(server, to.name).foreseen(release, _rels(options), volatile=volatile)
        if is_there:
            app.out.line(f"already there: {release.project} {release.version} -> {to.name}")
            return "already there"
    app.out.line(f"skipped: push of {release.project} {release.version} to {to.name}")
    app.out.lines([f"would replace another {name} on {to.name}" for name in replaced])
    return "skipped"


def _has(app: App, existing: IndexContents, release: Release, options: dict[str, bool]) -> bool:
    """Return True if the target already has a release.

    Raises OtherFile if its files differ.
    """
    is_there = existing.has_release(release, _rels(options))
    if is_there:
        app.out.line(f"already there: {release.project} {release.version} -> {existing.index}")
    return is_there


def _push(
    app: App,
    server: Server,
    index: str,
    release: Release,
    to: Destination,
    options: dict[str, bool],
    entry: dict[str, object],
) -> str:
    """Push a release, show what the server did, and return the result."""
    target = fields_for(app, to, release.project) if to.repository else {"targetindex": to.name}
    try:
        actions = server.push(index, release.project, release.version, {**target, **options})
    except Conflict as conflict:
        if to.repository or not IndexContents(server, to.name).holds(release, conflict, _rels(options)):
            raise
        app.out.line(f"already there: {release.project} {release.version} -> {to.name}")
        return "already there"
    except ServerFailed as error:
        if to.repository:
            error.hint = f"the log of the server says whether it can reach {to.repository.url}"
        raise
    lines = [(action, _line(action, target.get("password"))) for action in actions]
    entry["log"] = [line for _, line in lines]
    for action, line in lines:
        (app.out.line if action.is_done else app.out.failure)(f"   {line}")
    if not all(action.is_done for action in actions):
        raise SomeFailed(f"push of {release.project} {release.version} to {to.name} failed", status=1)
    return "pushed"


def _line(action: Action, secret: str | None) -> str:
    """Return an action as one line.

    A repository may answer with a page, or echo the password.
    """
    text = " ".join([str(action.status), *action.words])
    if re.search("<html|<!doctype", text, re.IGNORECASE):
        text = html.unescape(re.sub(r"<(style|script|title)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL))
    text = " ".join(text.split())
    return text.replace(secret, "****") if secret else text


def _rels(options: dict[str, bool]) -> set[str]:
    """Return the kinds of files to push."""
    left_out = {"no_docs": "doczip", "only_docs": "releasefile"}
    return {*PUSHED} - {left_out.get(name) for name in options}
