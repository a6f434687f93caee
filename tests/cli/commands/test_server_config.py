from __future__ import annotations

import json
import plistlib
import re
import subprocess
import sys
from shlex import quote
from typing import TYPE_CHECKING

import pytest

from tests.support.ports import free_port
from tests.support.terminal import needs

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

    from tests.support.clients import Client

ODD = "data with a space, 100% and $HOME"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / ODD


def test_systemd_accepts_the_unit(devpi: Client, place: Path, tmp_path: Path) -> None:
    """S25: absolute paths, a user of its own, a restart on failure, also for odd paths."""
    needs("systemd-analyze")
    options = ("--serverdir", place, "--port", 4040, "--outside-url", "https://devpi.example", "-o", tmp_path)
    written = devpi("server", "config", "systemd", *options)
    assert (written.lines, written.status) == ([f"written: {tmp_path / 'devpi-server.service'}"], 0)
    assert (
        written.stderr == f"warning: {place} does not exist: type 'devpi server init --serverdir {quote(str(place))}'\n"
    )
    unit = tmp_path / "devpi-server.service"
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, unit.name in done.stderr) == (0, False), done.stderr
    text = unit.read_text()
    assert {"User=devpi", "Restart=on-failure", "Type=exec", "UMask=0077", "ProtectSystem=strict"} <= set(
        text.splitlines()
    )
    (start,) = re.findall("^ExecStart=(.*)$", text, re.MULTILINE)
    assert start.startswith(f"{sys.executable} -P -m devpi_cli server run --serverdir ")
    assert f'"{tmp_path}/data with a space, 100%% and $$HOME"' in start
    assert devpi.fails("server", "config", "systemd", *options) == (
        5,
        f"{written.stderr}{unit} exists\nmove it away, or leave out --output to print the new one\n",
    )
    assert unit.read_text() == text


@pytest.mark.parametrize(("scheme", "replicas"), [("http", 0), ("https", 0), ("https", 2)])
def test_nginx_accepts_the_site(
    devpi: Client, tmp_path: Path, place: Path, ca: trustme.CA, scheme: str, replicas: int
) -> None:
    """S25: IPv6, TLS, bodies as large as the server's, which are not collected, reads to replicas."""
    needs("nginx")
    certificate = ca.issue_cert("devpi.example")
    certificate.private_key_pem.write_to_path(tmp_path / "a key")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert")
    typed = ["--serverdir", place, "--outside-url", f"{scheme}://devpi.example:{free_port()}"]
    typed += ["--certificate", tmp_path / "cert", "--key", tmp_path / "a key"]
    for number in range(replicas):
        typed += ["--replica", f"http://10.0.0.{number}:3141"]
    site = "\n".join(devpi.ok("server", "config", "nginx", *typed))
    (tmp_path / "site").write_text(site)
    settings = tmp_path / "nginx.conf"
    settings.write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n"
        f"client_body_temp_path {tmp_path}/body;\nproxy_temp_path {tmp_path}/proxy;\ninclude {tmp_path}/site;\n}}\n"
    )
    done = subprocess.run(["nginx", "-t", "-c", settings], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "client_max_body_size 1073741824;" in site
    assert "proxy_request_buffering off;" in site
    assert "listen [::]:" in site
    assert site.count("server 10.0.0.") == replicas
    assert ("server 127.0.0.1:3141 backup;" in site) == bool(replicas)


def test_launchd_gets_a_property_list(devpi: Client, place: Path) -> None:
    text = devpi("server", "config", "launchd", "--serverdir", place, "--user", "alice").stdout
    found = plistlib.loads(text.encode())
    assert (found["UserName"], found["KeepAlive"], found["Umask"]) == ("alice", {"SuccessfulExit": False}, 0o077)
    assert found["ProgramArguments"][:7] == [sys.executable, "-P", "-m", "devpi_cli", "server", "run", "--serverdir"]
    assert str(place) in found["ProgramArguments"]


def test_whose_the_data_is_is_said(devpi: Client, stocked_serverdir: Path) -> None:
    owner, path = stocked_serverdir.owner(), stocked_serverdir
    warning = f"warning: {path} belongs to {owner}, and bob is to run it: type 'chown -R bob {path}'\n"
    assert devpi("server", "config", "systemd", "--serverdir", path, "--user", "bob").stderr == warning
    assert devpi("server", "config", "systemd", "--serverdir", path, "--user", owner).stderr == ""


def test_our_commands_read_the_settings_file(devpi: Client, stocked_serverdir: Path, tmp_path: Path) -> None:
    typed = ("--serverdir", stocked_serverdir, "--host", "127.0.0.1", "--port", free_port())
    document = json.loads("\n".join(devpi.ok("server", "config", "yml", *typed, "-o", tmp_path, "--json")))
    assert document == {
        "kind": "yml",
        "path": str(tmp_path / "devpi-server.yml"),
        "text": (tmp_path / "devpi-server.yml").read_text(),
    }
    (line,) = devpi.ok("server", "run", "-n", "-c", document["path"])
    assert line == f"would run a server: {stocked_serverdir} at http://127.0.0.1:{typed[-1]}/"


PROBLEMS = [
    ("nginx", 2, "nginx needs --outside-url, such as https://devpi.example\n"),
    ("nginx --outside-url ftp://x", 2, "'ftp://x' is not the URL of a server\n"),
    ("nginx --outside-url https://x;evil", 2, "'https://x;evil' is not the URL of a server\n"),
    ("nginx --outside-url https://x/devpi", 2, "'https://x/devpi' has a path, and this nginx serves the server at "
     "its root\n"),
    ("nginx --outside-url https://x --replica https://y", 2, "'https://y' is not a replica as nginx reaches it, such "
     "as http://10.0.0.7:3141\n"),
    ("nginx --outside-url http://x:99999", 2, "'http://x:99999' is not the URL of a server\n"),
    ("nginx --outside-url http://x --replica http://y:99999", 2, "'http://y:99999' is not the URL of a server\n"),
    ("yml -o nothere", 1, "cannot write HOME/nothere/devpi-server.yml: No such file or directory\n"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "status", "said"), PROBLEMS)
def test_problems(devpi: Client, place: Path, typed: str, status: int, said: str) -> None:
    found = devpi.fails("server", "config", *typed.split(), "--serverdir", place)
    assert found == (status, said.replace("HOME", str(devpi.home)))
