"""Error messages when a different server answers at the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.dists import put
from tests.support.servers import running_server
from tests.support.webservers import a_front

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.clients import Client, Member

JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html"}
IS_IT = "is this the URL of a devpi server?"


@pytest.mark.parametrize(
    ("status", "headers", "body", "exit_status", "said"),
    [
        (200, HTML, b"<html>", 1, f"HOST+api: no devpi server answers like this (text/html)\n{IS_IT}"),
        (200, JSON, b'{"a": 1}', 1, f"HOST+api: no devpi server answers like this (application/json)\n{IS_IT}"),
        (404, HTML, b"<html>", 1, f"HOST+api: 404 Not Found\n{IS_IT}"),
        (404, JSON, b'{"detail": "?"}', 4, f"HOST answered 404 Not Found\n{IS_IT}"),
        (
            401,
            {**HTML, "WWW-Authenticate": "Basic realm=x"},
            b"<html>",
            3,
            "HOST answered 401 Unauthorized\na web server in front of devpi needs a login of its own: "
            "put USER:PASSWORD@ before the host",
        ),
        (
            400,
            HTML,
            b"The plain HTTP request was sent to HTTPS port",
            1,
            "HOST answered 400 Bad Request\nthis port speaks TLS: use a URL with https://",
        ),
    ],
    ids=["page", "other API", "PyPI", "other API without it", "basic auth", "TLS"],
)
def test_a_server_that_is_no_devpi_is_said(
    devpi: Client, status: int, headers: Mapping[str, str], body: bytes, exit_status: int, said: str
) -> None:
    with a_front() as front:
        front.answers["/+api"] = status, headers, body
        assert devpi.fails("use", front.url) == (exit_status, f"{said}\n".replace("HOST", front.url))
    assert not devpi.state_file.exists()


def test_a_login_page_of_a_network_is_said(devpi: Client) -> None:
    with a_front() as front:
        front.answers["/+api"] = 302, {"Location": "/login"}, b""
        front.answers["/login"] = 200, HTML, b"<html>"
        said = (
            f"{front.url}login: no devpi server answers like this (text/html)\n"
            f"redirected from {front.url}+api: is this the login page of a network or a proxy?\n"
        )
        assert devpi.fails("use", front.url) == (1, said)


def test_a_place_that_a_redirect_leads_to_and_nobody_is_at_is_said(devpi: Client) -> None:
    with a_front() as front:
        front.answers["/+api"] = 302, {"Location": "http://127.0.0.1:1/"}, b""
        said = f"cannot reach http://127.0.0.1:1/: Connection refused\nredirected from {front.url}+api\n"
        assert devpi.fails("use", front.url) == (6, said)


def test_an_address_that_the_server_has_from_an_outside_url_and_nobody_answers_at_is_said(
    devpi: Client, tmp_path: Path
) -> None:
    called = ("--outside-url", "http://127.0.0.1:1")
    refused = "cannot reach http://127.0.0.1:1/: Connection refused"
    with running_server(tmp_path / "outside", "--no-root-pypi", options=called) as server:
        used = devpi("use", server.url)
        assert (used.stderr, used.status) == (
            "warning: the server has rewritten the url to: http://127.0.0.1:1/\n"
            f"warning: all commands will go there, and fail: {refused}; "
            "the server must be started with an --outside-url that leads to it\n",
            0,
        )
        said = f"{refused}\nis the server running, and the URL right?\n"
        assert devpi.fails("login", "root", "--password-stdin", stdin="\n") == (6, said)


def test_an_upload_to_a_mirror_says_what_to_do(member: Member, wheel: Path) -> None:
    mirror = f"{member.user}/mirror"
    member.server.create_index(mirror, {"type": "mirror", "mirror_url": "http://127.0.0.1:1/simple/"})
    hint = f"choose another index with --index, or create one based on it: 'devpi index -c NAME bases={mirror}'\n"
    url = member.server.url(mirror)
    assert member.fails("upload", "--index", mirror, wheel) == (
        1,
        f"{mirror} is a mirror and takes no uploads\n{hint}",
    )
    member.ok("use", mirror)
    assert member.fails("upload", wheel) == (1, f"{url} is a mirror: nothing can be uploaded to it\n{hint}")


@pytest.mark.parametrize(
    ("typed", "wanted"), [(["remove", "-y", "demoo"], ""), (["push", "demoo==1.0", "dev"], " matches ==1.0")]
)
def test_the_nearest_project_is_named(member: Member, typed: list[str], wanted: str) -> None:
    put(member.server, member.index, "1.0")
    said = f"no release of demoo on {member.index}{wanted}"
    hint = "did you mean 'demo'? 'devpi list' shows which projects there are"
    assert member.fails(*typed) == (4, f"{said}\n{hint}\n")
