"""A server with canned replies, for indexes larger than a test could upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.webservers import Front

FILLING = "-framework"
SCATTERED = 2_654_435_761  # it is odd, so that all are different
CANNED = "root/dev"


def can_index(front: Front) -> None:
    """Let the server say what it has to say of the index when it is put in use."""
    index = f"{front.url}{CANNED}"
    places = {"login": f"{front.url}+login", "index": index, "simpleindex": f"{index}/+simple/"}
    said = {**places, "pypisubmit": f"{index}/", "authstatus": ["noauth", "", []], "features": []}
    front.answer(f"/{CANNED}/+api", said, kind="apiconfig")


def can_names(front: Front, count: int, reply: Path) -> None:
    """Let the index have so many projects, in order, as devpi-server gives them; write the reply to a file, too."""
    names = (f"{number * SCATTERED % 2**32:x}{FILLING[number % 12 :]}" for number in range(count))
    index = {"type": "stage", "bases": [], "volatile": True, "projects": sorted(names)}
    front.answer(f"/{CANNED}", index, kind="indexconfig")
    reply.write_bytes(front.answers[f"/{CANNED}"][2])


def can_versions(front: Front, count: int) -> None:
    """Let the index have a project ``big`` with so many versions, a file each; each can be removed, and stays."""
    versions = {}
    for number in range(count):
        version = f"{number // 100}.{number // 10 % 10}.{number % 10}"
        digest = f"{number:064x}"
        href = f"{front.url}{CANNED}/+f/{digest[-3:]}/{digest[:13]}/big-{version}.tar.gz"
        log = [{"what": "upload", "who": "root", "when": [2026, 1, 1, 0, 0, 0], "dst": CANNED}]
        link = {"rel": "releasefile", "href": href, "hashes": {"sha256": digest}, "log": log}
        front.answer(f"/{CANNED}/big/{version}")
        versions[version] = {"name": "big", "version": version, "+links": [link], "classifiers": []}
    front.answer(f"/{CANNED}/big", versions, kind="projectconfig")


def can_pages(front: Front, projects: int, kilobytes: int) -> None:
    """Let the index have so many projects, each with a page of so many kilobytes about two old releases."""
    names = [f"project-{number:04}" for number in range(projects)]
    index = {"type": "stage", "bases": [], "volatile": True, "acl_upload": ["root"], "projects": names}
    front.answer(f"/{CANNED}", index, kind="indexconfig")
    log = [{"what": "upload", "who": "root", "when": [2026, 1, 1, 0, 0, 0], "dst": CANNED}]
    for name in names:
        page = {}
        for version in ("1.0.dev1", "1.0.dev2"):
            href = f"{front.url}{CANNED}/+f/000/0000000000000/{name}-{version}.tar.gz"
            link = {"rel": "releasefile", "href": href, "hashes": {"sha256": "0" * 64}, "log": log}
            described = {"name": name, "version": version, "description": "x" * (kilobytes * 500)}
            page[version] = {**described, "+links": [link]}
        front.answer(f"/{CANNED}/{name}", page, kind="projectconfig")
