"""The secret of a devpi-server.

It is its file, the key made from it, and what was signed with that key.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from devpi_cli.errors import BrokenState
from devpi_cli.system.files import read_bytes, write_private

if TYPE_CHECKING:
    from pathlib import Path

# devpi-server stretches its secret in case a person chose it: 10 s of CPU and 512 MiB at each start. Ours is random,
# with 192 bits. These are variables, not options, because a server that does not know them still starts.
UNSTRETCHED = {
    "DEVPISERVER_ARGON2_MEMORY_COST": "8",
    "DEVPISERVER_ARGON2_PARALLELISM": "1",
    "DEVPISERVER_ARGON2_TIME_COST": "1",
}
SECRET_BYTES = 24
# As in config.py and auth.py of devpi-server.
SALT = b"devpi-server-auth"
KEY_BYTES = 16
LOGIN_SECONDS = 10 * 60 * 60
PROBE_SECONDS = 20


class Probe(NamedTuple):
    """A login for asking a server whether it takes it.

    ``is_valid`` is the answer of the one with the secret.
    """

    user: str
    token: str
    is_valid: bool


@dataclass(frozen=True)
class Secret:
    """The secret in a file, used without stretching."""

    path: Path

    def create(self) -> None:
        """Write a new random secret that only its owner may read."""
        write_private(self.path, secrets.token_urlsafe(SECRET_BYTES))

    def probe(self) -> Probe:
        """Return a login that is valid or not, at random.

        Only those who have the secret can tell. The valid one is worth nothing to others: it is of a user that
        does not exist, has no groups, and expires after seconds, while everybody on this machine may create a
        user at this server.
        """
        is_valid = bool(secrets.randbits(1))
        user = f"probe-{secrets.token_hex(8)}"
        key = self._key if is_valid else secrets.token_bytes(KEY_BYTES)
        # devpi-server's form of a login: user, groups, and whether the user has to exist.
        return Probe(user, str(self._serializer(key).dumps([user, [], False])), is_valid)

    def has_signed(self, token: str) -> bool:
        """Return True if a server with this secret issued a login.

        It may have expired.
        """
        itsdangerous = import_module("itsdangerous")
        try:
            itsdangerous.TimedSerializer(self._key).loads(token)
        except itsdangerous.BadData:
            return False
        return True

    @cached_property
    def _key(self) -> bytes:
        """The key for signing logins, made from the secret as devpi-server makes it."""
        argon2: Any = import_module("argon2.low_level")
        try:
            secret = read_bytes(self.path)
        except OSError as error:
            raise BrokenState(f"cannot read {self.path}: {error.strerror}") from None
        memory, parallelism, time_cost = (int(value) for _, value in sorted(UNSTRETCHED.items()))
        key: bytes = argon2.hash_secret_raw(
            secret,
            SALT,
            time_cost=time_cost,
            memory_cost=memory,
            parallelism=parallelism,
            hash_len=KEY_BYTES,
            type=argon2.Type.ID,
            version=argon2.ARGON2_VERSION,
        )
        return key

    def _serializer(self, key: bytes) -> Any:
        """Return a serializer for logins that expire soon, because they are dated back."""
        itsdangerous: Any = import_module("itsdangerous")

        class Old(itsdangerous.TimestampSigner):  # type: ignore[misc]  # it is not known to be a class
            def get_timestamp(self) -> int:
                return int(time.time()) - LOGIN_SECONDS + PROBE_SECONDS

        return itsdangerous.TimedSerializer(key, signer=Old)
