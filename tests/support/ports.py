"""Ports for servers of tests."""

from __future__ import annotations

import random
import socket

# Below those that operating systems give to connections: a connection to somewhere may get one of these meanwhile.
SERVERS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port on loopback that nobody uses, and that no connection gets by itself."""
    while True:
        port = random.SystemRandom().choice(SERVERS)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
