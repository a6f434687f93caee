"""Say what happened in words for people: method, URL and status of HTTP are details."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from devpi_cli.errors import DevpiError, NotDevpi, Redirected, Refused, WrongUsage

# The first line of an error about a reply, and the status that begins the second.
REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<url>\w+://\S+)\n(?:\d{3} [A-Z][\w '-]*(?:, but |: ))?(?P<what>.+)")
# What pyramid and devpi-tokens say of every refusal.
DENIED = "Access was denied to this resource. "
NOT_VERIFIED = "This server could not verify that you are authorized"
WRONG_PASSWORD = re.compile("user ('.*') could not be authenticated")
CHECK = re.compile(r"Unauthorized: \S+ failed permission check")
# What devpi-server says, and how it is told.
REWORDED = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"The stage (.+) could not be found\.?", r"no index '\1'"),
        (r"index '(.+)' exists", r"index '\1' already exists"),
        (r"index (.+) non-volatile, cannot delete", r"index '\1' is non-volatile: it cannot be deleted"),
        (r"(user '.+') has non-volatile index: (.+)", r"\1 has an index that is non-volatile: \2"),
        (r"user None cannot upload to '(.+)'", r"\1 takes no uploads from somebody who is not logged in"),
        (r"(?s)indexconfig got unexpected keyword arguments: (\w+).*", r"an index has no setting '\1'"),
        (
            r"\w+name '(.+)' contains characters .*",
            r"'\1' is not a name: only ASCII letters, digits and -.@_ are allowed",
        ),
        (r"-1 status on GET URL\('(.+)'\)", r"the server cannot reach \1"),
    )
]
OF_INDEX = {
    "cannot submit to mirror index": "{} is a mirror and takes no uploads",
    "no permission to submit": "no permission to upload to {}",
    "user already exists": "user '{}' already exists",
}
NO_INDEX = "The stage "
# Below an index: somebody took the URL of a page for that of a server.
PAGE = re.compile(r"(/[^/]+){3,}/\+api")
WOULD_REFUSE = "the server would refuse this: "
ACTIONS = {"POST": "upload to", "PUT": "create", "PATCH": "change", "DELETE": "delete"}


def told(error: DevpiError) -> str:
    """Return what happened, on one line if it is about a reply."""
    if isinstance(error, Refused):
        return _refusal(error)
    if error.message.startswith(WOULD_REFUSE):
        return f"{WOULD_REFUSE}{_reworded(error.message.removeprefix(WOULD_REFUSE))}"
    is_about_reply = isinstance(error, NotDevpi | Redirected | WrongUsage)
    found = REQUEST.fullmatch(error.message) if is_about_reply else None
    return f"{found['url']}: {found['what']}" if found else error.message


def details(error: DevpiError) -> str:
    """Return the request and the status of the reply; empty if the error is not about one."""
    if isinstance(error, Refused):
        return f"{error.request}: {error.status} {_phrase(error)}"
    return error.message.replace("\n", ": ") if told(error) != error.message else ""


def _refusal(error: Refused) -> str:
    message = _message(error)
    parts = urlsplit(error.request.partition(" ")[2])
    root, index = f"{parts.scheme}://{parts.netloc}/", _index(parts.path)
    if error.status == HTTPStatus.NOT_FOUND and PAGE.fullmatch(parts.path) and not message.startswith(NO_INDEX):
        page = error.request.partition(" ")[2].removesuffix("/+api")
        return f"{page} is neither a server nor an index, such as {root}USER/INDEX"
    if message in (_standard(error.status), ""):
        return f"{root} answered {error.status} {message}".rstrip()
    if message.startswith(NOT_VERIFIED) or CHECK.fullmatch(message):
        return _not_allowed(error, index)
    if wrong := WRONG_PASSWORD.fullmatch(message):
        return f"wrong user name or password for {wrong[1]} at {error.request.partition(' ')[2].removesuffix('+login')}"
    return OF_INDEX[message].format(index) if message in OF_INDEX else _reworded(message)


def _message(error: Refused) -> str:
    """Return the message of the server without the reason phrase before it, if it is the usual one."""
    phrase, colon, message = error.reason.partition(": ")
    return (message if colon and phrase == _standard(error.status) else error.reason).removeprefix(DENIED)


def _reworded(message: str) -> str:
    """Return a message of the server as we would say it: it begins small, and a single sentence has no full stop."""
    for pattern, words in REWORDED:
        if found := pattern.fullmatch(message):
            return found.expand(words)
    if message[1:2].islower():
        message = f"{message[:1].lower()}{message[1:]}"
    return message if ". " in message else message.removesuffix(".")


def _index(path: str) -> str:
    return "/".join([unquote(name) for name in path.split("/") if name][-2:])


def _not_allowed(error: Refused, what: str) -> str:
    """Return who may not do what; devpi-server names neither."""
    method = error.request.partition(" ")[0]
    if error.status == HTTPStatus.UNAUTHORIZED:
        return (
            f"{what} takes no uploads from somebody who is not logged in" if method == "POST" else "this needs a login"
        )
    if what.endswith("/+token-create"):
        return f"no permission to create a token of {what.partition('/')[0]}"
    return f"no permission to {ACTIONS[method]} {what}" if method in ACTIONS else "no permission for this"


def _phrase(error: Refused) -> str:
    return error.reason.partition(": ")[0] if error.reason.startswith(_standard(error.status)) else error.reason


def _standard(status: int) -> str:
    """Return the usual reason phrase."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
