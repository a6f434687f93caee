"""Make sure that the server at a URL is the one with our secret.

This happens before it gets a password.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from devpi_cli.errors import DevpiError
from devpi_cli.models import Login

if TYPE_CHECKING:
    from devpi_cli.hosting.secret import Probe, Secret
    from devpi_cli.http.session import Session

# Who does not have the secret can only guess: one of 4 thousand million gets through.
QUESTIONS = 32
ANSWER_SECONDS = 5.0
MOST_SECONDS = 20.0


def is_passed(session: Session, url: str, secret: Secret) -> bool:
    """Ask whoever answers at a root URL which logins are valid.

    Return True if every answer is right. About half of them were signed with the secret, the others with something
    else. Neither the secret nor a login of a user is sent, and what is sent helps nobody (``Secret.probe``). All
    questions go over one connection of ``session``, so that what is sent over it afterwards goes to whoever
    answered.

    Somebody who relays the questions to the real server would pass. That needs the server to run at another port than
    the one where it was started last, and is noticed where the system tells whose a port is (``ports.listener``).
    """
    asking = session.anonymous().hurried(ANSWER_SECONDS)
    until = time.monotonic() + MOST_SECONDS
    return all(time.monotonic() < until and _is_right(asking, url, secret.probe()) for _ in range(QUESTIONS))


def _is_right(session: Session, url: str, probe: Probe) -> bool:
    session.log_in(Login(probe.user, probe.token))
    try:
        match session.request("GET", f"{url}+api").result:
            case {"authstatus": ["ok", probe.user, []]}:
                return probe.is_valid
            case {"authstatus": ["noauth", "", []]}:
                return not probe.is_valid
    except DevpiError:
        pass
    return False
