"""Paths of files in this repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "devpi_cli" / "README.md"
FIGURES = ROOT / "tests" / "bench" / "README.md"
PICTURE = ROOT / "devpi_cli" / "cli" / "help" / "terminal.svg"
