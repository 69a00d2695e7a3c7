"""A request as people may see it: complete, with the names of secrets where their values will stand."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from httptask.http.url import Url, joined
from httptask.json.tree import map_texts
from httptask.request.bodies import shown
from httptask.request.curl import curl_command
from httptask.request.draft import Draft
from httptask.request.httpie import httpie_command
from httptask.request.httpx_script import httpx_script
from httptask.request.names import Names
from httptask.secrets.placeholders import begins_with_placeholder

__all__ = ["PreparedRequest", "prepare"]


Writer = Callable[[Draft, str, Names], str]
"""Writes a request down for another program, given its URL and the names of its secrets."""


class PreparedRequest(BaseModel):
    """What would be sent; secrets stand as `$NAME`, credentials written out in it as `[redacted]`."""

    model_config = ConfigDict(frozen=True)

    method: str
    uri: str
    headers: dict[str, str]
    body: Any = None
    """JSON value or text; None for no body."""

    export: Callable[[Writer], str] = Field(exclude=True, repr=False)
    """Makes the text of a program that sends the same, which few callers read."""

    def curl(self) -> str:
        """A command of curl, for a shell in which the secrets are variables."""
        return self.export(curl_command)

    def python(self) -> str:
        """A script with httpx, which reads the secrets from the environment."""
        return self.export(httpx_script)

    def httpie(self) -> str:
        """A command of HTTPie, for a shell in which the secrets are variables.

        Raises:
            RequestInvalid: HTTPie takes no such method.
        """
        return self.export(httpie_command)


def prepare(complete: Draft) -> PreparedRequest:
    """The view of a draft that is shown: with the names of its secrets. It resolves none.

    Raises:
        RequestInvalid: it can't be sent as written.
    """
    names = Names(complete)
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
        export=lambda write: write(complete, _as_sent(url), names),
    )


def _as_sent(url: str) -> str:
    """A URL without what is never sent: its fragment, and a question mark with nothing behind it."""
    head, mark, query = url.partition("#")[0].partition("?")
    return head + mark + query if query else head
