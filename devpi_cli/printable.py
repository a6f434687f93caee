"""Make text fit to be shown: without secrets and control characters.

Whatever leaves the client as text passes through here: errors when they are made, everything else when it is printed.
"""

from __future__ import annotations

import re
from typing import Any

# Names and messages can contain escape sequences, or characters that reverse the text direction to disguise it.
# They are shown in a visible form, so that a terminal does not interpret them.
CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
VISIBLE = {code: f"\\x{code:02x}" for code in CONTROLS} | {code: f"\\u{code:04x}" for code in DIRECTIONS}
# Where a terminal, or Python, begins another line.
LINE_ENDS = {0x0A: "\\n"} | {code: VISIBLE[code] for code in (*range(11, 14), *range(28, 31), 0x85, 0x2028, 0x2029)}

HIDDEN = "****"
# Where a word ends, and where a URL begins beside another word.
BETWEEN = r"""(\s+|(?<=[,;"'<>()|])(?=[A-Za-z][A-Za-z0-9+.-]*://))"""
# A user and a colon where the scheme is missing.
USER = re.compile(r"""(?:^|(?<=[\s,;"'`<>()\[\]{}|=]))(?://)?([^\s/:\\"'`<>()\[\]{}=,;|]+):(?!//)""")
NO_USERS = ("mailto", "xmpp", "sip", "acct")
# A host with or without a port. A name in the path after it may have an @, as a devpi user may.
HOST = re.compile(r"(?:[^:?#\[\]]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
PORT_AND_PATH = re.compile(r"\d{1,5}/")
BEGINS_HOST = re.compile(r"[\w\[*]")
NO_PASSWORDS = ("", "x-oauth-basic")  # what stands beside a token that is sent as the user
# The end of the name of a parameter in a query, as in access_token and X-Amz-Signature, and its value.
PARAMETER = (
    r"(?i)((?:token|pass|passwd|password|passphrase|pwd|secret|credentials?|signature|sig|jwt|auth|authorization"
    r"|session|session_?id|(?:api|access|secret|private|auth|subscription)[_.-]?key)=)([^&\s]+)"
)
FRAGMENT = r"#(?:sha\d|md5|blake2|egg=|subdirectory=)"  # what pip reads behind a URL
SECRET_KEYS = ("password", "pwhash")  # of a user, in JSON
CLOSING = "'\"`<>()[]{},:;."


def visible(text: str) -> str:
    """Return a text with its control characters in a visible form.

    Line ends and tabs stay.
    """
    return text.translate(VISIBLE)


def one_line(text: str) -> str:
    """Return a text that stays on its line.

    What came from elsewhere must not pass for a line of ours.
    """
    return text if text.isprintable() else text.translate(LINE_ENDS)


def hidden(value: Any) -> Any:
    """Return JSON with the secrets in its texts hidden, and a user's password."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, list | tuple):
        return [hidden(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {hidden(name): HIDDEN if part and name in SECRET_KEYS else hidden(part) for name, part in value.items()}


def hide(text: str) -> str:
    """Replace the passwords and tokens in URLs by ``****``.

    A password ends at the last ``@`` of its word, as ``@ / : ? #`` in it should have been quoted, but often are not;
    the scheme may be missing. A user name without a password is hidden, too: for many servers that is a token. So are
    parameters of a query that are named like a secret. A number before a path counts as a port, even if it was a
    password.
    """
    if "@" in text:
        text = "".join(_without_login(word) if "@" in word else word for word in _words(text))
    return re.sub(PARAMETER, _without_value, text) if "=" in text and not {*"?&;#"}.isdisjoint(text) else text


def _words(text: str) -> list[str]:
    """Split a text into words and what is between them.

    A password may have blanks that should have been quoted.
    """
    words: list[list[str]] = []
    started = False  # a URL whose port is none, so that it is a password
    for word in re.split(BETWEEN, text):
        if started and "://" not in word and "\n" not in word:
            words[-1].append(word)
            started = "@" not in word
            continue
        words.append([word])
        started = "://" in word and "@" not in word and not HOST.fullmatch(_authority(word, word.index("://") + 3))
    return ["".join(parts) for parts in words]


def _authority(word: str, start: int) -> str:
    slash = word.find("/", start)
    return word[start:] if slash < 0 else word[start:slash]


def _without_login(word: str) -> str:
    """Return a word, which has an ``@``, without its password."""
    last = word.rindex("@")
    start = _start(word, last)
    if start < 0:
        return word
    user, colon, password = word[start:last].partition(":")
    is_token = not colon or password in NO_PASSWORDS or not set(user).isdisjoint("@/?#")
    return f"{word[:start]}{HIDDEN if is_token else f'{user}:{HIDDEN}'}{word[last:]}"


def _start(word: str, last: int) -> int:
    """Return where the login before the last ``@`` starts; -1 if there is none."""
    bare, colon = _start_without_scheme(word, last), word.rfind(":", 0, last)
    scheme = word.find("://")
    while 0 <= scheme < (last if bare < 0 else bare):
        start = scheme + 3
        authority = _authority(word, start)
        is_plain_user = word.endswith("ssh", 0, scheme) and colon < start
        if not is_plain_user and ("@" in authority or not HOST.fullmatch(authority)):
            return start
        scheme = word.find("://", start)
    return bare


def _start_without_scheme(word: str, last: int) -> int:
    if not BEGINS_HOST.match(word, last + 1):
        return -1
    for found in USER.finditer(word, 0, last):
        is_drive = len(found[1]) == 1 and word.startswith("\\", found.end())
        if not (found[1].lower() in NO_USERS or is_drive or PORT_AND_PATH.match(word, found.end())):
            return found.start(1)
    return -1


def _without_value(found: re.Match[str]) -> str:
    """Return a parameter without its value, if this is one.

    It is not one if it is part of a sentence.
    """
    start = found.start()
    while start and (found.string[start - 1].isalnum() or found.string[start - 1] in "_.-"):
        start -= 1
    if not start or found.string[start - 1] not in "?&;#":
        return found[0]
    kept = re.search(FRAGMENT, found[2])
    rest = found[2][kept.start() :] if kept else found[2][len(found[2].rstrip(CLOSING)) :]
    return f"{found[1]}{HIDDEN}{rest}"
