"""Run a devpi-server on this machine."""
