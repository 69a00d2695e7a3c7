"""A request as people may see it: complete, with the names of secrets where their values will stand."""

import json
import re
import shlex
from collections.abc import Callable, Sequence
from functools import partial
from secrets import token_hex
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from httptask.authentication.models import TokenAuthentication
from httptask.connections.connection import Connection
from httptask.http.headers import HIDDEN, hide_credential, is_credential
from httptask.http.models import HttpRequest, SecretReference
from httptask.http.url import Url
from httptask.json.tree import map_texts
from httptask.request.bodies import shown
from httptask.request.curl import curl_command
from httptask.request.draft import Draft, draft
from httptask.secrets.insertion import Insertions

__all__ = ["PreparedRequest", "prepare"]

_NONCE = token_hex(16)
_MARK = re.compile(rf"{_NONCE}x[0-9]+x")


class PreparedRequest(BaseModel):
    """What would be sent; secrets stand as `$NAME`, credentials written out in it as `[redacted]`."""

    model_config = ConfigDict(frozen=True)

    method: str
    uri: str
    headers: dict[str, str]
    body: Any = None
    """JSON value or text; None for no body."""

    command: Callable[[], str] = Field(exclude=True, repr=False)
    """Makes the text of `curl`, which few callers read."""

    def curl(self) -> str:
        """A command for a shell in which the secrets are variables."""
        return self.command()


def prepare(request: HttpRequest, connection: Connection | None) -> PreparedRequest:
    """Completes a request without resolving a secret or sending anything.

    Raises:
        RequestInvalid: it can't be sent as written.
    """
    names = _Names()
    complete = draft(request, connection, names)
    if not names.decide_origin(complete):
        complete.target()
    headers = {name: names.hide(name, value) for name, value in complete.headers.items()}
    return PreparedRequest(
        method=complete.method,
        uri=names.show(complete.url.partition("#")[0]),
        headers={name: names.show(value) for name, value in headers.items()},
        # Of all the request only its own secrets can stand in the body, which may be long.
        body=map_texts(shown(complete.body), names.show) if request.secrets else shown(complete.body),
        command=partial(curl_command, complete, headers, names),
    )


class _Names:
    """Stands for the values of secrets by random marks, which nothing in a request can look like.

    A mark passes through every encoding unchanged, so names can be put in last, quoted for where they stand;
    no mark leaves this module.
    """

    def __init__(self) -> None:
        self._marks: dict[str, SecretReference] = {}
        self._made: dict[str, str | None] = {}

    def secret(self, reference: SecretReference) -> str:
        mark = f"{_NONCE}x{len(self._marks)}x"
        self._marks[mark] = reference
        return mark

    def credential(self, text: str) -> str:
        return text if _MARK.search(text) else HIDDEN

    def basic(self, username: str, password: str) -> str:
        user = f"{username}:{self.credential(password)}"
        return self._make(f"Basic base64({user})", f"--user {self.quote(user)}")

    def digest(self, username: str, password: str) -> str:
        user = f"{username}:{self.credential(password)}"
        return self._make(f"Digest response({user})", f"--digest --user {self.quote(user)}")

    def token(self, authentication: TokenAuthentication, references: Sequence[SecretReference]) -> str:
        settings = authentication.settings
        if settings.use is not None:
            authority = f"${settings.use}"
        else:
            insertions = Insertions(references, self.secret)
            authority = insertions.fill(settings.authority or "", "authentication", "settings", "authority")
            if not _MARK.search(authority):
                authority = Url.parse(authority).origin
        return self._make(f"Bearer <token from {authority}>")

    def _make(self, header: str, curl: str | None = None) -> str:
        self._made[header] = curl
        return header

    def hide(self, header: str, value: str) -> str:
        """The value of a header, unless it is a credential that was written out."""
        if not is_credential(header) or _MARK.search(value) or value in self._made:
            return value
        return hide_credential(value)

    def option(self, header: str) -> str | None:
        """The option by which curl makes a header itself."""
        return self._made.get(header)

    def decide_origin(self, complete: Draft) -> bool:
        """Whether the server is known to the worker alone, so that the URL can't be checked here."""
        return any(_MARK.match(url) for url in (complete.url, complete.base_url or ""))

    def show(self, text: str) -> str:
        """The text with names, as in `$OPENAI_API_KEY`."""
        return _MARK.sub(lambda match: self._marks[match[0]].variable, text)

    def holds_secret(self, text: str) -> bool:
        """Whether the value of a secret stands in the text."""
        return _MARK.search(text) is not None

    def quote(self, text: str) -> str:
        """The text as one word of a shell, its secrets as variables."""
        if not self.holds_secret(text):
            return shlex.quote(text)
        escaped = re.sub(r'([\\"$`])', r"\\\1", text)
        return '"' + _MARK.sub(self._expansion, escaped) + '"'

    def _expansion(self, match: re.Match[str]) -> str:
        reference = self._marks[match[0]]
        variable = re.sub(r"\W", "_", reference.name)
        if reference.field is not None:
            return f'$(printf %s "${variable}" | jq -r {shlex.quote("." + json.dumps(reference.field))})'
        runs_on = re.match(r"\w", match.string[match.end() :]) is not None
        return f"${{{variable}}}" if runs_on else f"${variable}"
