"""What the commands that let pip fetch from an index share."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from devpi_cli import netrc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.app import App


@contextmanager
def pip_access(app: App, url: str) -> Iterator[dict[str, str]]:
    """Yield the environment variables that let pip fetch from an index, as long as the block.

    The login is not in the URL: pip would put that into the arguments of the pip that fetches build backends.
    """
    settings = {"PIP_INDEX_URL": url}
    host = urlsplit(url)
    if host.scheme == "http":  # pip ignores an index without TLS, unless it is told that this is meant
        settings["PIP_TRUSTED_HOST"] = " ".join(filter(None, [os.environ.get("PIP_TRUSTED_HOST"), host.netloc]))
    login, basic_auth = app.login, app.session.access.basic_auth
    user, secret = basic_auth or ((login.user, login.token) if login else (None, None))
    if not (user and secret):
        yield settings
        return
    with netrc.with_login(host.hostname or "", user, secret) as path:
        yield {**settings, "NETRC": str(path)}
