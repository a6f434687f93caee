"""Find out which index answers for a project, as devpi-server decides it.

Source: ``sro`` and ``op_sro_check_mirror_whitelist`` in ``model.py`` of devpi-server 6.20. Bases are read breadth first
from the index asked, mirrors after all others. A project on one of the others is private: mirrors are not read for it,
unless a whitelist in force names it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from devpi_cli.errors import Missing, NotAllowed, Refused, ServerFailed
from devpi_cli.http import parallel
from devpi_cli.indexes.selection import version_of
from devpi_cli.models import newest_first, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from devpi_cli.models import Index
    from devpi_cli.server.api import Server
    from devpi_cli.server.simple import SimpleFile

Verdict = Literal["read", "nothing", "hidden", "missing", "unreachable"]


class Step(NamedTuple):
    """An index in the order of the server, and what comes of asking it.

    The order is that in which the server asks.
    """

    index: str  # type: ignore[assignment]  # hides tuple.index, which is not used
    verdict: Verdict
    is_mirror: bool = False
    because: str = ""
    versions: tuple[str, ...] = ()
    """Versions of the project on this index, newest first."""
    files: tuple[str, ...] = ()
    """Names of the project's files on this index."""


@dataclass(frozen=True)
class Resolution:
    """Which indexes answer for a project.

    ``files`` are those that they offer to pip together.
    """

    asked: str
    project: str
    steps: tuple[Step, ...]
    offered: tuple[SimpleFile, ...] = ()
    """The server's own page, in its order."""
    bases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The direct bases of each index in the order."""

    @property
    def hidden(self) -> list[Step]:
        """The mirrors that are not read."""
        return [step for step in self.steps if step.verdict == "hidden"]

    def providers(self, file: str) -> list[str]:
        """Return the indexes that have a file, in the order.

        All but the first are shadowed.
        """
        return [step.index for step in self.steps if step.verdict == "read" and file in step.files]

    @property
    def left_out(self) -> list[str]:
        """Files that indexes have but the server does not offer.

        A plugin leaves them out.
        """
        names = {file.name for file in self.offered}
        found = dict.fromkeys(name for step in self.steps if step.verdict == "read" for name in step.files)
        return [name for name in found if name not in names]


def order(asked: str, indexes: Mapping[str, Index]) -> list[str]:
    """Return the names of an index and its bases.

    The order is that in which the server asks them. A base that does not exist stands where it would be asked if it
    were no mirror.
    """
    found: list[str] = []
    mirrors: list[str] = []
    queue = [asked]
    while queue:
        name = queue.pop(0)
        if name in found or name in mirrors:
            continue
        is_mirror = name in indexes and indexes[name].is_mirror
        (mirrors if is_mirror and name != asked else found).append(name)
        queue += indexes[name].listed("bases") if name in indexes else []
    return [*found, *mirrors]


def private_on(project: str, stages: Iterable[Index], owning: Collection[str]) -> str | None:
    """Return the index that makes a project private; None if mirrors are read for it.

    ``stages`` are the indexes that are no mirrors, in the order, ``owning`` the names of those that have the project.
    The index that is asked, the first, decides whether their whitelists are united or intersected.
    """
    merged: set[str] | None = None
    private = None
    is_united = True
    for stage in stages:
        own = set(stage.listed("mirror_whitelist"))
        if merged is None:
            merged, is_united = own, stage.config.get("mirror_whitelist_inheritance", "union") == "union"
        else:
            merged = merged | own if is_united else merged & own
        if merged & {"*", project}:
            return None
        if private is None and stage.name in owning:
            private = stage.name
    return private


def resolve(
    server: Server, asked: str, project: str, *, ask_mirrors: bool = False, jobs: int | None = None
) -> Resolution:
    """Ask the server which index answers for a project.

    That takes a request for all indexes, one for each that is read, and one for the page of the project. Without
    ``ask_mirrors`` a hidden mirror is not asked, because that tells its upstream a private name.

    Raises Missing if there is no such index.
    """
    project = normalised(project)
    indexes = known_indexes(server, asked)
    names = order(asked, indexes)
    stages = [indexes[name] for name in names if name in indexes and not indexes[name].is_mirror]
    mirrors = [indexes[name] for name in names if name in indexes and indexes[name].is_mirror]
    steps = {step.index: step for step in _asked(server, stages, project, jobs)}
    private = private_on(project, stages, [name for name, step in steps.items() if step.verdict == "read"])
    read = _asked(server, mirrors if ask_mirrors or not private else (), project, jobs)
    steps |= {step.index: _hidden(step, private, project) if private else step for step in read}
    for mirror in mirrors:
        steps.setdefault(mirror.name, _hidden(Step(mirror.name, "hidden", is_mirror=True), str(private), project))
    because = "there is no such index"
    return Resolution(
        asked,
        project,
        tuple(steps.get(name) or Step(name, "missing", because=because) for name in names),
        _offered(server, asked, project),
        {name: tuple(indexes[name].listed("bases")) for name in names if name in indexes},
    )


def with_bases(server: Server, asked: str, warn: Callable[[str], None] = lambda text: None) -> list[Index]:
    """Return an index, its bases, and their bases, each with one request.

    ``warn`` is called for a base that does not exist. Raises Missing if the index itself does not exist.
    """
    found: dict[str, Index] = {}
    queue, missing = [asked], set()
    while queue:
        name = queue.pop(0)
        if name in found or name in missing:
            continue
        try:
            found[name] = server.index(name, projects=False)
        except Missing:
            if name == asked:
                raise
            warn(f"the base {name} does not exist")
            missing.add(name)
            continue
        queue += found[name].listed("bases")
    return list(found.values())


def known_indexes(server: Server, asked: str) -> dict[str, Index]:
    """Return all indexes by name.

    That takes one request, or one per index if the list of users is not public.
    """
    try:
        found = {index.name: index for user in server.users() for index in user.indexes}
    except NotAllowed:
        found = {}
    return found if asked in found else {**found, **{index.name: index for index in with_bases(server, asked)}}


def _asked(server: Server, indexes: Sequence[Index], project: str, jobs: int | None) -> list[Step]:
    """Ask indexes for a project, in parallel if the server is far away."""
    ask = partial(_step, server, project)
    return [step for _, step in parallel.answers(ask, indexes, jobs, seconds=server.session.quickest)]


def _step(server: Server, project: str, index: Index) -> Step:
    """Ask one index.

    Only the page of a mirror tells that its upstream does not answer.
    """
    try:
        if index.is_mirror:
            names = [file.name for file in server.simple_page(index.name, project).files]
            versions: Iterable[str] = {version_of(name, project) for name in names}
        else:
            releases = server.releases(index.name, project, ignore_bases=True)
            names = [file.name for release in releases for file in release.files]
            versions = [release.version for release in releases]
    except Missing:
        return Step(index.name, "nothing", index.is_mirror)
    except Refused as error:
        return Step(index.name, "unreachable", index.is_mirror, f"{error.status} {error.reason}")
    verdict: Verdict = "read" if versions else "nothing"  # no versions, if only a base has the project
    return Step(index.name, verdict, index.is_mirror, "", tuple(newest_first(versions)), tuple(names))


def _hidden(step: Step, private: str, project: str) -> Step:
    because = f"{private} has {project}, and no mirror_whitelist in force names it"
    return step._replace(verdict="hidden", because=because)


def _offered(server: Server, asked: str, project: str) -> tuple[SimpleFile, ...]:
    try:
        return server.simple_page(asked, project).files
    except (Missing, ServerFailed):  # the second if the upstream of a mirror fails; its step says so
        return ()
