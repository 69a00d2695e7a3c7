"""The secrets of one import: their names, what stands for them in its texts, and where they stand encoded."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import unquote

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.recognition import KNOWN_TOKEN, SHORTEST_CREDENTIAL, WEBHOOK
from httptask.connections.connection import Connection
from httptask.dsl.expressions import as_literal
from httptask.egress.address import fixed_address, network_of
from httptask.http.errors import RequestInvalid
from httptask.http.headers import HIDDEN, has_control_character
from httptask.http.url import Url, encode_within
from httptask.openapi.naming import environment_name, unused_name
from httptask.secrets.placeholders import fill, has_placeholder, pieces, placeholder
from httptask.secrets.redaction import Redactor
from httptask.secrets.sources import SecretSource

__all__ = [
    "NamedSecrets",
    "NeededSecret",
    "Place",
    "ProjectSecrets",
    "host_label",
    "same_hex",
    "secret_name",
    "unescaped",
]

_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MOST_VARIABLES: Final = 1000
_HEX: Final = re.compile("%[0-9A-Fa-f]{2}")
_PLAIN_LABELS: Final = frozenset({"api", "www", "co", "com", "org", "net", "ac", "gov"})


@dataclass(frozen=True)
class NeededSecret:
    """A secret that a task names.

    Attributes:
        name: of the secret, and of the environment variable.
        what: what it holds, in words.
        value: as it stands in what is imported; None where that does not hold it.
        host: what the server is called in names, whose credential it is; None for a variable.
        instead_of: the name that it would have, but for another secret of the project.
    """

    name: str
    what: str
    value: str | None = field(default=None, repr=False)
    host: str | None = None
    instead_of: str | None = None


class Place(NamedTuple):
    """What a placeholder stands for."""

    expression: str
    secret: str | None = None
    """The name of one."""
    value: str | None = None
    """Of the secret, as it stands here."""
    is_escaped: bool = False
    """Whether what is around it is a language that its value is escaped for."""


@dataclass(frozen=True)
class ProjectSecrets:
    """What a project has, by which secrets of imports get their names.

    Attributes:
        connections: by name.
        sources: of the secrets that are declared, by name.
        value_of: the value of a secret; None where it has none, or where that does not count.
    """

    connections: Mapping[str, Connection] = field(default_factory=dict[str, Connection])
    sources: Mapping[str, SecretSource] = field(default_factory=dict[str, SecretSource])
    value_of: Callable[[str], str | None] = lambda _: None

    def without_values(self) -> "ProjectSecrets":
        """The same where no value of a secret counts."""
        return ProjectSecrets(self.connections, self.sources)

    def label(self, origin: str | None) -> str | None:
        """What a server is called in names: as its connection is; None where it has none."""
        found = (one.name for one in self.connections.values() if origin and one.origin == origin)
        return next((label for name in found if re.match("[A-Z]", label := environment_name(name))), None)

    def has_another(self, name: str, value: str | None, origin: str | None) -> bool:
        """Whether a secret of that name has another value, or belongs to another server."""
        if value is None:
            return False
        source = self.sources.get(name)
        bound = {allowed.rstrip("/").lower() for allowed in (source.origins if source else ())}
        of_connections = (one.secret_origins() for one in self.connections.values())
        bound |= {str(origins[name]) for origins in of_connections if name in origins}
        return self.value_of(name) not in (None, value) or (bool(bound) and origin not in bound)


@dataclass
class NamedSecrets:
    """The secrets of one import, and the other values that it lacks. In its texts placeholders stand for them.

    Attributes:
        project: has secrets that others may not be mistaken for.
        is_one_per_place: whether credentials that differ, but stand in the same place, are one that was renewed.
        needed: each of them once, by name.
        host: what names are made of, besides the kind of a credential.
        variables: how many were found.

    All requests are read first, then `look_everywhere` is told, and all are read again: what one of them shows to be
    a credential stands in none.
    """

    project: ProjectSecrets = field(default_factory=ProjectSecrets)
    is_one_per_place: bool = False
    needed: dict[str, NeededSecret] = field(default_factory=dict[str, NeededSecret])
    host: str = "API"
    variables: int = 0
    _origin: str | None = None
    _places: list[Place] = field(default_factory=list[Place])
    _renewed: set[str] = field(default_factory=set[str])
    _known: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Values that are looked for, with the kind of each and what it is."""
    _asked: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    _redactor: Redactor | None = None

    def begin(self, host: str, url: str) -> None:
        """Begin the request to a host, at a URL."""
        try:
            self._origin = Url.parse(url.partition("?")[0]).origin
        except RequestInvalid:
            self._origin = None
        self.host = self.project.label(self._origin) or host_label(host)

    def look_everywhere(self, texts: Iterable[str]) -> None:
        """From now on take each credential that was found out of whatever is hidden, in any encoding.

        Args:
            texts: all that was hidden so far, which tells the few that are left.
        """
        every = Redactor({value: value for value in self._known}, shortest=SHORTEST_CREDENTIAL)
        left = every.names_in(texts)
        self._redactor = Redactor({value: value for value in left}, shortest=SHORTEST_CREDENTIAL)

    def variable(self, name: str, field_: str | None = None, *, is_escaped: bool = False) -> str:
        """A placeholder for a variable of the shell, or for a member of the JSON that it holds.

        Raises:
            CatalogError: there are too many.
        """
        self.variables += 1
        if self.variables > _MOST_VARIABLES:
            raise CatalogError(f"more than {_MOST_VARIABLES} variables", "give fewer requests at once")
        self.needed.setdefault(name, NeededSecret(name, "the variable of that name in the command"))
        member = "" if field_ is None else f".{field_}"
        return self._placeholder(Place(f"$secrets.{name}{member}", name, is_escaped=is_escaped))

    def has_raw_variable(self, text: str) -> bool:
        """Whether a variable stands in a text as it is, without escapes for what is around it."""
        return any(not self._places[index].is_escaped for index in pieces(text)[1])

    def named_variable(self, name: str, value: str | None) -> str:
        """A placeholder for a variable that holds a credential, under its own name as environments write it."""
        known = next((n for n in self.needed.values() if n.what == f"the variable {name}"), None)
        if known is None:
            words = environment_name(name)
            wanted = words if re.match("[A-Z]", words) else f"{self.host}_{words}"
            own = unused_name(wanted, self.needed, "_")
            known = self.needed[own] = NeededSecret(own, f"the variable {name}", value)
        self._look_for(value, name, known.what)
        return self._placeholder(Place(f"$secrets.{known.name}", known.name, value))

    def expression(self, text: str) -> str:
        """A placeholder for what an expression yields."""
        return self._placeholder(Place(text))

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

    def asked_for(self, kind: str, what: str, user: str = "") -> str:
        """A placeholder for a credential that does not stand in what is imported, of some user of the server."""
        asked = (self.host, what, user)
        if asked not in self._asked:
            self._asked[asked] = self._named(None, kind, what)
        return self._asked[asked]

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

    def shown(self, text: str) -> str:
        """A text as it may be printed, without any credential of the import."""
        text = KNOWN_TOKEN.sub(HIDDEN, WEBHOOK.sub(HIDDEN, text))
        return self._with_found(text, lambda _written, _value: HIDDEN)

    def stands_in(self, text: str) -> bool:
        """Whether a credential that was found stands in a text, in any encoding."""
        return self._redactor is not None and self._redactor.holds(text)

    def is_sent_alike(self, hidden: str, url: str) -> bool:
        """Whether the credentials of a URL, encoded for their places, give the URL again."""

        def encoded(index: int, before: str, _behind: str) -> str:
            value = self._places[index].value
            return placeholder(index) if value is None else encode_within(before, value) if before else value

        return same_hex(fill(hidden, encoded)) == same_hex(url)

    def _hide_found(self, text: str, decode: Callable[[str], str]) -> str:
        """A text without the credentials that were found; what is an encoding of one is a secret as it stands."""

        def named(written: str, value: str) -> str:
            kind, what = self._known[value]
            written = decode(written)
            return self._named(written, kind, what, is_encoded=written != value)

        return self._with_found(text, named)

    def _with_found(self, text: str, put: Callable[[str, str], str]) -> str:
        """A text with something else in place of each credential, as it is written there, by its value."""
        if self._redactor is None:
            return text
        changed, end = "", 0
        for found in self._redactor.found(text):
            changed += text[end : found.start] + put(text[found.start : found.end], found.name)
            end = found.end
        return changed + text[end:]

    def _named(self, value: str | None, kind: str, what: str, *, is_encoded: bool = False) -> str:
        """A placeholder for a credential.

        Args:
            value: of it; None where that does not stand there.
            kind: the end of its name.
            what: it is, in words.
            is_encoded: whether the value is that of another secret in some encoding.
        """
        known = next((n for n in self.needed.values() if value is not None and n.value == value), None)
        if known is None and self.is_one_per_place and not is_encoded:
            known = next((n for n in self.needed.values() if n.what == what and n.host == self.host), None)
            self._renewed |= set() if known is None else {known.name}
        if known is None:
            name, instead_of = self._unused(secret_name(self.host, kind), value)
            what = f"{what}, in another encoding" if is_encoded else what
            known = self.needed[name] = NeededSecret(name, what, value, self.host, instead_of)
        if not is_encoded:
            self._look_for(value, kind, what)
        return self._placeholder(Place(f"$secrets.{known.name}", known.name, value))

    def _unused(self, wanted: str, value: str | None) -> tuple[str, str | None]:
        """A name that is no other secret's, and the first of those that are one of the project's."""
        others: list[str] = []
        while True:
            name = unused_name(wanted, {*self.needed, *others}, "_")
            if not self.project.has_another(name, value, self._origin):
                return name, others[0] if others else None
            others.append(name)

    def _look_for(self, value: str | None, kind: str, what: str) -> None:
        """Look for a credential in all requests, and for what it says if it has escapes where it stands."""
        for text in dict.fromkeys((value, unquote(value), unescaped(value)) if value else ()):
            if len(text) >= SHORTEST_CREDENTIAL:
                self._known.setdefault(text, (kind, what))

    def _placeholder(self, place: Place) -> str:
        if place not in self._places:
            self._places.append(place)
        return placeholder(self._places.index(place))


def secret_name(api: str, kind: str) -> str:
    """The name of a secret of an API: `SHOP_TOKEN`."""
    words, prefix = environment_name(kind), environment_name(api)
    return words if words.startswith(f"{prefix}_") else f"{prefix}_{words}"


def host_label(host: str) -> str:
    """What a server is called in the names of its secrets: GITHUB for api.github.com, LOCALHOST for 127.0.0.1."""
    address = None if has_placeholder(host) else fixed_address(host.strip("[]"))
    if address is not None and network_of(address) == "loopback":
        return "LOCALHOST"
    labels = [label for label in host.split(".")[:-1] if label.lower() not in _PLAIN_LABELS]
    last = labels[-1] if labels else host
    is_name = re.fullmatch("[A-Za-z][^:]*", last) is not None and not has_placeholder(host)
    return environment_name(last) if is_name else "API"


def same_hex(text: str) -> str:
    """A text whose percent-encoding is in upper case: `%c3` says the same as `%C3` (RFC 3986, section 6.2.2.1)."""
    return _HEX.sub(lambda found: found[0].upper(), text)


def unescaped(text: str) -> str:
    """What a string of JSON means; the string as it stands where it is none."""
    try:
        return str(json.loads(f'"{text}"', strict=False)) if "\\" in text else text
    except ValueError:
        return text
