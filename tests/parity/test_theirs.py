"""devpi-client's own functional tests, run with this client in place of theirs: ``DEEP=1 pytest tests/parity``.

Those that fail stand in ``theirs.txt``, each with the reason, and fail as long as they stand there.
"""

from __future__ import annotations

import os
import re
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from devpi_cli.hosting.secret import UNSTRETCHED
from tests.parity.conftest import DEVPI_CLIENT
from tests.support.clients import FOREIGN
from tests.support.pips import as_pip_does

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
DIFFER = dict(re.findall(r"^([^#\s]\S*) +(\S.*)$", (HERE / "theirs.txt").read_text(), re.MULTILINE))
ROOT = HERE.parents[1]
BACKENDS = ["flit_core", "setuptools", "sphinx", "wheel"]
NEEDED = [*BACKENDS, "devpi-server", "pytest", "pypitoken", "tox", "virtualenv"]


def environment(folder: Path, *requirements: object) -> Path:
    """Create a virtual environment; return the folder of its programs."""
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", *map(str, requirements)], check=True)
    return folder / "bin"


def only_devpi(folder: Path, scripts: Path) -> Path:
    """Return a folder for the PATH with our command alone."""
    path = folder / "bin"
    path.mkdir()
    (path / "devpi").symlink_to(scripts / "devpi")
    return path


def unpacked(scripts: Path, folder: Path) -> Path:
    """Return the folder of devpi-client's sources, which hold its tests."""
    wanted = ["--quiet", "--no-deps", "--no-binary=:all:", "--no-build-isolation", DEVPI_CLIENT]
    subprocess.run([scripts / "pip", "download", *wanted], cwd=folder, check=True)
    [archive] = folder.glob("*.tar.gz")
    subprocess.run(["tar", "xf", archive], cwd=folder, check=True)
    return folder / archive.name.removesuffix(".tar.gz")


def outcomes(report: Path) -> dict[str, str]:
    """Return the outcome of each test of a JUnit report, by its name."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        module = case.attrib["classname"].removeprefix("testing.").replace(".", "::")
        kinds = {child.tag for child in case}
        outcome = next((kind for kind in ("failure", "error", "skipped") if kind in kinds), "passed")
        found[f"{module}::{case.attrib['name']}"] = outcome
    return found


def test_their_tests_pass_with_our_command(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    theirs = environment(tmp_path / "theirs", DEVPI_CLIENT, *NEEDED)
    ours = environment(tmp_path / "ours", ROOT, *BACKENDS)
    sources = unpacked(theirs, tmp_path)
    env = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)} | {
        **UNSTRETCHED,
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join([str(only_devpi(tmp_path, ours)), str(theirs), os.environ["PATH"]]),
        "PYTHONPATH": str(HERE),
        "DEVPI_COMMAND": str(ours / "devpi"),
        **as_pip_does(),
    }
    # A project of theirs is written as flit_core reads it before 4.
    older = tmp_path / "constraints.txt"
    older.write_text("flit_core<4\n")
    env |= {"PIP_CONSTRAINT": str(older), "UV_CONSTRAINT": str(older)}
    report = tmp_path / "report.xml"
    options = ["-p", "theirs", "-c", os.devnull, "--rootdir=.", f"--junitxml={report}"]
    run = [theirs / "python", "-m", "pytest", *options, "testing"]
    subprocess.run(run, cwd=sources, env=env, stdin=subprocess.DEVNULL, check=False)
    became = outcomes(report)
    for name, outcome in became.items():
        record_property("theirs", [name, outcome, DIFFER.get(name, "")])
    assert len(became) > 140
    assert {name for name, outcome in became.items() if outcome in {"failure", "error"}} == {*DIFFER}
