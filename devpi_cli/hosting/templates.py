"""Write settings for what runs a devpi-server and for what is in front of it: systemd, launchd, nginx, devpi-server."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from devpi_cli.errors import DevpiError, WrongUsage
from devpi_cli.hosting import storage as storages
from devpi_cli.hosting.settings import yaml
from devpi_cli.system.files import PRIVATE

if TYPE_CHECKING:
    from devpi_cli.hosting.runs import Run

MOST_BODY = 1073741824
"""The largest upload that devpi-server takes if nothing else is set."""
# Above what the stretching of a secret takes on a slow machine, and a long queue of changes after it.
START_SECONDS = 300
READ_SECONDS = 600
NAMES = {
    "systemd": "devpi-server.service",
    "nginx": "devpi-nginx.conf",
    "launchd": "net.devpi.server.plist",
    "yml": "devpi-server.yml",
}
HOMES = ("/home", "/root", "/run/user")
NEW_LINE = "\n"
SAFE = re.compile(r"[\w@%+=:,./\[\]-]+")


@dataclass(frozen=True)
class Site:
    """A server as others reach it."""

    run: Run
    user: str
    outside_url: str | None = None
    replicas: tuple[str, ...] = ()
    certificate: str = "/etc/ssl/certs/devpi.pem"
    key: str = "/etc/ssl/private/devpi.key"

    @property
    def command(self) -> list[str]:
        """What runs the server; all paths in it are absolute.

        Raises DevpiError for a storage with settings that the server cannot find by itself: they may be secret.
        """
        on, run = self.run.on, self.run
        if on.private_settings() and storages.remembered(on.path) != on.storage:
            raise DevpiError(
                f"{on.path} does not remember its storage, which is not written into this file: it may have a password",
                hint="make it with 'devpi server init --storage …', or name a settings file with -c",
            )
        known = ["-c", str(on.settings.path)] if on.settings.path else []
        place = ["--host", run.host, "--port", str(run.port), "--secretfile", str(run.secret)]
        outside = ["--", "--outside-url", self.outside_url] if self.outside_url else []
        return [sys.executable, "-P", "-m", "devpi_cli", "server", "run", *known, *on.options(), *place, *outside]

    @property
    def stretching(self) -> dict[str, str]:
        """The variables by which the server stretches its secret, if not as usual."""
        return self.run.stretching.variables() if self.run.stretching else {}

    @property
    def most_body(self) -> int:
        """The largest upload that the server takes."""
        found = str(self.run.on.settings.get("max-request-body-size") or MOST_BODY)
        return int(found) if found.isdigit() else MOST_BODY


def mode(kind: str, site: Site) -> int:
    """Return the mode of a file: a password is in it only if it is in the storage, in the settings of devpi-server."""
    storage = site.run.on.storage
    return PRIVATE if kind == "yml" and storage and storage.has_password else 0o644


def text(kind: str, site: Site) -> str:
    """Return the text of a file. Raises WrongUsage if something is missing for it."""
    return {"systemd": systemd, "nginx": nginx, "launchd": launchd, "yml": yml}[kind](site)


def systemd(site: Site) -> str:
    """Return a unit for systemd."""
    serverdir = site.run.on.path
    is_at_home = any(str(path).startswith(HOMES) for path in (serverdir, Path(sys.executable), site.run.secret))
    variables = [f"Environment={name}={value}" for name, value in site.stretching.items()]
    return f"""\
[Unit]
Description=devpi-server on {_unit(str(serverdir), quoted=False)}
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User={site.user}
{NEW_LINE.join([*variables, f"ExecStart={' '.join(map(_unit, site.command))}"])}
Restart=on-failure
RestartSec=5
TimeoutStartSec={START_SECONDS}
TimeoutStopSec=60
UMask=0077
LimitNOFILE=65536

NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHome={"read-only" if is_at_home else "yes"}
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
ReadWritePaths={_unit(str(serverdir))}
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictSUIDSGID=yes

[Install]
WantedBy=multi-user.target
"""


def _unit(word: str, *, quoted: bool = True) -> str:
    """Return a word as systemd reads it."""
    escaped = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$").replace("\n", " ")
    return escaped if not quoted or SAFE.fullmatch(word) else '"' + escaped.replace('"', '\\"') + '"'


def launchd(site: Site) -> str:
    """Return a property list for launchd."""
    import plistlib

    log = str(site.run.on.path / "devpi-server.log")
    job = {
        "Label": "net.devpi.server",
        "ProgramArguments": site.command,
        "UserName": site.user,
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "Umask": 0o077,
        **({"EnvironmentVariables": site.stretching} if site.stretching else {}),
        "StandardOutPath": log,
        "StandardErrorPath": log,
    }
    return plistlib.dumps(job).decode()


def yml(site: Site) -> str:
    """Return a settings file for devpi-server itself."""
    run = site.run
    role = "primary" if site.replicas else run.on.nodeinfo.get("role") if run.on.exists else None
    values = {
        "serverdir": str(run.on.path),
        "storage": run.on.storage.value if run.on.storage else None,
        "host": run.host,
        "port": str(run.port),
        "secretfile": str(run.secret),
        "outside-url": site.outside_url,
        "role": {"master": "primary"}.get(str(role), role),
        "trusted-proxy": "127.0.0.1" if site.outside_url else None,
        **(run.stretching.settings() if run.stretching else {}),
    }
    lines = [yaml(name, value) for name, value in values.items() if value]
    return "\n".join(["devpi-server:", *lines]) + "\n"


def _split(url: str) -> SplitResult:
    """Return the parts of a URL. Raises WrongUsage for a port that is none."""
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018 (it is read)
    except ValueError:
        raise WrongUsage(f"{url!r} is not the URL of a server") from None
    return parts


def nginx(site: Site) -> str:
    """Return a site for nginx, to be included in its ``http``. Raises WrongUsage without an outside URL."""
    if not site.outside_url:
        raise WrongUsage("nginx needs --outside-url, such as https://devpi.example")
    where = _split(site.outside_url)
    if where.scheme not in ("http", "https") or not re.fullmatch(r"[\w.-]+", where.hostname or ""):
        raise WrongUsage(f"{site.outside_url!r} is not the URL of a server")
    if where.path.strip("/"):
        raise WrongUsage(f"{site.outside_url!r} has a path, and this nginx serves the server at its root")
    is_tls = where.scheme == "https"
    port = where.port or (443 if is_tls else 80)
    reads = [*(f"    server {_address(url)};" for url in site.replicas), f"    server {_own(site)} backup;"]
    upstreams = [f"upstream devpi_primary {{\n    server {_own(site)};\n    keepalive 16;\n}}"]
    if site.replicas:
        upstreams.append("upstream devpi_reads {\n" + "\n".join([*reads, "    keepalive 16;"]) + "\n}")
        upstreams.append(
            "map $request_method $devpi_upstream {\n    default devpi_primary;\n    GET devpi_reads;\n"
            "    HEAD devpi_reads;\n}"
        )
    tls = [f"    ssl_certificate {_word(site.certificate)};", f"    ssl_certificate_key {_word(site.key)};"]
    way = " ssl" if is_tls else ""
    server = [
        "server {",
        f"    server_name {where.hostname};",
        f"    listen {port}{way};",
        f"    listen [::]:{port}{way};",
        *(tls if is_tls else []),
        "",
        "    # as large as devpi-server takes, and passed on while it arrives",
        f"    client_max_body_size {site.most_body};",
        "    proxy_request_buffering off;",
        "    proxy_http_version 1.1;",
        '    proxy_set_header Connection "";',
        "    proxy_set_header Host $http_host;",
        "    proxy_set_header X-Real-IP $remote_addr;",
        f"    proxy_set_header X-outside-url {where.scheme}://$http_host;",
        f"    proxy_read_timeout {READ_SECONDS}s;",
        "    gzip on;",
        "    gzip_proxied any;",
        "    gzip_types text/plain text/css application/json application/vnd.pypi.simple.v1+json"
        " application/javascript;",
        "",
        "    location / {",
        f"        proxy_pass http://{'$devpi_upstream' if site.replicas else 'devpi_primary'};",
        "    }",
        *(_only_primary() if site.replicas else []),
        "}",
    ]
    forward = ["server {", f"    server_name {where.hostname};", "    listen 80;", "    listen [::]:80;",
               "    return 301 https://$host$request_uri;", "}"]  # fmt: skip
    parts = [*upstreams, "\n".join(server), *(["\n".join(forward)] if is_tls and port == 443 else [])]  # noqa: PLR2004 (https)
    return "\n\n".join(parts) + "\n"


def _only_primary() -> list[str]:
    """Return what only the primary may answer: replicas ask it for changes, and others how it is."""
    return [
        "",
        r"    location ~ ^/\+(changelog|status|api|authcheck) {",
        "        proxy_pass http://devpi_primary;",
        "    }",
    ]


def _own(site: Site) -> str:
    host = site.run.host if site.run.host not in ("0.0.0.0", "::", "*", "localhost") else "127.0.0.1"  # noqa: S104 (not bound)
    return f"[{host}]:{site.run.port}" if ":" in host else f"{host}:{site.run.port}"


def _address(url: str) -> str:
    """Return host and port of a replica. Raises WrongUsage for another URL."""
    where = _split(url if "://" in url else f"http://{url}")
    if where.scheme != "http" or not where.hostname or not re.fullmatch(r"[\w.:-]+", where.hostname):
        raise WrongUsage(f"{url!r} is not a replica as nginx reaches it, such as http://10.0.0.7:3141")
    host = f"[{where.hostname}]" if ":" in where.hostname else where.hostname
    return f"{host}:{where.port or 80}"


def _word(path: str) -> str:
    return path if SAFE.fullmatch(path) else '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
