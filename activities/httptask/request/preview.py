"""A request as people may see it: complete, with the names of secrets where their values will stand."""

import json
import re
import shlex
from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from httptask.authentication.models import (
    ApiKeyAuthentication,
    BasicAuthentication,
    BearerAuthentication,
    CertificateAuthentication,
    ConnectionAuthentication,
    DigestAuthentication,
    TokenAuthentication,
)
from httptask.http.headers import HIDDEN, hide_credential, is_credential
from httptask.http.url import Url, encode_component, joined
from httptask.json.tree import map_texts
from httptask.request.bodies import shown
from httptask.request.curl import curl_command
from httptask.request.draft import Draft
from httptask.secrets.placeholders import begins_with_placeholder, fill, has_placeholder, placeholder

__all__ = ["PreparedRequest", "prepare"]


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


def prepare(complete: Draft) -> PreparedRequest:
    """The view of a draft that is shown: with the names of its secrets. It resolves none.

    Raises:
        RequestInvalid: it can't be sent as written.
    """
    names = _Names(complete)
    address = complete.address
    query = [(name, names.fill_component(value)) for name, value in address.query]
    url = joined(address.base_url if address.is_relative else None, address.path, query)
    if not any(begins_with_placeholder(text) for text in (url, address.base_url or "")):
        Url.parse_at(url, address.base_url)  # any other server is known to the worker alone
    body = None if complete.body is None else shown(complete.body)
    return PreparedRequest(
        method=complete.method,
        uri=names.show(url.partition("#")[0]),
        headers={name: names.show(names.header(name, value)) for name, value in complete.headers.items()},
        # Of all the request only its own secrets can stand in the body, which may be long.
        body=map_texts(body, names.show) if complete.request.secrets else body,
        command=partial(curl_command, complete, url, names),
    )


class _Names:
    """Stands for the values of secrets, and for credentials that are written out, whose place holds nothing of them."""

    def __init__(self, complete: Draft) -> None:
        self._secrets = complete.secrets
        self._place = placeholder(len(complete.secrets))
        self._made: dict[str, str | None] = {}
        self._credential = self._text(complete.credential)

    def fill_component(self, text: str) -> str:
        """A value in the query with the credential; see `header`."""
        return text.replace(self._place, encode_component(self._credential))

    def _text(self, credential: ConnectionAuthentication | None) -> str:
        """What stands in a header, cookie or query for a credential."""
        match credential:
            case ApiKeyAuthentication(value=key):
                return _unless_written_out(key)
            case BearerAuthentication(token=token):
                return f"Bearer {token}"
            case BasicAuthentication(username=name, password=password):
                user = f"{name}:{_unless_written_out(password)}"
                return self._make(f"Basic base64({user})", f"--user {self.quote(user)}")
            case DigestAuthentication(username=name, password=password):
                user = f"{name}:{_unless_written_out(password)}"
                return self._make(f"Digest response({user})", f"--digest --user {self.quote(user)}")
            case TokenAuthentication(settings=settings):
                authority = settings.authority or ""
                if settings.use is not None:
                    authority = f"${settings.use}"
                elif not has_placeholder(authority):
                    authority = Url.parse(authority).origin
                return self._make(f"Bearer <token from {authority}>")
            case CertificateAuthentication() | None:
                return ""

    def _make(self, header: str, option: str | None = None) -> str:
        self._made[header] = option
        return header

    def header(self, name: str, value: str) -> str:
        """The value of a header with the credential, unless that was written out.

        Placeholders of secrets stay, until it is known how they are shown.
        """
        value = value.replace(self._place, self._credential)
        if not is_credential(name) or has_placeholder(value) or value in self._made:
            return value
        return hide_credential(value)

    def option(self, header: str) -> str | None:
        """The option by which curl makes a header itself."""
        return self._made.get(header)

    def show(self, text: str) -> str:
        """The text with names, as in `$OPENAI_API_KEY`."""
        return fill(text, lambda index, _before, _behind: self._secrets[index].variable)

    def holds_secret(self, text: str) -> bool:
        """Whether the value of a secret stands in the text."""
        return has_placeholder(text)

    def quote(self, text: str) -> str:
        """The text as one word of a shell, its secrets as variables."""
        if not self.holds_secret(text):
            return shlex.quote(text)
        escaped = re.sub(r'([\\"$`])', r"\\\1", text)
        return '"' + fill(escaped, self._expansion) + '"'

    def _expansion(self, index: int, _: str, behind: str) -> str:
        reference = self._secrets[index]
        variable = re.sub(r"\W", "_", reference.name)
        if reference.field is not None:
            return f'$(printf %s "${variable}" | jq -r {shlex.quote("." + json.dumps(reference.field))})'
        runs_on = re.match(r"\w", behind) is not None
        return f"${{{variable}}}" if runs_on else f"${variable}"


def _unless_written_out(credential: str) -> str:
    return credential if has_placeholder(credential) else HIDDEN
