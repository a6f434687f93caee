"""Record the replies of the real server, and replay them with one changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_FOUND = json.dumps({"message": "no project 'x'"}).encode()


@dataclass(frozen=True)
class Body(httpx.SyncByteStream):
    """A body that comes in one piece, to be read once, as over the wire."""

    content: bytes

    def __iter__(self) -> Iterator[bytes]:
        yield self.content


@dataclass(frozen=True)
class Answer:
    """What a server answered, as it came over the wire."""

    status: int
    reason: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes

    @property
    def tree(self) -> Any:
        """Its JSON; None for another body."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def response(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            self.status,
            headers=list(self.headers),
            stream=Body(self.content),
            extensions={"reason_phrase": self.reason},
            request=request,
        )


class Recorder(httpx.HTTPTransport):
    """The way to the real server, which remembers the first answer to every request."""

    def __init__(self) -> None:
        super().__init__(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
        self.answers: dict[tuple[str, str], Answer] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        content = response.read()
        headers = tuple(
            pair for pair in response.headers.raw if pair[0].lower() not in (b"content-length", b"transfer-encoding")
        )
        answer = Answer(response.status_code, response.extensions["reason_phrase"], headers, content)
        self.answers.setdefault((request.method, str(request.url)), answer)
        return answer.response(request)


@dataclass
class Replay(httpx.BaseTransport):
    """Gives the answers that the real server gave, but for one; it knows nothing else."""

    answers: dict[tuple[str, str], Answer]
    changed: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        asked = request.method, str(request.url)
        found = self.changed.get(asked) or self.answers.get(asked)
        return (found or Answer(404, b"Not Found", ((b"X-Devpi-Api-Version", b"2"),), NOT_FOUND)).response(request)
