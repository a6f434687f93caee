"""Write the pages that make a folder of releases an index for pip (PEP 503)."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import quote

from devpi_cli.packages.folders import PAGE, Folder
from devpi_cli.system import parts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from devpi_cli.models import Link, Release

TEMPLATE = """\
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="pypi:repository-version" content="1.0">
<title>{title}</title>
</head>
<body>
{links}
</body>
</html>
"""


def is_there(path: Path) -> bool:
    """Return True if a folder has such a page, which has to be written again after a change."""
    page = path / PAGE
    head = TEMPLATE.partition("<title>")[0].encode()
    return page.is_file() and page.read_bytes().startswith(head)


def write(path: Path) -> int:
    """Write a page for the folder, and one for each of its projects; return how many projects there are.

    A page that already says this is not touched.
    """
    folder = Folder(path)
    for project in folder.projects:
        releases = folder.releases(project)
        links = [_link(release, link) for release in releases for link in release.files]
        _write(path / project / PAGE, f"Links for {project}", sorted(links))
    _write(
        path / PAGE, "Simple index", [f'<a href="{quote(name)}/">{html.escape(name)}</a>' for name in folder.projects]
    )
    return len(folder.projects)


def _link(release: Release, link: Link) -> str:
    needed = (release.metadata or {}).get("requires_python")
    python = f' data-requires-python="{html.escape(str(needed))}"' if needed else ""
    return f'<a href="{quote(link.name)}#sha256={link.sha256}"{python}>{html.escape(link.name)}</a>'


def _write(page: Path, title: str, links: Sequence[str]) -> None:
    text = TEMPLATE.format(title=html.escape(title), links="<br>\n".join(links))
    if not page.exists() or page.read_bytes() != text.encode():
        with parts.part(page, replace=True) as file:
            file.write(text.encode())
