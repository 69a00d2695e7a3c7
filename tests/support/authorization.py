"""An authorization server (RFC 6749) as a script of `ScriptedServer`."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from httptask.testing import Reply, ServedRequest

__all__ = ["AuthorizationServer"]


@dataclass
class AuthorizationServer:
    """Gives `access-token-1`, `access-token-2`, ... and keeps what it was asked.

    Attributes:
        answer: what every answer has besides the token.
        replies: answers to give first, instead of a token.
        asked: the fields of each token request, with its Authorization header under `authorization`.
        prefix: how its tokens begin.
    """

    answer: dict[str, Any] = field(default_factory=lambda: {"token_type": "Bearer", "expires_in": 3600})
    replies: list[Reply] = field(default_factory=list[Reply])
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    prefix: str = "access-token-"
    given: int = 0

    def __call__(self, served: ServedRequest) -> Reply:
        if served.method == "GET":
            origin = f"http://{served.headers['host']}"
            return Reply.json({"issuer": origin, "token_endpoint": f"{origin}/token"})
        self.asked.append(_fields(served))
        if self.replies:
            return self.replies.pop(0)
        self.given += 1
        return Reply.json({"access_token": f"{self.prefix}{self.given}", **self.answer})


def _fields(served: ServedRequest) -> dict[str, Any]:
    if served.headers["content-type"] == "application/json":
        fields: dict[str, Any] = json.loads(served.body)
    else:
        found = parse_qs(served.body.decode(), keep_blank_values=True, strict_parsing=True)
        fields = {name: values[0] if len(values) == 1 else values for name, values in found.items()}
    authorization = served.headers.get("authorization")
    return fields if authorization is None else {**fields, "authorization": authorization}
