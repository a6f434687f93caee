"""Compare the files of two places: what does one have that the other has not, or has otherwise?

Files and documentation are the same by name and SHA-256. A tox result has no name of its own, as the server names it by
the time of its arrival: it is the same if it is about the same file and has the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.models import Link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FILE, DOCS, RESULT = "releasefile", "doczip", "toxresult"
ALL = (FILE, DOCS, RESULT)


class Comparison(NamedTuple):
    """The files of two places, each of which stands in one of four lists."""

    only_a: tuple[Link, ...] = ()
    only_b: tuple[Link, ...] = ()
    different: tuple[tuple[Link, Link], ...] = ()
    """Files of the same name with other bytes, or with a hash that one place does not know."""
    same: tuple[tuple[Link, Link], ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both have the same files."""
        return not (self.only_a or self.only_b or self.different)


def compare(a: Iterable[Link], b: Iterable[Link], rels: Collection[str] = ALL) -> Comparison:
    """Compare the files of these kinds, in the order of ``a`` and then of ``b``."""
    first = {identity(link): link for link in a if link.rel in rels}
    second = {identity(link): link for link in b if link.rel in rels}
    pairs = [(link, second[key]) for key, link in first.items() if key in second]
    return Comparison(
        tuple(link for key, link in first.items() if key not in second),
        tuple(link for key, link in second.items() if key not in first),
        tuple(pair for pair in pairs if not is_same(*pair)),
        tuple(pair for pair in pairs if is_same(*pair)),
    )


def identity(link: Link) -> tuple[str, ...]:
    """Return what a file has to share with that of another place to be compared with it."""
    if link.rel == RESULT:
        return link.rel, Link(link.for_url or "").name, hash_of(link)
    return link.rel, link.name


def is_same(one: Link, other: Link) -> bool:
    """Return True if two files are known to have the same bytes."""
    if one.sha256 and other.sha256:
        return one.sha256 == other.sha256
    return one.hash_spec is not None and one.hash_spec == other.hash_spec


def has_digest(link: Link, sha256: str) -> bool:
    """Return True if a file is known to have this SHA-256."""
    return link.sha256 == sha256


def hash_of(link: Link) -> str:
    """Return the SHA-256 of a file, or else what is known of it."""
    return link.sha256 or link.hash_spec or "unknown"


def metadata_differences(
    a: Mapping[str, object], b: Mapping[str, object], fields: Collection[str] | None = None
) -> list[str]:
    """Return the names of the fields whose values differ, sorted; ``fields`` limits them.

    Blanks at the ends of lines do not count: a form changes line ends on its way.
    """
    names = a.keys() | b.keys() if fields is None else fields
    return sorted(name for name in names if _plain(a.get(name)) != _plain(b.get(name)))


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(item) for item in value] or ""
    return "\n".join(line.rstrip() for line in str(value or "").splitlines()).strip()
