"""Read core metadata of every age leniently, as the form of an upload.

``packaging`` and twine are for metadata that follow the rules: they split keywords, keep the blanks of old descriptions
and set aside what is repeated or not UTF-8. Here all that the server has a field for is sent as it stands in the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from devpi_cli.errors import BrokenDistribution
from devpi_cli.packages import archives

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The fields of the form, which devpi-server names as the old PyPI did. One that can be repeated is a list.
SINGLE = (
    *("Metadata-Version", "Name", "Version", "Summary", "Description", "Keywords", "Home-page", "Download-URL"),
    *("Author", "Author-email", "Maintainer", "Maintainer-email", "License", "License-Expression"),
    *("Requires-Python", "Description-Content-Type"),
)
LISTS = (
    *("Platform", "Supported-Platform", "Requires", "Provides", "Obsoletes", "Requires-Dist", "Provides-Dist"),
    *("Obsoletes-Dist", "Requires-External", "Dynamic", "License-File"),
)
RENAMED = {
    "classifier": "classifiers",
    "project-url": "project_urls",
    "provides-extra": "provides_extras",
    "import-name": "import_names",
    "import-namespace": "import_namespaces",
}
LIST_FIELDS = RENAMED | {header.lower(): header.lower().replace("-", "_") for header in LISTS}
FIELDS = LIST_FIELDS | {header.lower(): header.lower().replace("-", "_") for header in SINGLE}
HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]*)[ \t]*:", re.MULTILINE)
# In metadata 1.0 to 1.2 nothing comes after the headers, but a licence or a summary may have empty lines.
OLD = re.compile(rb"Metadata-Version:[ \t]*1\.", re.IGNORECASE)
KNOWN = re.compile(rb"^(%b)[ \t]*:" % "|".join(FIELDS).encode(), re.MULTILINE | re.IGNORECASE)
# Before each further line of a description that stands in a header: what distutils writes, and what PEP 345 wants.
INDENT = re.compile(r"^(?: {8}| {7}\|)", re.MULTILINE)
MOST_HEADERS = 2 * archives.MIB  # The longest real ones are descriptions of a tenth of it.
NOTHING = "UNKNOWN"  # what distutils writes in place of nothing
# An .exe made by wininst has an INI file, which ends in NUL, before its zip.
WININST_HEAD = 1024 * 1024
WININST_NAMES = {"url": "home_page", "description": "summary"}


class Metadata(NamedTuple):
    """The metadata of a distribution, and where they were found."""

    member: str
    fields: dict[str, object]
    content: bytes = b""
    has_old_description: bool = False
    """The description is a header, which has been without its indent since it was read."""
    others: tuple[str, ...] = ()
    """Members that could have been meant instead: a wheel has one folder ``.dist-info``."""

    @property
    def is_enough(self) -> bool:
        """What a server needs: a name and a version."""
        return bool(self.fields.get("name") and self.fields.get("version"))


def find(path: Path) -> Metadata:
    """Return the metadata in a distribution.

    Raises BrokenDistribution without name or version and for a zip bomb, and ``archives.DAMAGE``.
    """
    rank = _rank_in_wheel if path.name.lower().endswith(".whl") else _rank
    best, worst, others = None, None, []
    for text in archives.texts(path, rank):
        if text.rank[0] == 0 and rank is _rank_in_wheel:
            others.append(text.name)
        if best and text.rank > best[0]:
            continue
        found = parse(text.read(), text.name)
        if found.is_enough:
            best = (text.rank, found)
        else:
            worst = found
    if best:
        return best[1]._replace(others=tuple(name for name in others if name != best[1].member))
    return _from_wininst(path) or _nothing(worst, rank)


def _rank(name: str) -> archives.Rank | None:
    """Rank ``PKG-INFO`` by its depth.

    After it come ``*.egg-info`` files, of which old installers have one.
    """
    depth, base = name.count("/"), name.rpartition("/")[2]
    if base == "PKG-INFO":
        return (0, depth, name)
    return (1, depth, name) if base.endswith(".egg-info") else None


def _rank_in_wheel(name: str) -> archives.Rank | None:
    folder, _, base = name.rpartition("/")
    if base != "METADATA":
        return None
    depth = name.count("/")
    return (0 if depth == 1 and folder.endswith(".dist-info") else 1, depth, name)


def _nothing(worst: Metadata | None, rank: object) -> Metadata:
    """Raise BrokenDistribution; ``worst`` are metadata that are not enough."""
    if worst is None:
        name = "METADATA" if rank is _rank_in_wheel else "PKG-INFO"
        raise BrokenDistribution(f"no metadata in it (no {name}), so it is not a distribution")
    missing = " and no ".join(key for key in ("name", "version") if not worst.fields.get(key))
    raise BrokenDistribution(f"no {missing} in its metadata, {worst.member}")


def parse(content: bytes, member: str = "") -> Metadata:
    """Parse the text of ``METADATA`` or ``PKG-INFO``, which may be anything.

    Raises BrokenDistribution for headers that would take too much time and memory.
    """
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").lstrip(b"\n")
    head, body, pattern = _split(content)
    if len(head) > MOST_HEADERS:
        raise BrokenDistribution(
            f"the headers in {member!r} are longer than {MOST_HEADERS // archives.MIB} MiB: not read"
        )
    lists: dict[str, list[str]] = {}
    fields: dict[str, object] = {}
    for written, raw in _headers(head, pattern):
        header = written.lower()
        name = FIELDS.get(header)
        value = _value(name, _decoded(raw)) if name else ""
        if name and value:
            if header in LIST_FIELDS:
                lists.setdefault(name, []).append(value)
            else:
                fields.setdefault(name, value)
    is_old = "description" in fields
    description = _decoded(body)
    if description.strip() not in ("", NOTHING):
        fields["description"] = description
        is_old = False
    return Metadata(member, fields | lists, content, is_old)


def unknown_headers(found: Metadata) -> set[str]:
    """Return the names of headers for which there is no field."""
    head, _, pattern = _split(found.content)
    return {name.lower() for name, _ in _headers(head, pattern)} - FIELDS.keys() - {""}


def modernised(old: Metadata) -> bytes:
    """Return metadata with the description below the headers.

    It has been there since 2018.
    """
    head, _, pattern = _split(old.content)
    kept = (
        b"%b:%b" % (name.encode(), raw)
        for name, raw in _headers(head, pattern)
        if name.lower() not in ("", "description")
    )
    return b"%b\n\n%b" % (b"".join(kept).rstrip(), str(old.fields["description"]).encode())


def _split(content: bytes) -> tuple[bytes, bytes, re.Pattern[bytes]]:
    """Return headers, description, and what the beginning of a header looks like."""
    head, _, body = content.partition(b"\n\n")
    if OLD.match(head) and KNOWN.search(body, 0, MOST_HEADERS):
        return content, b"", KNOWN
    return head, body, HEADER


def _headers(head: bytes, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """Split headers.

    Any line that does not look like one continues the one before it.
    """
    name, start = "", 0
    for found in pattern.finditer(head):
        yield name, head[start : found.start()]
        name, start = found[1].decode(), found.end()
    yield name, head[start:]


def _decoded(raw: bytes) -> str:
    """Decode UTF-8, or what stands for Latin-1 in metadata older than the rule."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _value(name: str, raw: str) -> str:
    """Return the value of a header: one line, except where lines matter."""
    text = raw.strip()
    if text == NOTHING and name not in ("name", "version"):
        return ""
    if name == "description":
        return INDENT.sub("", text)
    return ("\n" if name == "license" else " ").join(line.strip() for line in text.split("\n"))


def _from_wininst(path: Path) -> Metadata | None:
    """Return what an installer shows in its window.

    The oldest have no metadata in their zip.
    """
    if not path.name.lower().endswith(".exe"):
        return None
    with path.open("rb") as file:
        _, _, settings = file.read(WININST_HEAD).partition(b"[metadata]")
    fields: dict[str, object] = {}
    for line in re.split(rb"\0|\n\[", settings, maxsplit=1)[0].splitlines():
        key, _, value = _decoded(line).partition("=")
        name, value = WININST_NAMES.get(key.strip(), key.strip()), value.strip().replace("\\n", "\n")
        if name in FIELDS.values() and value not in ("", NOTHING):
            fields[name] = value
    metadata = Metadata("[metadata]", fields)
    return metadata if metadata.is_enough else None
