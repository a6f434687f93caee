"""What is known of a server: who acts there, the tokens of its users, what it can do; and how the state file has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

from devpi_cli.models import Login


@dataclass
class KnownServer:
    """What is remembered of one server."""

    user: str | None = None
    logins: dict[str, Login] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    client_cert: str | None = None
    kept: list[str] = field(default_factory=list)
    """The users whose password ``devpi login --store`` put into the keyring."""

    @classmethod
    def of(cls, data: dict[str, Any]) -> KnownServer:
        """Read what the file has. Raises TypeError, LookupError or ValueError for anything that is not ``as_json``."""
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
        """Return what the file has."""
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
    """Return a text. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError
    return value


def text_or_none(value: object) -> str | None:
    """Return a text, or None where the file says null or nothing. Raises TypeError for anything else."""
    return None if value is None else text(value) or None
