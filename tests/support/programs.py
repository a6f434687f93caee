"""Programs that ask keyring for logins, each in an environment of its own, with our backend beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.checkout import ROOT
from tests.support.pips import alone, as_pip_does, install, venv_with

if TYPE_CHECKING:
    from collections.abc import Sequence

UV = Path(sys.executable).with_name("uv")
# What a program needs in its environment besides itself. pip 22.3 imports keyring from there, and asks nobody else.
NEEDS = {"poetry": ["poetry"], "hatch": ["hatch"]}


def summary(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return a table of what works behind which lock, with numbers for the reasons why something does not."""
    locks, reasons = list(dict.fromkeys(row[1] for row in rows)), list(dict.fromkeys(row[2] for row in rows if row[2]))
    cells = {(row[0], row[1]): f"no ({reasons.index(row[2]) + 1})" if row[2] else "works" for row in rows}
    lines = [f"{'':30}" + "".join(f"{lock:14}" for lock in locks)]
    for name in dict.fromkeys(row[0] for row in rows):
        lines.append(f"{name:30}" + "".join(f"{cells.get((name, lock), ''):14}" for lock in locks).rstrip())
    return lines + [f"({number}) {reason}" for number, reason in enumerate(reasons, 1)]


def program(name: str, folder: Path) -> Path:
    """Return a program, installed by whoever is first from the package registry that the machine uses."""
    venv = folder / name
    with alone(folder / f"{name}.lock"):
        if not (venv / "done").exists():
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
            install(venv, *NEEDS[name])
            install(venv, "--no-deps", str(wheel(folder)))
            (venv / "done").touch()
    return venv / "bin" / name


def pip_beside_the_backend(folder: Path, version: str = "pip 22.3") -> Path:
    """Return the Python of an environment that has a pip, keyring and our backend."""
    beside = folder / "beside"
    beside.mkdir(exist_ok=True)
    venv = venv_with(version, beside)
    with alone(beside / f"{venv.name}.backend.lock"):
        if not (venv / "backend").exists():
            install(venv, "keyring")
            install(venv, "--no-deps", str(wheel(folder)))
            (venv / "backend").touch()
    return venv / "bin" / "python"


def as_a_tool_of_uv(place: Path, folder: Path, options: Sequence[str]) -> Path:
    """Install our wheel as ``uv tool install`` does, with these options; return the folder with the programs."""
    environment = {**os.environ, **as_pip_does(), "UV_TOOL_DIR": str(place / "in"), "UV_TOOL_BIN_DIR": str(place)}
    command = [UV, "tool", "install", "--quiet", "--python", sys.executable, wheel(folder), *options]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    return place


def wheel(folder: Path) -> Path:
    """Build our own wheel once; the build backend is that of the tests' environment."""
    built = folder / "wheel-of-devpi-cli"
    with alone(folder / "wheel.lock"):
        if not any(built.glob("*.whl")):
            command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", built, ROOT]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(built.glob("*.whl"))
