"""Absurd URLs and environment variables, wherever a command takes one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.cases import hostile
from tests.hostile.harness import documents
from tests.hostile.texts import anything, urls

if TYPE_CHECKING:
    from tests.hostile.harness import Somebody

PYPIRC = "[distutils]\nindex-servers = there\n[there]\nusername = u\npassword = hidden\nrepository = {}\n"
# Each with the place of the URL.
COMMANDS = [
    ["use", "{}"],
    ["use", "-l", "{}"],
    ["use", "{}", "--set-cfg", "-n"],
    ["getjson", "{}"],
    ["getjson", "-v", "/{}"],
    ["patchjson", "{}", "-"],
    ["remove", "-y", "{}"],
    ["remove", "-y", "{}/+f/a/b"],
    ["list", "--index", "{}"],
    ["list", "demo", "--index", "{}"],
    ["push", "demo==1.0", "{}"],
    ["push", "demo==1.0", "pypi:there"],
    ["upload", "-n", "--index", "{}", "pypirc"],
    ["quickstart", "--mirror-url", "{}"],
    ["index"],
    ["doctor"],
]


@hostile("URLs")
@given(command=st.sampled_from(COMMANDS), url=urls, as_json=st.booleans())
def test_no_url_breaks_a_command(nobody: Somebody, command: list[str], url: str, as_json: bool) -> None:
    (nobody.folder / ".pypirc").write_text(PYPIRC.format(url), encoding="utf-8", errors="surrogateescape")
    env = {"DEVPI_INDEX": url} if len(command) == 1 else {}
    typed = [word.format(url) for word in command]
    outcome = nobody(*typed, *(["--json"] if as_json else []), env=env, stdin="{}")
    if as_json:
        documents(outcome)


VARIABLES = [
    *("DEVPI_INDEX", "DEVPI_USER", "DEVPI_PASSWORD", "DEVPI_CLIENTDIR", "DEVPI_TIMEOUT", "DEVPI_RETRIES", "DEVPI_JSON"),
    *("DEVPI_YES", "DEVPI_QUIET", "DEVPI_DEBUG", "DEVPI_CA_BUNDLE", "DEVPI_INSECURE", "DEVPI_INSTALLER"),
    *("DEVPI_UPLOAD_FROM_DIR", "DEVPI_USE_URL", "DEVPI_USE_VENV", "DEVPI_LIST_ALL", "DEVPI_USE_SET_CFG"),
    *("VIRTUAL_ENV", "WORKON_HOME", "PIP_CONFIG_FILE", "UV_CONFIG_FILE", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "NETRC"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HOME", "TMPDIR"),
    *("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "NO_COLOR", "TERM", "COLUMNS", "CI", "PATH"),
]
ASKING = [
    ["use"],
    ["use", "-l"],
    ["list"],
    ["index"],
    ["login", "somebody"],
    ["doctor"],
    ["use", "--set-cfg"],
    ["use", "--undo"],
    ["install", "demo"],
    ["getjson", "/"],
    ["--version", "-v"],
    ["server", "status"],
]


@hostile("environments")
@given(
    command=st.sampled_from(ASKING),
    env=st.dictionaries(st.sampled_from(VARIABLES), st.one_of(anything, urls), min_size=1, max_size=3),
)
def test_no_variable_breaks_a_command(somebody: Somebody, command: list[str], env: dict[str, str]) -> None:
    somebody(*command, env=env)
    json.loads(somebody.state_file.read_text())
