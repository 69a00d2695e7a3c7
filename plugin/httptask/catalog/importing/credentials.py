"""Credentials in a request: found, given the names of secrets, and taken out before anything is shown or written."""

import base64
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final
from urllib.parse import unquote

from httptask.catalog.importing.named_secrets import NamedSecrets, Place, unescaped
from httptask.catalog.importing.recognition import (
    KNOWN_TOKEN,
    PRIVATE_KEY,
    SHORTEST_CREDENTIAL,
    WEBHOOK,
    is_credential_cookie,
    is_credential_parameter,
    is_telling,
)
from httptask.http.headers import HIDDEN, is_credential
from httptask.http.url import encode_component
from httptask.secrets.placeholders import fill, has_placeholder, pieces, placeholder

__all__ = ["BEGINS_JSON", "Secrets", "without_credentials"]

_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>\\^`{|}]+", re.IGNORECASE)
_PASSWORD: Final = re.compile(r"(?<=://)([^/?#@:]*:)([^/?#@]+)(?=@)")
_QUERIED: Final = re.compile(r"(?<=[?&])([^=&#?]{1,100})=([^&#?]+)")
_PATH_PARAMETER: Final = re.compile(r"(?<=;)[^;/]+")
_SCHEME: Final = re.compile(r"[A-Za-z-]+ (?=\S)")
BEGINS_JSON: Final = re.compile(r'\s*[{\["]')
_MEMBER: Final = re.compile(
    r'"((?:[^"\\]|\\.)*)"(\s*:\s*)(?:"((?:[^"\\]|\\.)*)"|(-?[0-9][0-9.eE+-]*))', re.DOTALL
)
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_CHARACTER: Final = re.compile(
    r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|[^\\]", re.DOTALL
)
"""One of a string of JSON, as it is written."""
_USER: Final = re.compile(r"(?<=://)[^/?#]*@")


class Secrets(NamedSecrets):
    """The secrets of one import, which takes them out of what a request is made of."""

    def hide_known(self, text: str) -> str:
        """A text without credentials that can be told by their form, or that the import has elsewhere."""

        def private(found: re.Match[str]) -> str:
            return self.credential(found[0], "PRIVATE_KEY", "a private key in the request", is_in_body=True)

        text = _ADDRESS.sub(lambda found: self._hide_in_address(found[0]), PRIVATE_KEY.sub(private, text))
        text = KNOWN_TOKEN.sub(
            lambda found: self.credential(found[0], "TOKEN", "a token in the request"), text
        )
        return self._hide_found(text, str)

    def hide_in_text(self, text: str) -> str:
        """A text that may be JSON, without them."""
        return self.hide_in_json(text) if BEGINS_JSON.match(text) else self.hide_known(text)

    def _hide_in_address(self, url: str) -> str:
        """A URL within a text, of which a credential is taken out as it stands there."""
        if WEBHOOK.fullmatch(url):
            return self.credential(url, "WEBHOOK", "the whole address of the webhook", is_in_body=True)

        def password(found: re.Match[str]) -> str:
            return found[1] + self.credential(found[2], "PASSWORD", "the password in a URL", is_in_body=True)

        def parameter(found: re.Match[str]) -> str:
            name, value = found[1], found[2]
            if not is_credential_parameter(name, value):
                return found[0]
            return f"{name}={self.credential(value, name, f'the parameter {name} in a URL', is_in_body=True)}"

        return _QUERIED.sub(parameter, _PASSWORD.sub(password, url))

    def hide_in_url(self, url: str) -> str:
        """A URL without them: a webhook as a whole, parameters by their names, tokens by their form."""
        head, mark, query = url.partition("?")
        server, path = _apart(head)
        if not has_placeholder(url):
            if WEBHOOK.fullmatch(url):
                return self.credential(url, "WEBHOOK", "the whole address of the webhook")
            if self._names_server(server):
                return self.credential(url, "ADDRESS", "the whole address, for a credential names its server")
        path = _PATH_PARAMETER.sub(lambda found: self._pair(found[0], unquote, "path parameter"), path)
        path = self.hide_known(self._hide_found(path, unquote))
        return server + path + mark + self.hide_in_pairs(query, unquote, "query parameter")

    def _names_server(self, server: str) -> bool:
        """Whether a credential is a part of the server's name; a shorter one may be a word of it by chance."""
        return self._redactor is not None and any(
            is_telling(found.name) for found in self._redactor.found(server)
        )

    def hide_in_pairs(self, text: str, decode: Callable[[str], str], what: str) -> str:
        """Parameters, `name=value` with `&` between them, without credentials."""
        return "&".join(self._pair(pair, decode, what) for pair in text.split("&"))

    def hide_in_parameter(self, name: str, value: str, what: str) -> str:
        """The value of a parameter or field, decoded, without its credential."""
        if is_credential_parameter(name, value):
            is_in_body = what == "form field"
            return self.credential(value, name, f"the {what} {name}", is_in_body=is_in_body)
        return self.hide_in_text(value)

    def hide_in_json(self, text: str) -> str:
        """JSON without them, also in texts within it; where it has escapes, they are those of JSON."""
        return self.hide_known(_STRING.sub(self._in_escapes, _MEMBER.sub(self._in_member, text)))

    def _in_member(self, found: re.Match[str]) -> str:
        """A member of JSON whose name may say that it is a credential."""
        name, colon, text, number = unescaped(found[1]), found[2], found[3], found[4]
        value = number or text
        what = f"the JSON field {name}"
        if not is_credential_parameter(name, value) or (number and len(number) < SHORTEST_CREDENTIAL):
            return found[0]
        if number:
            return f'"{found[1]}"{colon}{self.credential(number, name, what, is_in_body=True)}'
        scheme = _SCHEME.match(text) if name.lower().endswith("authorization") else None
        begin = "" if scheme is None else scheme[0]
        hidden = self.credential(text.removeprefix(begin), name, what, is_in_body=True)
        return f'"{found[1]}"{colon}"{begin}{hidden}"'

    def _in_escapes(self, found: re.Match[str]) -> str:
        """A string of JSON that is another text without its escapes, such as JSON."""
        text = unescaped(found[1])
        if text == found[1] or has_placeholder(text):
            return found[0]
        hidden = self.hide_in_text(text)
        if hidden == text:
            return found[0]
        letters = _CHARACTER.findall(found[1])
        (first, *others), indices = pieces(hidden)
        end = len(first)
        written = "".join(letters[:end])
        for index, literal in zip(indices, others, strict=True):
            place = self._places[index]
            start, end = end, end + len(place.value or "")
            raw = "".join(letters[start:end])
            written += placeholder(index) if raw == place.value else self._escaped(raw, place)
            start, end = end, end + len(literal)
            written += "".join(letters[start:end])
        return f'"{written}"'

    def _escaped(self, raw: str, place: Place) -> str:
        """A placeholder for a credential as it is written within others' escapes."""
        secret = self.needed[place.secret or ""]
        return self._named(raw, secret.name.removeprefix(f"{self.host}_"), secret.what, is_encoded=True)

    def hide_in_header(self, name: str, value: str) -> str:
        """The value of a header without its credential; the scheme before it stays."""
        is_named = is_credential(name) or is_credential_parameter(name, value)
        if not is_named or has_placeholder(value):
            return self.hide_known(value)
        if name.lower() in ("cookie", "cookie2"):
            self._look_for_cookies(value)
            return self.in_header(value, "COOKIE", "the value of the header Cookie")
        kind = re.sub(r"^x[-_]", "", name, flags=re.IGNORECASE)
        if name.lower() == "authorization":
            scheme, space, credential = value.partition(" ")
            what = f"what stands behind {scheme} in the header {name}"
            if space and re.fullmatch(r"[A-Za-z-]+", scheme):
                self._look_for_password(scheme, credential)
                return scheme + space + self.in_header(credential, "TOKEN", what)
        return self.in_header(value, kind, f"the value of the header {name}")

    def _look_for_cookies(self, header: str) -> None:
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if is_credential_cookie(name, value):
                self._look_for(value.strip('"'), name, f"the cookie {name}")

    def _look_for_password(self, scheme: str, credential: str) -> None:
        """Look for the password of Basic alone, too (RFC 7617)."""
        if scheme.lower() == "basic":
            with suppress(ValueError):
                login = base64.b64decode(credential, validate=True).decode()
                self._look_for(
                    login.partition(":")[2], "PASSWORD", "the password in the header Authorization"
                )

    def _pair(self, pair: str, decode: Callable[[str], str], what: str) -> str:
        name, mark, value = pair.partition("=")
        written = self._part(name, decode, self.hide_known)
        if not mark:
            return written
        hide = partial(self.hide_in_parameter, decode(name), what=what)
        return written + mark + self._part(value, decode, self.hide_known if has_placeholder(value) else hide)

    def _part(self, text: str, decode: Callable[[str], str], hide: Callable[[str], str]) -> str:
        """A name or value without credentials; it is encoded anew only where it had some."""
        found = decode(text)
        hidden = hide(found)
        if hidden == found:
            return text
        return hidden if decode is str else encode_component(hidden)


def without_credentials(url: str) -> str:
    """An address as it may be kept and printed: without a user, and `[redacted]` in place of other credentials."""
    url, secrets = _USER.sub("", url), Secrets()
    secrets.look_everywhere([secrets.hide_in_url(url)])
    hidden = secrets.hide_in_url(url)
    return fill(hidden, lambda _index, _before, _behind: HIDDEN)


def _apart(head: str) -> tuple[str, str]:
    """Scheme and server of a URL, and its path."""
    scheme, mark, rest = head.rpartition("://")
    server, slash, path = rest.partition("/")
    return scheme + mark + server, slash + path
