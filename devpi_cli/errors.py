"""Define all errors, with their exit status.

::

    DevpiError                        1   the operation failed
    ├── WrongUsage                    2   the command line or an argument is invalid
    │   └── NobodyToAsk               2   a question, but no terminal to ask it on
    ├── NothingInUse                  1   no server or no index in use
    ├── NotConfirmed                  1   the user answered no
    ├── Interrupted                 130   the user pressed Ctrl-C; 143 and 129 after SIGTERM and SIGHUP
    ├── LoginRequired                 3   a login is needed, but there is none
    ├── NothingFound                  4   nothing matches the given name
    ├── BrokenState                   1   the state file cannot be read or written
    ├── BrokenSettings                1   a settings file of the user cannot be read
    ├── BrokenDistribution            1   a file is not a distribution
    ├── NotVerified                   1   a file cannot be verified: the index has no hash that is good enough
    ├── TooLarge                      1   a download is larger than the limit
    ├── TooMany                       1   more releases would be removed than were allowed
    ├── CheckFailed                   1   PyPI would not render a file's description
    ├── OtherFile                     5   an index has a different file of that name
    ├── AlreadyThere                  5   a dry run found that it already exists
    ├── WouldBeRefused                3   a dry run found that the server would refuse it
    ├── InvalidSetting                1   the server does not take a name, a key or a value
    ├── Differs                       7   what was compared is not the same, or not as it should be
    ├── SomeFailed                    *   some of several actions failed: 1, 5 for conflicts only, or as all failed
    ├── BrokenPlugin                  1   a command from another package cannot be loaded
    ├── PluginMissing                 1   a plugin of the server or an optional package is missing
    ├── KeyringFailed                 1   the system keyring failed or did not respond
    │   └── NoKeyring                 1   there is no system keyring
    ├── ProgramMissing                1   a program that is needed is missing
    ├── ProgramFailed                 *   a program failed: its own status
    ├── Unreachable                   6   the server does not respond
    ├── TimeIsUp                      6   what was waited for did not happen in time
    ├── Differs                       7   two things that were compared differ
    ├── NotDevpi                      1   the response does not come from a devpi server
    ├── Redirected                    1   a redirect that must not be followed
    └── Refused                       1   the server refused the request
        ├── NotAllowed                3   401, 403, 407
        ├── Missing                   4   404
        ├── Conflict                  5   409
        └── ServerFailed              6   5xx
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from devpi_cli.printable import hide, one_line

if TYPE_CHECKING:
    from collections.abc import Collection


class DevpiError(Exception):
    """An error with a message for the user and an exit status.

    The message is one line; as a list, it is several lines. A line end in any of them, which can only come from
    elsewhere, is made visible, and secrets are hidden. ``hint`` is a last line that suggests what to do next.
    """

    exit_status = 1

    def __init__(self, message: str | list[str], *, hint: str = "") -> None:
        lines = message if isinstance(message, list) else [message]
        self.message = hide("\n".join(map(one_line, lines)))
        self.hint = hide(one_line(hint))
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class WrongUsage(DevpiError):
    """The command line or an argument is invalid."""

    exit_status = 2


class NobodyToAsk(WrongUsage):
    """There is a question, but no terminal to ask it on."""


class NothingInUse(DevpiError):
    """No server or no index is in use."""


class NotConfirmed(DevpiError):
    """The user answered no."""


class Interrupted(DevpiError):
    """The user pressed Ctrl-C, or another signal ended the command."""

    exit_status = 130

    def __init__(self, message: str, *, status: int = exit_status) -> None:
        super().__init__(message)
        self.exit_status = status


class LoginRequired(DevpiError):
    """A login is needed, but there is none."""

    exit_status = 3


class NothingFound(DevpiError):
    """Nothing matches the given name."""

    exit_status = 4


class BrokenState(DevpiError):
    """The state file cannot be read or written."""


class BrokenSettings(DevpiError):
    """A settings file of the user cannot be read."""


class BrokenDistribution(DevpiError):
    """A file is not a distribution."""


class NotVerified(DevpiError):
    """A file cannot be verified: the index has no hash that is good enough."""


class TooLarge(DevpiError):
    """A download is larger than the limit."""


class TooMany(DevpiError):
    """More releases would be removed than were allowed."""


class CheckFailed(DevpiError):
    """PyPI would not render a file's description."""


class OtherFile(DevpiError):
    """An index has a different file of that name.

    ``here`` is the SHA-256 of the local file, ``there`` that of the file on the index.
    """

    exit_status = 5

    def __init__(self, message: str, *, here: str, there: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.here = here
        self.there = there


class AlreadyThere(DevpiError):
    """What would be made already exists."""

    exit_status = 5


class Differs(DevpiError):
    """What was compared is not the same, or not as it should be."""

    exit_status = 7


class WouldBeRefused(DevpiError):
    """A dry run found that the server would refuse the request."""

    exit_status = 3


class InvalidSetting(DevpiError):
    """The server does not take the name, a key or a value of an index or a user."""


class SomeFailed(DevpiError):
    """Some of several actions failed.

    The exit status is that of a conflict if nothing else failed, that of the failures if all actions failed alike, and
    otherwise 1.
    """

    def __init__(self, message: str | list[str], *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_status = status

    @classmethod
    def of(cls, failures: Collection[DevpiError], message: str | list[str], *, done: int, hint: str = "") -> SomeFailed:
        """Combine several failures into one; ``done`` is how many actions succeeded."""
        statuses = {error.exit_status for error in failures}
        is_alike = len(statuses) == 1 and (not done or statuses == {OtherFile.exit_status})
        return cls(message, status=statuses.pop() if is_alike else 1, hint=hint)


class BrokenPlugin(DevpiError):
    """A command from another package cannot be loaded."""


class PluginMissing(DevpiError):
    """A plugin of the server or an optional package is missing."""


class KeyringFailed(DevpiError):
    """The keyring of the operating system failed or did not respond."""


class NoKeyring(KeyringFailed):
    """There is no keyring on this machine."""


class ProgramMissing(DevpiError):
    """A program that is needed is missing."""


class ProgramFailed(DevpiError):
    """A program failed; its exit status is passed on."""

    def __init__(self, message: str | list[str], *, status: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        # A program killed by signal N has status -N; shells report 128 + N.
        self.exit_status = 128 - status if status < 0 else status


class Unreachable(DevpiError):
    """The server does not respond.

    ``fault`` is the kind of a failure that may be temporary: ``refused`` if nothing listens, ``broken`` if the
    connection broke and ``silent`` if it timed out, both after the request began. Otherwise it is empty.
    """

    exit_status = 6

    def __init__(self, message: str, *, hint: str = "", fault: Literal["", "refused", "broken", "silent"] = "") -> None:
        super().__init__(message, hint=hint)
        self.fault = fault


class TimeIsUp(DevpiError):
    """What was waited for did not happen in time."""

    exit_status = 6


class NotDevpi(DevpiError):
    """The response does not come from a devpi server."""


class Redirected(DevpiError):
    """The server sent a redirect that must not be followed.

    ``by_devpi`` is True if devpi itself sent it, not a web server in front of it; ``target`` is the URL it leads to.
    """

    def __init__(self, message: str | list[str], *, by_devpi: bool, target: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.by_devpi = by_devpi
        self.target = target


class Refused(DevpiError):
    """The server refused a request; the message has the request and the reason.

    ``request`` is ``METHOD URL`` with secrets hidden, ``status`` the HTTP status, ``reason`` the reason phrase with the
    server's message, ``result`` the result in its JSON and ``serial`` the serial of its last change, if any.
    """

    def __init__(  # noqa: PLR0913 (keyword options)
        self,
        request: str,
        status: int,
        reason: str,
        *,
        hint: str = "",
        result: object = None,
        serial: int | None = None,
    ) -> None:
        super().__init__([request, f"{status} {reason}"], hint=hint)
        self.request = hide(request)
        self.status = status
        self.reason = hide(reason)
        self.result = result
        self.serial = serial


class NotAllowed(Refused):
    """401, 403 or 407: not logged in, login expired or not allowed."""

    exit_status = 3


class Missing(Refused):
    """404: the user, index, project, release or file does not exist."""

    exit_status = 4


class Conflict(Refused):
    """409: it already exists."""

    exit_status = 5


class ServerFailed(Refused):
    """5xx: the server, or something in front of it, failed."""

    exit_status = 6


def refused(request: str, status: int, reason: str, **details: Any) -> Refused:
    """Return the error for an HTTP status of 400 or more."""
    kinds: dict[int, type[Refused]] = {401: NotAllowed, 403: NotAllowed, 404: Missing, 407: NotAllowed, 409: Conflict}
    kind = ServerFailed if status >= 500 else kinds.get(status, Refused)  # noqa: PLR2004 (5xx is what HTTP calls it)
    return kind(request, status, reason, **details)
