"""A request that was written down elsewhere, as all readers of such hand it over."""

from dataclasses import dataclass, field
from typing import Any

from httptask.catalog.importing.urls import Address
from httptask.http.headers import header_value

__all__ = ["FormPart", "ImportedRequest", "Login"]


@dataclass(frozen=True)
class FormPart:
    """A part of a multipart body, complete.

    Attributes:
        text: the content, with what is not UTF-8 in it as half surrogates.
        media_type: None where none is sent.
        is_base64: whether the text is a placeholder for what base64 says.
    """

    name: str
    text: str
    filename: str | None
    media_type: str | None
    is_base64: bool = False


@dataclass(frozen=True)
class Login:
    """A user's name and password; None for a password that would be asked for."""

    scheme: str
    user: str
    password: str | None


@dataclass
class ImportedRequest:
    """One request. In its texts placeholders of `Secrets` stand for variables.

    Attributes:
        sender: who sends it elsewhere, for notes.
        headers: all of them, but for Host, the sender's User-Agent and `Accept: */*`.
        removed: names of headers that the sender leaves out, in lower case.
        login: with which it is authenticated, or that stands before the host of the URL.
        token: a bearer token.
        policy: another way to authenticate it, as a definition has it, with nothing to hide in it.
        body: as text, with what is not UTF-8 in it as half surrogates.
        is_base64: whether the body is a placeholder for what base64 says.
        parts: of a multipart body.
        has_raw_variable: whether a variable stands in the body as it is, and not encoded.
        json_as_form: the body as JSON, where it is that, and the sender calls it a form unless it is told otherwise.
        seconds: that the sender waits at most.
        response_bytes: that the sender takes at most.
        notes: what can't be kept of it, by name; never a credential.
    """

    method: str
    url: Address
    sender: str
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    removed: set[str] = field(default_factory=set[str])
    login: Login | None = None
    token: str | None = None
    policy: dict[str, Any] | None = None
    body: str | None = None
    is_base64: bool = False
    parts: list[FormPart] | None = None
    has_raw_variable: bool = False
    json_as_form: str | None = None
    seconds: float | None = None
    response_bytes: int | None = None
    notes: list[str] = field(default_factory=list[str])

    def header(self, name: str) -> str:
        """What a header says, whose name is given in lower case; empty where it is missing."""
        return header_value(dict(self.headers), name)

    def drop_header(self, name: str) -> None:
        """Leave out a header, whose name is given in lower case."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name]
