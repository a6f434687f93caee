"""The topics of ``devpi help``, whose Markdown files are in ``help/``."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("help")
TOPICS = {
    "credentials": "Where logins come from; API tokens.",
    "reliability": "Exit statuses, streams, state, network, variables.",
    "upload": "Build and upload a project, check it, repeat it safely.",
    "moving": "Copy, compare, download and verify; curated indexes.",
    "pip-uv": "Point pip and uv to an index.",
    "ci": "Pipelines: GitHub, GitLab, Jenkins, cron; no state needed.",
    "indexes": "What the settings of an index mean.",
    "retention": "Rules by which old releases are removed from an index.",
    "apply": "Describe users and indexes in a file.",
    "server": "Run a server of your own on this machine.",
    "completion": "Complete commands and names with the Tab key.",
    "migrate": "Coming from devpi-client: what differs.",
    "json": "The JSON document of every command.",
    "library": "Use devpi-cli from Python.",
    "plugins": "Add commands of your own.",
    "troubleshooting": "What goes wrong, and the command that helps.",
    "reference": "Every command with its options.",
}


def read(topic: str) -> str:
    """Return the Markdown of a topic."""
    return (FOLDER / f"{topic}.md").read_text(encoding="utf-8")
