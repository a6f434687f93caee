"""The command devpi push: releases from one index to another."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli import urls
from devpi_cli.auth.pypirc import Repository, default_path, repository
from devpi_cli.auth.sources import elsewhere
from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option
from devpi_cli.cli.steps.preflight import require_place
from devpi_cli.cli.steps.releases import matching_releases
from devpi_cli.cli.steps.summary import sum_up
from devpi_cli.errors import Conflict, DevpiError, OtherFile, Refused, ServerFailed, SomeFailed, WrongUsage
from devpi_cli.files import expanded
from devpi_cli.indexes.contents import PUSHED, IndexContents
from devpi_cli.models import Requirement
from devpi_cli.server import tokens
from devpi_cli.server.api import discover

if TYPE_CHECKING:
    from collections.abc import Iterable

    from devpi_cli.cli.target import Target
    from devpi_cli.models import Action, Release
    from devpi_cli.server.api import Server

PYPI = "pypi:"
PRIVATE = "Private ::"


@dataclass(frozen=True)
class Destination:
    """Where releases are pushed to: an index on the server, or a repository in ``.pypirc``."""

    name: str
    repository: Repository | None = None
    user: str = ""
    password: str = ""


@click.command(
    epilog="\b\nExamples:\n  devpi push demo==1.0 alice/stable\n  devpi push demo==1.0 other==2.3 alice/stable\n"
    "  devpi push demo==1.0 pypi:testpypi --no-docs"
)
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@click.argument("target", metavar="TARGET")
@index_option("push from")
@click.option("--no-docs", is_flag=True, help="Push no documentation, only distributions.")
@click.option("--only-docs", is_flag=True, help="Push documentation only.")
@click.option("--pypirc", type=click.Path(path_type=Path), metavar="FILE", help="The .pypirc to read. [~/.pypirc]")
@click.option("--register-project", is_flag=True, help="Register the project at pypi:REPO first.")
@click.option("--skip-existing", is_flag=True, help="Skip releases that TARGET already has; fail if files differ.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be pushed, and change nothing.")
@pass_app
def command(
    app: App,
    requirements: tuple[str, ...],
    target: str,
    index: str | None,
    no_docs: bool,
    only_docs: bool,
    pypirc: Path | None,
    register_project: bool,
    skip_existing: bool,
    dry_run: bool,
) -> None:
    """Push releases from one index to another, on this server or elsewhere.

    REQUIREMENT is 'NAME==VERSION'; 'NAME>=1,<2' pushes all matching releases. TARGET is an index on this server, as
    USER/INDEX, or INDEX of the logged-in user; or it is pypi:REPO, with the URL and user in section [REPO] of
    ~/.pypirc. Releases that the index has from its bases are not pushed.
    """
    if no_docs and only_docs:
        raise WrongUsage("--no-docs and --only-docs leave nothing to push")
    source = app.target(index)
    name, server = source.require_index(), app.connect(source)
    wanted = [_parse(app, typed) for typed in requirements]
    to = _destination(app, source, target, pypirc)
    if skip_existing and to.repository:
        raise WrongUsage("--skip-existing works only with a target on this server")
    if register_project and not to.repository:
        app.out.warn(f"--register-project is only for {PYPI}REPO: ignored for {to.name}")
    flags = {
        "no_docs": no_docs,
        "only_docs": only_docs,
        "register_project": register_project and to.repository is not None,
    }
    options = {name: True for name, chosen in flags.items() if chosen}
    _require_features(server, options)
    found = {(r.project, r.version): r for each in wanted for r in matching_releases(app, server, name, each)}
    if to.repository:
        _refuse_private(found.values(), to)
    elif dry_run:
        require_place(server, to.name)
    existing = IndexContents(server, to.name) if skip_existing else None
    _push_all(app, server, name, list(found.values()), to, options, existing, dry_run=dry_run)


def _parse(app: App, typed: str) -> Requirement:
    """Parse a requirement; like devpi-client, accept NAME-VERSION with a warning."""
    old = re.fullmatch(r"([A-Za-z0-9][\w.-]*)-(\d[\w.!+]*)", typed)
    if old:
        app.out.warn(f"{typed!r} is deprecated: type '{old[1]}=={old[2]}'")
    wanted = Requirement.parse(f"{old[1]}=={old[2]}" if old else typed)
    if wanted.is_whole_project:
        raise WrongUsage(f"{typed!r} does not say which release", hint=f"type '{typed}==VERSION'")
    return wanted


def _destination(app: App, source: Target, typed: str, pypirc: Path | None) -> Destination:
    if not typed.startswith(PYPI):
        return Destination(_index_here(source, typed))
    path = expanded(pypirc) if pypirc else default_path()
    to = repository(path, typed.removeprefix(PYPI))
    urls.checked(to.url)
    instead = f"write it into section [{to.name}] of {path}"
    user, password = to.user, to.password
    if password is None and (found := elsewhere(to, app.out.debug)):
        user, password = found.user, found.secret
    user = user or app.out.ask(f"user at {urls.hide(to.url)}:", instead)
    if password is None:
        password = app.out.ask_password(f"password for user {user} at {urls.hide(to.url)}:", instead)
    return Destination(typed, to, user, password)


def _index_here(source: Target, typed: str) -> str:
    """Return ``user/index`` of an index on the same server."""
    if not urls.is_url(typed):
        return source.index_named(typed)
    place = urls.index_place(typed, [source.root])
    if place.root != source.root:
        raise WrongUsage(
            f"{urls.hide(typed)} is not on the server {source.root}",
            hint=f"add a section for it to ~/.pypirc, and push to {PYPI}SECTION",
        )
    return str(place.index)


def _require_features(server: Server, options: dict[str, bool]) -> None:
    """Refuse options that the server would ignore; ask it if its remembered features lack one."""
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
    """Refuse to publish a release with a ``Private ::`` classifier, which exists to prevent that."""
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
    releases: list[Release],
    to: Destination,
    options: dict[str, bool],
    existing: IndexContents | None,
    *,
    dry_run: bool,
) -> None:
    """Push all releases, even if some fail; raise one error for all failures."""
    done: list[dict[str, object]] = []
    failures: dict[str, DevpiError] = {}
    try:
        for release in releases:
            name = f"{release.project} {release.version}"
            entry: dict[str, object] = {"project": release.project, "version": release.version, "log": []}
            entry["result"] = "failed"
            done.append(entry)
            try:
                if existing and _has(app, existing, release, options):
                    entry["result"] = "already there"
                    continue
            except OtherFile as error:
                entry["failure"] = error.message
                failures[name] = error
                continue
            if dry_run:
                app.out.line(f"skipped: push of {name} to {to.name}")
                entry["result"] = "skipped"
                continue
            try:
                entry["result"] = _push(app, server, index, release, to, options, entry)
            except (Refused, SomeFailed) as error:
                entry["failure"] = error.message
                if (
                    isinstance(error, Refused) and error.status == HTTPStatus.UNAUTHORIZED
                ):  # it applies to every release
                    raise
                failures[name] = error
    finally:
        app.out.document({"index": index, "target": to.name, "releases": done})
    sum_up(app, list(failures.items()), "releases pushed", done=len(releases) - len(failures), total=len(releases))


def _has(app: App, existing: IndexContents, release: Release, options: dict[str, bool]) -> bool:
    """Return True if the target already has a release. Raises OtherFile if its files differ."""
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
    target = _post(app, to, release.project) if to.repository else {"targetindex": to.name}
    try:
        actions = server.push(index, release.project, release.version, {**target, **options})
    except Conflict as conflict:
        if to.repository or not IndexContents(server, to.name).holds(release, conflict, _rels(options)):
            raise
        app.out.line(f"already there: {release.project} {release.version} -> {to.name}")
        return "already there"
    except ServerFailed as error:
        if to.repository:
            error.hint = f"can the server reach {urls.hide(to.repository.url)}? Its log has the details"
        raise
    lines = [(action, _line(action, target.get("password"))) for action in actions]
    entry["log"] = [line for _, line in lines]
    for action, line in lines:
        (app.out.line if action.is_done else app.out.failure)(f"   {line}")
    if not all(action.is_done for action in actions):
        raise SomeFailed(f"push of {release.project} {release.version} to {to.name} failed", status=1)
    return "pushed"


def _post(app: App, to: Destination, project: str) -> dict[str, str]:
    """Return where and as whom the server is to upload; a token is narrowed to just that."""
    url = to.repository.url if to.repository else ""
    password = to.password
    if tokens.is_token(password):
        narrowed = tokens.narrowed(password, project)
        if narrowed:
            app.out.note(f"the server gets a token for {project} only, valid for {tokens.TOKEN_SECONDS} seconds")
        else:
            app.out.warn("the server gets the token unrestricted: to narrow it, pip install 'devpi-cli[tokens]'")
        password = narrowed or password
    return {"posturl": url, "username": to.user, "password": password}


def _line(action: Action, secret: str | None) -> str:
    """Return an action as one line; a repository may answer with a page, or echo the password."""
    text = " ".join([str(action.status), *action.words])
    if re.search("<html|<!doctype", text, re.IGNORECASE):
        text = html.unescape(re.sub(r"<(style|script|title)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL))
    text = urls.hide(" ".join(text.split()))
    return text.replace(secret, "****") if secret else text


def _rels(options: dict[str, bool]) -> set[str]:
    """Return the kinds of files to push."""
    left_out = {"no_docs": "doczip", "only_docs": "releasefile"}
    return {*PUSHED} - {left_out.get(name) for name in options}
