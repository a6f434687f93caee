"""devpi-cli, the command-line client for devpi, the private Python package server."""

__version__ = "0.1.0"
