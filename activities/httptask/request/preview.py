"""A request as people may see it: complete, with the names of secrets where their values will stand."""

import json
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any, Literal

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
from httptask.http.models import SecretReference
from httptask.http.url import SEGMENT, Url, encode_component, joined
from httptask.json.tree import map_texts
from httptask.request.bodies import shown
from httptask.request.draft import Draft
from httptask.secrets.placeholders import begins_with_placeholder, fill, has_placeholder, pieces, placeholder

__all__ = ["Language", "Names", "PreparedRequest", "prepare"]

_CONTROL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f]")
"""What a terminal would not show, or act on as it is pasted."""

Language = Literal["", "url", "json"]

Login = tuple[str, str, str]
"""The scheme in lower case, user name and password; placeholders stand for secrets."""


class PreparedRequest(BaseModel):
    """What would be sent; secrets stand as `$NAME`, credentials written out in it as `[redacted]`."""

    model_config = ConfigDict(frozen=True)

    method: str
    uri: str
    headers: dict[str, str]
    body: Any = None
    """JSON value or text; None for no body."""

    export: Callable[[Callable[[Draft, str, "Names"], str]], str] = Field(exclude=True, repr=False)
    """Lets a writer put it down for another program, who gets the URL and the names of the secrets, too."""


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


class Names:
    """Stands for the values of secrets, and for credentials that are written out, whose place holds nothing of them.

    Args:
        complete: the request.
    """

    def __init__(self, complete: Draft) -> None:
        self._secrets: Sequence[SecretReference] = complete.secrets
        self._place = placeholder(len(complete.secrets))
        self._logins: dict[str, Login] = {}
        self._made: set[str] = set()
        self._credential = self._text(complete.credential)

    def fill_component(self, text: str) -> str:
        """A value in the query with the credential; see `header`."""
        return text.replace(self._place, encode_component(self._credential))

    def header(self, name: str, value: str) -> str:
        """The value of a header with the credential, unless that was written out.

        Placeholders of secrets stay, until it is known how they are shown.
        """
        value = value.replace(self._place, self._credential)
        if not is_credential(name) or has_placeholder(value) or value in self._made:
            return value
        return hide_credential(value)

    def login(self, header: str) -> Login | None:
        """The user whose name and password a client makes a header of, by its value as `header` gives it."""
        return self._logins.get(header)

    def show(self, text: str) -> str:
        """The text with names, as in `$OPENAI_API_KEY`."""
        return fill(text, lambda index, _before, _behind: self._secrets[index].variable)

    def holds_secret(self, text: str) -> bool:
        """Whether the value of a secret stands in the text."""
        return has_placeholder(text)

    def quote(self, text: str, language: Language = "") -> str:
        """The text as one word of a shell, its secrets as variables.

        Args:
            text: the text.
            language: that it is written in, whose escapes jq writes for whatever its secrets hold. A secret at the
                beginning of a URL is one itself.
        """
        if not self.holds_secret(text):
            return _literal(text)
        filters = {"": "", "url": "|@uri", "json": "|tojson|.[1:-1]"}

        def expansion(index: int, before: str, behind: str) -> str:
            is_url = language == "url" and not before
            return self._expansion(index, behind, "" if is_url else filters[language])

        if _CONTROL.search(text) is None and language != "json":
            escaped = re.sub(r'([\\"$`])', r"\\\1", text)
            return '"' + fill(escaped, expansion) + '"'
        found = self._pieces(text, lambda index, before: f'"{expansion(index, before, "")}"')
        return "".join(piece if is_secret else _literal(piece) for piece, is_secret in found)

    def python(self, text: str, *, is_url: bool = False) -> str:
        """The text as an expression of Python, which reads its secrets from the environment.

        Args:
            text: the text.
            is_url: whether secrets in it are encoded for their places, but for one at its beginning, which is a URL.
        """

        def read(index: int, before: str) -> str:
            return self._read(self._secrets[index], before if is_url else "")

        return " + ".join(
            piece if is_secret else json.dumps(piece, ensure_ascii=False)
            for piece, is_secret in self._pieces(text, read)
        )

    def _pieces(self, text: str, secret: Callable[[int, str], str]) -> list[tuple[str, bool]]:
        """What a text is made of, with whether it stands for a secret; at least one piece.

        Args:
            text: the text.
            secret: gives what stands for one, by its index and what is before it.
        """
        around, indices = pieces(text)
        found: list[tuple[str, bool]] = []
        for number, index in enumerate(indices):
            before = "".join(around[: number + 1])
            found += [(around[number], False), (secret(index, before), True)]
        found.append((around[-1], False))
        return [piece for piece in found if piece[0]] or [("", False)]

    def _read(self, reference: SecretReference, url_before: str) -> str:
        value = f'os.environ["{_variable(reference)}"]'
        if reference.field is not None:
            value = f"json.loads({value})[{json.dumps(reference.field)}]"
        if not url_before:
            return value
        safe = "" if "?" in url_before else SEGMENT
        return f"quote({value}, safe={json.dumps(safe)})"

    def _expansion(self, index: int, behind: str, jq_filter: str) -> str:
        reference = self._secrets[index]
        variable = _variable(reference)
        if reference.field is not None:
            return f'$(printf %s "${variable}" | jq -r {shlex.quote(f".{json.dumps(reference.field)}{jq_filter}")})'
        if jq_filter:
            return f'$(jq -rn --arg v "${variable}" {shlex.quote(f"$v{jq_filter}")})'
        runs_on = re.match(r"\w", behind) is not None
        return f"${{{variable}}}" if runs_on else f"${variable}"

    def _text(self, credential: ConnectionAuthentication | None) -> str:
        """What stands in a header, cookie or query for a credential."""
        match credential:
            case ApiKeyAuthentication(value=key):
                return _unless_written_out(key)
            case BearerAuthentication(token=token):
                return f"Bearer {token}"
            case BasicAuthentication(username=name, password=password):
                return self._login("basic", "Basic base64", name, _unless_written_out(password))
            case DigestAuthentication(username=name, password=password):
                return self._login("digest", "Digest response", name, _unless_written_out(password))
            case TokenAuthentication(settings=settings):
                authority = settings.authority or ""
                if settings.use is not None:
                    authority = f"${settings.use}"
                elif not has_placeholder(authority):
                    authority = Url.parse(authority).origin
                return self._make(f"Bearer <token from {authority}>")
            case CertificateAuthentication() | None:
                return ""

    def _login(self, scheme: str, made: str, name: str, password: str) -> str:
        header = self._make(f"{made}({name}:{password})")
        self._logins[header] = (scheme, name, password)
        return header

    def _make(self, header: str) -> str:
        self._made.add(header)
        return header


def _literal(text: str) -> str:
    """A text as one word of bash; `$'...'` where it has what can't be pasted."""
    if _CONTROL.search(text) is None:
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + _CONTROL.sub(_escape, escaped) + "'"


def _escape(found: re.Match[str]) -> str:
    known = {"\t": r"\t", "\r": r"\r"}
    return known.get(found[0]) or "".join(f"\\x{byte:02x}" for byte in found[0].encode())


def _variable(reference: SecretReference) -> str:
    return re.sub(r"\W", "_", reference.name)


def _unless_written_out(credential: str) -> str:
    return credential if has_placeholder(credential) else HIDDEN


def _as_sent(url: str) -> str:
    """A URL without what is never sent: its fragment, and a question mark with nothing behind it."""
    head, mark, query = url.partition("#")[0].partition("?")
    return head + mark + query if query else head
