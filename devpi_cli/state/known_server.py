"""Hold what is known about one server, and convert it from and to the state file."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

from devpi_cli.models import Login


@dataclass
class KnownServer:
    """The acting user, logins and features of one server."""

    user: str | None = None
    logins: dict[str, Login] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    client_cert: str | None = None
    kept: list[str] = field(default_factory=list)
    """The users whose passwords ``devpi login --store`` saved in the keyring."""

    @classmethod
    def of(cls, data: dict[str, Any]) -> KnownServer:
        """Create an object from the data of ``as_json``.

        Raises TypeError, LookupError or ValueError for anything else.
        """
        logins = {
            user: Login(user, text(login["token"]), inf if login["expires"] is None else float(login["expires"]))
            for user, login in data["logins"].items()
        }
        basic = data.get("basic_auth")
        return cls(
            user=text_or_none(data["user"]),
            logins=logins,
            features=[text(feature) for feature in data["features"]],
            basic_auth=(text(basic[0]), text(basic[1])) if basic else None,
            client_cert=text_or_none(data.get("client_cert")),
            kept=[text(user) for user in data.get("kept", [])],
        )

    def as_json(self) -> dict[str, Any]:
        """Return the data for the state file."""
        return {
            "user": self.user,
            "features": self.features,
            "basic_auth": self.basic_auth,
            "client_cert": self.client_cert,
            "kept": self.kept,
            "logins": {
                user: {"token": login.token, "expires": login.expires if login.expires < inf else None}
                for user, login in self.logins.items()
            },
        }


def text(value: object) -> str:
    """Return a string unchanged. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError
    return value


def text_or_none(value: object) -> str | None:
    """Return a string, or None for null or an empty string.

    Raises TypeError for anything else.
    """
    return None if value is None else text(value) or None
