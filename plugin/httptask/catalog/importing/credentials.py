"""Credentials in a request: found, given the names of secrets, and taken out before anything is shown or written."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import unquote

from httptask.catalog.errors import CatalogError
from httptask.dsl.expressions import as_literal
from httptask.http.headers import HIDDEN, has_control_character, is_credential
from httptask.http.url import encode_component, encode_within
from httptask.openapi.naming import environment_name, unused_name
from httptask.secrets.placeholders import fill, has_placeholder, placeholder

__all__ = [
    "BEGINS_JSON",
    "NeededSecret",
    "Secrets",
    "holds_credential",
    "host_label",
    "is_credential_parameter",
    "same_hex",
    "without_credentials",
]

_PARAMETER: Final = re.compile(
    r"token|secret|passw(or)?d|passphrase|api[-_]?key|credential|signature"
    r"|(^|[-_\[.])(auth|authorization|cookie|jsessionid|phpsessid|jwt|pass|pwd|pin|sig|sid|tkn|key)\]?$|[-_]key\]?$",
    re.IGNORECASE,
)
_NOT_PARAMETER: Final = re.compile(
    r"(token|password|secret)_?(type|count|limit|length|expir)|max_?\w*tokens?|tokens$|(key|token)_?id$"
    r"|sort_?key|public_?key|^grant|idempoten",
    re.IGNORECASE,
)
_AMBIGUOUS: Final = frozenset({"key", "pin", "sid", "auth", "pass"})
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_LONGEST_NAME: Final = 100
_MOST_VARIABLES: Final = 1000
_KEY_LENGTH: Final = 12
"""From which on what stands under an ambiguous name is taken for a credential."""
_KNOWN: Final = re.compile(
    r"(?:(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}|[rsp]k_(?:live|test)_\w{10,}|gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}"
    r"|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]*"
    r")|(?<=/bot)[0-9]{6,}:[\w-]{20,})(?![A-Za-z0-9])"
)
"""Credentials that say themselves what they are, by how their issuers write them."""
_WEBHOOK: Final = re.compile(
    r"(?:https?://)?(?:hooks\.slack\.com/(?:services|workflows|triggers)/|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/"
    r"|[\w.-]+\.webhook\.office\.com/|hooks\.zapier\.com/hooks/)\S+",
    re.IGNORECASE,
)
"""Addresses that are credentials as a whole: who knows one may post there."""
_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----).)+-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)
_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>\\^`{|}]+", re.IGNORECASE)
_PASSWORD: Final = re.compile(r"(?<=://)([^/?#@:]*:)([^/?#@]+)(?=@)")
_QUERIED: Final = re.compile(r"(?<=[?&])([^=&#?]{1,100})=([^&#?]+)")
_PATH_PARAMETER: Final = re.compile(r"(?<=;)[^;/]+")
_SCHEME: Final = re.compile(r"[A-Za-z-]+ (?=\S)")
BEGINS_JSON: Final = re.compile(r'\s*[{\["]')
_IN_JSON: Final = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:\s*)"((?:[^"\\]|\\.)*)"')
_HEX: Final = re.compile("%[0-9A-Fa-f]{2}")
_SHORTEST_FOUND: Final = 6
"""From which on a credential is looked for in the rest of its request."""
_USER: Final = re.compile(r"(?<=://)[^/?#]*@")
_PLAIN_LABELS: Final = frozenset({"api", "www", "co", "com", "org", "net", "ac", "gov"})


@dataclass(frozen=True)
class NeededSecret:
    """A secret that a task names.

    Attributes:
        name: of the secret, and of the environment variable.
        what: what it holds, in words.
        value: as it stands in what is imported; None where that does not hold it.
        host: what the server is called in names, whose credential it is; None for a variable.
    """

    name: str
    what: str
    value: str | None = field(default=None, repr=False)
    host: str | None = None


class _Place(NamedTuple):
    """What a placeholder stands for."""

    expression: str
    secret: str | None = None
    """The name of one."""
    value: str | None = None
    """Of the secret, as it stands here."""


@dataclass
class Secrets:
    """The secrets of one import, and the other values that it lacks. In its texts placeholders stand for them.

    Attributes:
        is_one_per_place: whether credentials that differ, but stand in the same place, are one that was renewed.
        needed: each of them once, by name.
        host: what names are made of, besides the kind of a credential.
        variables: how many were found.
    """

    is_one_per_place: bool = False
    needed: dict[str, NeededSecret] = field(default_factory=dict[str, NeededSecret])
    host: str = "API"
    variables: int = 0
    _places: list[_Place] = field(default_factory=list[_Place])
    _renewed: set[str] = field(default_factory=set[str])
    _found: dict[str, str] = field(default_factory=dict[str, str])
    _asked: dict[str, str] = field(default_factory=dict[str, str])

    def begin(self, host: str) -> None:
        """Begin the request to a host: credentials of the one before are not looked for in it."""
        self.host = host_label(host)
        self._found = {}
        self._asked = {}

    def variable(self, name: str, field_: str | None = None) -> str:
        """A placeholder for a variable of the shell, or for a member of the JSON that it holds.

        Raises:
            CatalogError: there are too many.
        """
        self.variables += 1
        if self.variables > _MOST_VARIABLES:
            raise CatalogError(f"more than {_MOST_VARIABLES} variables", "give fewer requests at once")
        self.needed.setdefault(name, NeededSecret(name, "the variable of that name in the command"))
        member = "" if field_ is None else f".{field_}"
        return self._placeholder(_Place(f"$secrets.{name}{member}", name))

    def named_variable(self, name: str, value: str | None) -> str:
        """A placeholder for a variable that holds a credential, under its own name as environments write it."""
        known = next((n for n in self.needed.values() if n.what == f"the variable {name}"), None)
        if known is None:
            words = environment_name(name)
            wanted = words if re.match("[A-Z]", words) else f"{self.host}_{words}"
            own = unused_name(wanted, self.needed, "_")
            known = self.needed[own] = NeededSecret(own, f"the variable {name}", value)
        return self._noted(_Place(f"$secrets.{known.name}", known.name, value))

    def expression(self, text: str) -> str:
        """A placeholder for what an expression yields."""
        return self._placeholder(_Place(text))

    def member_of_input(self, name: str) -> str:
        """A placeholder for a member of the workflow's input."""
        member = f".{name}" if _IDENTIFIER.fullmatch(name) else f'["{name}"]'
        return self.expression(f"$workflow.input{member}")

    def credential(self, value: str, kind: str, what: str, *, is_in_body: bool = False) -> str:
        """A placeholder for a credential that is written out; the text itself where there is none to hide.

        Args:
            value: the credential.
            kind: the end of its name, such as TOKEN.
            what: it is, in words.
            is_in_body: whether it is sent in a body, which can hold any character.

        Raises:
            CatalogError: outside a body it has a character that can't be sent there.
        """
        if not value or has_placeholder(value):
            return value
        if not is_in_body and has_control_character(value):
            raise CatalogError(f"{what} has a line break or control character", "put in the credential alone")
        return self._named(value, kind, what)

    def in_header(self, value: str, kind: str, what: str) -> str:
        """The same for a credential that is sent in a header as it is."""
        if not value.isascii():
            raise CatalogError(f"{what} has a character outside ASCII", "write the credential in ASCII")
        return self.credential(value, kind, what)

    @property
    def renewed(self) -> list[str]:
        """Names of those that stand in the same place with several values."""
        return sorted(self._renewed)

    def asked_for(self, kind: str, what: str) -> str:
        """A placeholder for a credential that does not stand in what is imported."""
        if what not in self._asked:
            self._asked[what] = self._named(None, kind, what)
        return self._asked[what]

    def expressions(self, text: str) -> str:
        """A text as a definition has it: secrets as expressions, and what looks like one escaped."""
        return fill(
            as_literal(text),
            lambda index, _before, _behind: f"${{ {self._places[index].expression} }}",
        )

    def names_in(self, text: str) -> Sequence[str]:
        """The secrets whose placeholders stand in a text."""
        names: list[str] = []

        def noted(index: int, _before: str, _behind: str) -> str:
            names.extend(filter(None, [self._places[index].secret]))
            return ""

        fill(text, noted)
        return names

    def hide_known(self, text: str) -> str:
        """A text without credentials that can be told by their form, or that the request has elsewhere."""

        def private(found: re.Match[str]) -> str:
            return self.credential(found[0], "PRIVATE_KEY", "a private key in the request", is_in_body=True)

        text = _ADDRESS.sub(lambda found: self._hide_in_address(found[0]), _PRIVATE_KEY.sub(private, text))
        text = _KNOWN.sub(lambda found: self.credential(found[0], "TOKEN", "a token in the request"), text)
        for value in sorted(self._found, key=len, reverse=True):
            text = text.replace(value, self._found[value])
        return text

    def hide_in_text(self, text: str) -> str:
        """A text that may be JSON, without them."""
        return self.hide_in_json(text) if BEGINS_JSON.match(text) else self.hide_known(text)

    def _hide_in_address(self, url: str) -> str:
        """A URL within a text, of which a credential is taken out as it stands there."""
        if _WEBHOOK.fullmatch(url):
            return self.credential(url, "WEBHOOK", "the whole address of the webhook", is_in_body=True)

        def password(found: re.Match[str]) -> str:
            return found[1] + self.credential(found[2], "PASSWORD", "the password in a URL", is_in_body=True)

        def parameter(found: re.Match[str]) -> str:
            name, value = found[1], found[2]
            if not is_credential_parameter(name, value):
                return found[0]
            return f"{name}={self.credential(value, name, f'the parameter {name} in a URL', is_in_body=True)}"

        return _QUERIED.sub(parameter, _PASSWORD.sub(password, url))

    def shown(self, text: str) -> str:
        """A text as it may be printed, without any credential of the import."""
        text = _KNOWN.sub(HIDDEN, _WEBHOOK.sub(HIDDEN, text))
        values = {place.value for place in self._places if place.secret and place.value}
        for value in sorted(values, key=len, reverse=True):
            text = text.replace(value, HIDDEN) if len(value) >= _SHORTEST_FOUND else text
        return text

    def hide_in_url(self, url: str) -> str:
        """A URL without them: a webhook as a whole, parameters by their names, tokens by their form."""
        if _WEBHOOK.fullmatch(url) and not has_placeholder(url):
            return self.credential(url, "WEBHOOK", "the whole address of the webhook")
        head, mark, query = url.partition("?")
        server, path = _apart(head)
        path = _PATH_PARAMETER.sub(lambda found: self._pair(found[0], unquote, "path parameter"), path)
        for value, known in self._found.items():
            path = path.replace(encode_within("/", value), known).replace(encode_component(value), known)
        return server + self.hide_known(path) + mark + self.hide_in_pairs(query, unquote, "query parameter")

    def hide_in_pairs(self, text: str, decode: Callable[[str], str], what: str) -> str:
        """Parameters, `name=value` with `&` between them, without credentials."""
        return "&".join(self._pair(pair, decode, what) for pair in text.split("&"))

    def hide_in_parameter(self, name: str, value: str, what: str) -> str:
        """The value of a parameter or field, decoded, without its credential."""
        if is_credential_parameter(name, value):
            is_in_body = what == "form field"
            return self.credential(value, name, f"the {what} {name}", is_in_body=is_in_body)
        return self.hide_in_text(value)

    def is_sent_alike(self, hidden: str, url: str) -> bool:
        """Whether the credentials of a URL, encoded for their places, give the URL again."""

        def encoded(index: int, before: str, _behind: str) -> str:
            value = self._places[index].value
            return placeholder(index) if value is None else encode_within(before, value) if before else value

        return same_hex(fill(hidden, encoded)) == same_hex(url)

    def hide_in_json(self, text: str) -> str:
        """JSON without them; where it has escapes, they are those of JSON."""

        def hidden(found: re.Match[str]) -> str:
            name, colon, value = found[1], found[2], found[3]
            if not is_credential_parameter(name, value):
                return found[0]
            what = f"the JSON field {name}"
            scheme = _SCHEME.match(value) if name.lower().endswith("authorization") else None
            begin = "" if scheme is None else scheme[0]
            hidden = self.credential(value.removeprefix(begin), name, what, is_in_body=True)
            return f'"{name}"{colon}"{begin}{hidden}"'

        return self.hide_known(_IN_JSON.sub(hidden, text))

    def hide_in_header(self, name: str, value: str) -> str:
        """The value of a header without its credential; the scheme before it stays."""
        is_named = is_credential(name) or is_credential_parameter(name, value)
        if not is_named or has_placeholder(value):
            return self.hide_known(value)
        if name.lower() in ("cookie", "cookie2"):
            return self.in_header(value, "COOKIE", "the value of the header Cookie")
        kind = re.sub(r"^x[-_]", "", name, flags=re.IGNORECASE)
        if name.lower() == "authorization":
            scheme, space, credential = value.partition(" ")
            what = f"what stands behind {scheme} in the header {name}"
            if space and re.fullmatch(r"[A-Za-z-]+", scheme):
                return scheme + space + self.in_header(credential, "TOKEN", what)
        return self.in_header(value, kind, f"the value of the header {name}")

    def _pair(self, pair: str, decode: Callable[[str], str], what: str) -> str:
        name, mark, value = pair.partition("=")
        if not mark or has_placeholder(value):
            return self.hide_known(pair)
        found = decode(value)
        hidden = self.hide_in_parameter(decode(name), found, what)
        if hidden == found:
            return pair
        return name + mark + (hidden if decode is str else encode_component(hidden))

    def _named(self, value: str | None, kind: str, what: str) -> str:
        known = next((n for n in self.needed.values() if value is not None and n.value == value), None)
        if known is None and self.is_one_per_place:
            known = next((n for n in self.needed.values() if n.what == what and n.host == self.host), None)
            self._renewed |= set() if known is None else {known.name}
        if known is None:
            name = unused_name(f"{self.host}_{environment_name(kind)}", self.needed, "_")
            known = self.needed[name] = NeededSecret(name, what, value, self.host)
        return self._noted(_Place(f"$secrets.{known.name}", known.name, value))

    def _noted(self, place: _Place) -> str:
        """The placeholder of a credential that is looked for in the rest of the request."""
        made = self._placeholder(place)
        if place.value is not None and len(place.value) >= _SHORTEST_FOUND:
            self._found[place.value] = made
        return made

    def _placeholder(self, place: _Place) -> str:
        if place not in self._places:
            self._places.append(place)
        return placeholder(self._places.index(place))


def is_credential_parameter(name: str, value: str) -> bool:
    """Whether a query parameter, form field or JSON field of that name holds a credential."""
    if not value or len(name) > _LONGEST_NAME or not _PARAMETER.search(name) or _NOT_PARAMETER.search(name):
        return False
    return name.lower() not in _AMBIGUOUS or (len(value) >= _KEY_LENGTH and " " not in value)


def holds_credential(name: str) -> bool:
    """Whether a header, parameter, field or variable of that name would hold a credential, whatever is in it."""
    return is_credential(name) or is_credential_parameter(name, "?" * _KEY_LENGTH)


def host_label(host: str) -> str:
    """What a server is called in the names of its secrets: GITHUB for api.github.com."""
    labels = [label for label in host.split(".")[:-1] if label.lower() not in _PLAIN_LABELS]
    last = labels[-1] if labels else host
    return environment_name(last) if re.match("[A-Za-z]", last) and not has_placeholder(host) else "API"


def without_credentials(url: str) -> str:
    """An address as it may be kept and printed: without a user, and `[redacted]` in place of other credentials."""
    hidden = Secrets().hide_in_url(_USER.sub("", url))
    return fill(hidden, lambda _index, _before, _behind: HIDDEN)


def _apart(head: str) -> tuple[str, str]:
    """Scheme and server of a URL, and its path."""
    scheme, mark, rest = head.rpartition("://")
    server, slash, path = rest.partition("/")
    return scheme + mark + server, slash + path


def same_hex(text: str) -> str:
    """A text whose percent-encoding is in upper case: `%c3` says the same as `%C3` (RFC 3986, section 6.2.2.1)."""
    return _HEX.sub(lambda found: found[0].upper(), text)
