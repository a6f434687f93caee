"""Every failure, drawn as a tree.

::

    DevpiError                        1   the operation failed
    ├── WrongUsage                    2   what was typed makes no sense
    │   └── NobodyToAsk               2   a question, and no terminal to ask it on
    ├── NothingInUse                  1   no server or no index in use
    ├── NotConfirmed                  1   the answer was no
    ├── Interrupted                 130   somebody pressed Ctrl-C
    ├── LoginRequired                 3   a login is needed and there is none
    ├── NothingFound                  4   nothing matches what was named
    ├── BrokenState                   1   the state file cannot be read or written
    ├── BrokenSettings                1   a settings file of the user cannot be read
    ├── BrokenDistribution            1   a file is no distribution
    ├── CheckFailed                   1   PyPI would not show a file's description as it is meant
    ├── OtherFile                     5   an index has another file of that name
    ├── AlreadyThere                  5   what is to be made exists, as a dry run found
    ├── WouldBeRefused                3   what a dry run found that the server would not allow
    ├── SomeFailed                    *   of several things some failed: 1, or the status of all if all did alike
    ├── BrokenPlugin                  1   a command that another package brings cannot be loaded
    ├── PluginMissing                 1   the server needs a plugin, or we a package, that is not there
    ├── KeyringFailed                 1   the keyring of the operating system failed, or did not answer
    ├── ProgramMissing                1   another program is needed and not there
    ├── ProgramFailed                 *   another program failed: its own status
    ├── Unreachable                   6   the server does not answer
    ├── NotDevpi                      1   the reply is none that a devpi server gives
    ├── Redirected                    1   the server sends a request elsewhere that must not be followed there
    └── Refused                       1   the server said no
        ├── NotAllowed                3   401, 403, 407
        ├── Missing                   4   404
        ├── Conflict                  5   409
        └── ServerFailed              6   5xx
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection


class DevpiError(Exception):
    """What the user is told, and the exit status.

    ``hint`` is a last line that says what to do next.
    """

    exit_status = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class WrongUsage(DevpiError):
    """What was typed makes no sense."""

    exit_status = 2


class NobodyToAsk(WrongUsage):
    """A question, and no terminal to ask it on."""


class NothingInUse(DevpiError):
    """No server or no index in use."""


class NotConfirmed(DevpiError):
    """The answer was no."""


class Interrupted(DevpiError):
    """Somebody pressed Ctrl-C."""

    exit_status = 130


class LoginRequired(DevpiError):
    """A login is needed and there is none."""

    exit_status = 3


class NothingFound(DevpiError):
    """Nothing matches what was named."""

    exit_status = 4


class BrokenState(DevpiError):
    """The state file cannot be read or written."""


class BrokenSettings(DevpiError):
    """A settings file of the user cannot be read."""


class BrokenDistribution(DevpiError):
    """A file is no distribution."""


class CheckFailed(DevpiError):
    """PyPI would not show a file's description as it is meant."""


class OtherFile(DevpiError):
    """An index has another file of that name; ``here`` and ``there`` are the SHA-256 of the two."""

    exit_status = 5

    def __init__(self, message: str, *, here: str, there: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.here = here
        self.there = there


class AlreadyThere(DevpiError):
    """What is to be made exists, as a dry run found."""

    exit_status = 5


class WouldBeRefused(DevpiError):
    """What a dry run found that the server would not allow."""

    exit_status = 3


class SomeFailed(DevpiError):
    """Of several things some failed: 1, or the status of all of them if all failed alike."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_status = status

    @classmethod
    def of(cls, failures: Collection[DevpiError], message: str, *, done: int, hint: str = "") -> SomeFailed:
        """Return what stands for all failures, beside so many things that were done."""
        statuses = {error.exit_status for error in failures}
        return cls(message, status=statuses.pop() if len(statuses) == 1 and not done else 1, hint=hint)


class BrokenPlugin(DevpiError):
    """A command that another package brings cannot be loaded."""


class PluginMissing(DevpiError):
    """The server needs a plugin, or we a package, that is not there."""


class KeyringFailed(DevpiError):
    """The keyring of the operating system failed, or did not answer."""


class ProgramMissing(DevpiError):
    """Another program is needed and not there."""


class ProgramFailed(DevpiError):
    """Another program failed; its own exit status passes through."""

    def __init__(self, message: str, *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        # A program killed by signal N has status -N; shells report 128 + N.
        self.exit_status = 128 - status if status < 0 else status


class Unreachable(DevpiError):
    """The server does not answer.

    ``fault`` is what may pass: ``refused`` where nobody listens, ``broken`` for a connection that broke off and
    ``silent`` for one that nothing came from, both after the request began; else it is empty.
    """

    exit_status = 6

    def __init__(self, message: str, *, hint: str = "", fault: Literal["", "refused", "broken", "silent"] = "") -> None:
        super().__init__(message, hint=hint)
        self.fault = fault


class NotDevpi(DevpiError):
    """The reply is none that a devpi server gives."""


class Redirected(DevpiError):
    """The server sends a request elsewhere that must not be followed there.

    ``by_devpi`` tells whether it was devpi itself, and not a web server in front of it.
    """

    def __init__(self, message: str, *, by_devpi: bool, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.by_devpi = by_devpi


class Refused(DevpiError):
    """The server said no: ``METHOD URL``, its status line and its own message.

    ``request`` is what it said no to, its secrets hidden, ``status`` the HTTP status, ``reason`` the server's words for
    it, ``result`` what it sent along.
    """

    def __init__(self, request: str, status: int, reason: str, *, hint: str = "", result: object = None) -> None:
        super().__init__(f"{request}\n{status} {reason}", hint=hint)
        self.request = request
        self.status = status
        self.reason = reason
        self.result = result


class NotAllowed(Refused):
    """401, 403 or 407: not logged in, login expired or not allowed."""

    exit_status = 3


class Missing(Refused):
    """404: there is no such user, index, project, release or file."""

    exit_status = 4


class Conflict(Refused):
    """409: it exists already."""

    exit_status = 5


class ServerFailed(Refused):
    """5xx: the server, or something in front of it, failed."""

    exit_status = 6


def refused(request: str, status: int, reason: str, *, hint: str = "", result: object = None) -> Refused:
    """Return the failure that stands for an HTTP status of 400 or more."""
    kinds: dict[int, type[Refused]] = {401: NotAllowed, 403: NotAllowed, 404: Missing, 407: NotAllowed, 409: Conflict}
    kind = ServerFailed if status >= 500 else kinds.get(status, Refused)  # noqa: PLR2004 (5xx is what HTTP calls it)
    return kind(request, status, reason, hint=hint, result=result)
