"""Benchmarks: CPU, wall time and memory of commands, compared with devpi-client, twine and curl."""
