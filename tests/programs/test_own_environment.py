"""What to type to add a package to the environment of devpi-cli: pipx, uv tool, a virtual environment, the system."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from devpi_cli.programs import own_environment
from devpi_cli.programs.own_environment import OwnEnvironment
from tests.support.clients import WITH_PROGRAMS
from tests.support.pips import as_pip_does

CHECKOUT = Path(own_environment.__file__).parents[2]
RECEIPT = """\
[tool]
requirements = [{ name = "devpi-cli", directory = "/src" }, { name = "keyring", specifier = ">=25" }, { name = "x" }]
entrypoints = []
"""
PIP = "lib/python3.11/site-packages/pip/__init__.py"


class Layout(NamedTuple):
    """Files in an environment, whether it is virtual, active, the user's; the lines to add, repair, remove and get."""

    kind: str
    files: dict[str, str]
    add: str
    repair: str
    remove: str
    get: str
    is_virtual: bool = True
    is_active: bool = False
    is_of_user: bool = False


AT = "ENV/bin/python -m pip"
LAYOUTS = {
    "pipx": Layout(
        "pipx", {"pipx_metadata.json": "{}", PIP: ""}, "pipx inject env one 'two>=2'", "pipx reinstall env",
        "pipx uninject env one", "pipx install tox",
    ),
    "uv tool": Layout(
        "uv tool", {"uv-receipt.toml": RECEIPT},
        "uv tool install SOURCE --with 'keyring>=25' --with x --with one --with 'two>=2'",
        "uv tool install --reinstall SOURCE", "uv pip uninstall --python ENV/bin/python one", "uv tool install tox",
    ),
    "uv tool, broken receipt": Layout(
        "uv tool", {"uv-receipt.toml": "["}, "uv tool install SOURCE --with one --with 'two>=2'",
        "uv tool install --reinstall SOURCE", "uv pip uninstall --python ENV/bin/python one", "uv tool install tox",
    ),
    "venv": Layout(
        "venv", {PIP: ""}, f"{AT} install one 'two>=2'", f"{AT} install --force-reinstall --no-deps SOURCE",
        f"{AT} uninstall one", "pip install tox",
    ),
    "venv, active": Layout(
        "venv", {PIP: ""}, "pip install one 'two>=2'", "pip install --force-reinstall --no-deps SOURCE",
        "pip uninstall one", "pip install tox", is_active=True,
    ),
    "venv of uv": Layout(
        "venv", {}, "uv pip install --python ENV/bin/python one 'two>=2'",
        "uv pip install --python ENV/bin/python --reinstall --no-deps SOURCE",
        "uv pip uninstall --python ENV/bin/python one", "pip install tox",
    ),
    "venv of uv, active": Layout(
        "venv", {}, "uv pip install one 'two>=2'", "uv pip install --reinstall --no-deps SOURCE",
        "uv pip uninstall one", "pip install tox", is_active=True,
    ),
    "system": Layout(
        "system", {}, f"{AT} install one 'two>=2'", f"{AT} install --force-reinstall --no-deps SOURCE",
        f"{AT} uninstall one", "pip install tox", is_virtual=False,
    ),
    "system, for a user": Layout(
        "user", {}, f"{AT} install --user one 'two>=2'", f"{AT} install --force-reinstall --no-deps SOURCE",
        f"{AT} uninstall one", "pip install tox", is_virtual=False, is_of_user=True,
    ),
    "system that pip must not change": Layout(
        "managed", {"lib/python3.11/EXTERNALLY-MANAGED": ""},
        "pipx install SOURCE && pipx inject devpi-cli one 'two>=2'", "pipx install SOURCE",
        f"{AT} uninstall one", "pipx install tox", is_virtual=False,
    ),
}  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="the lines are quoted for a POSIX shell")
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_lines_fit_how_it_was_installed(name: str, tmp_path: Path) -> None:
    layout, prefix = LAYOUTS[name], tmp_path / "env"
    for path, text in layout.files.items():
        (prefix / path).parent.mkdir(parents=True, exist_ok=True)
        (prefix / path).write_text(text)
    environment = OwnEnvironment(
        prefix,
        tmp_path / "python" if layout.is_virtual else prefix,
        prefix / "bin/python",
        prefix / "lib/python3.11",
        tmp_path / "packages",
        tmp_path / ("packages" if layout.is_of_user else "others"),
        prefix if layout.is_active else tmp_path / "another",
    )
    said = {
        "kind": environment.kind,
        "add": environment.line_to_add("one", "two>=2"),
        "repair": environment.line_to_repair(),
        "remove": environment.line_to_remove("one"),
        "get": environment.line_to_get("tox"),
    }
    expected = {part: getattr(layout, part) for part in said}
    source = shlex.join(own_environment.source())
    assert said == {part: text.replace("ENV", str(prefix)).replace("SOURCE", source) for part, text in expected.items()}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (None, ["devpi-cli"]),
        ("{", ["devpi-cli"]),
        ({"url": "file:///src/my%20devpi", "dir_info": {}}, ["/src/my devpi"]),
        ({"url": "file:///src", "dir_info": {"editable": True}}, ["--editable", "/src"]),
        ({"url": "https://host/x.whl", "archive_info": {}}, ["https://host/x.whl"]),
        ({"url": "https://host/x.git", "vcs_info": {"vcs": "git"}}, ["git+https://host/x.git"]),
    ],
)
def test_where_it_was_installed_from(
    record: object, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "devpi_cli-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: devpi-cli\nVersion: 0.1.0\n")
    if record is not None:
        (info / "direct_url.json").write_text(record if isinstance(record, str) else json.dumps(record))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert own_environment.source() == expected


def test_what_an_extra_adds() -> None:
    assert own_environment.of_extra("server") == ["devpi-server<7,>=6.15", "devpi-web>=5"]
    assert own_environment.of_extra("tokens") == ["pymacaroons>=0.13", "pypitoken>=6.0.3"]
    assert own_environment.of_extra("nosuch") == ["devpi-cli[nosuch]"]


def test_an_environment_of_uv_tool(tmp_path: Path) -> None:
    """Made for real; the line then adds a package, and keeps what was added before."""
    uv = shutil.which("uv", path=WITH_PROGRAMS)
    assert uv
    env = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith("DEVPI_") and name != "VIRTUAL_ENV"
        },
        **as_pip_does(),
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
        "PATH": WITH_PROGRAMS,
    }
    subprocess.run(
        [uv, "tool", "install", "-q", "--python", sys.executable, str(CHECKOUT), "--with", "iniconfig"],
        env=env,
        check=True,
    )
    python = tmp_path / "tools/devpi-cli/bin/python"
    ask = (
        "from devpi_cli.programs.own_environment import OwnEnvironment as E; "
        "print(E.here().kind); print(E.here().line_to_add('toml'))"
    )

    def told() -> list[str]:
        return subprocess.run(
            [python, "-c", ask], env=env, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    line = f"uv tool install {CHECKOUT} --with iniconfig --with toml"
    assert told() == ["uv tool", line]
    subprocess.run([uv, *shlex.split(line)[1:], "-q"], env=env, check=True)
    assert told() == ["uv tool", line]
    subprocess.run([python, "-c", "import toml, iniconfig, devpi_cli"], env=env, check=True)
