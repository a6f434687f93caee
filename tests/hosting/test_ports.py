from __future__ import annotations

import os
import socket
import struct
import sys

import pytest

from devpi_cli.errors import DevpiError
from devpi_cli.hosting.ports import Listener, free_port, is_free, is_in_use, listener, listeners_at_localhost
from tests.support.ports import free_port as a_port


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) > port


def test_a_port_that_a_connection_has_is_not_free() -> None:
    port = a_port()
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname(), source_address=("127.0.0.1", port)) as one,
    ):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # once closed, nothing lingers
        assert not is_in_use(port)
        assert not is_free(port)
    assert is_free(port)


def test_without_a_free_port_it_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setattr("devpi_cli.hosting.ports.LAST_PORT", port)
        with pytest.raises(DevpiError) as error:
            free_port(port)
    assert str(error.value) == f"no free port between {port} and {port}\nchoose one with --port"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize(
    ("family", "host"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"),
     (socket.AF_INET6, "::ffff:127.0.0.1")],
)  # fmt: skip
def test_whose_a_port_is(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as listening:
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind((host, 0))
        listening.listen()
        port = listening.getsockname()[1]
        found = listener(port)
        assert found
        assert (found.uid, found.pid) == (os.geteuid(), os.getpid())
    assert listener(port) is None


def test_it_is_told_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert str(listener(listening.getsockname()[1])).startswith(f"process {os.getpid()} of ")
    assert str(Listener(4_000_000)) == "a program of user 4000000"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_localhost_may_also_be_the_address_of_ipv6() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:
        port = listening.getsockname()[1]
        assert listener(port) is None
        assert [found.pid for found in listeners_at_localhost(port)] == [os.getpid()]
        with socket.create_server(("127.0.0.1", port)):
            assert len(listeners_at_localhost(port)) == 2
