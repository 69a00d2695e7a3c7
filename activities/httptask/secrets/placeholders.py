"""What stands in a request in place of its secrets, until their values are put in, or their names."""

import re
from collections.abc import Callable, Sequence
from secrets import token_hex

from httptask.http.errors import SecretUnavailable
from httptask.http.headers import has_control_character
from httptask.http.secret_reference import SecretReference
from httptask.http.url import encode_component, encode_within
from httptask.secrets.insertion import Insertions
from httptask.secrets.store import SecretStore

__all__ = [
    "ResolvedValues",
    "begins_with_placeholder",
    "fill",
    "has_placeholder",
    "pieces",
    "placeholder",
    "places",
]

_NONCE = token_hex(16)  # so that nothing in a request can look like a placeholder
_SENT_AS_WRITTEN = ("/headers/", "/authentication/token")
_PLACEHOLDER = re.compile(rf"{_NONCE}x([0-9]+)x")
_SURROGATE = re.compile("[\ud800-\udfff]")


def placeholder(index: int) -> str:
    """The placeholder of that index. It passes through percent-encoding unchanged, and may stand in a host."""
    return f"{_NONCE}x{index}x"


def places(references: Sequence[SecretReference], first: int = 0) -> Insertions:
    """Puts placeholders where secrets belong.

    Args:
        references: where; the placeholder of each has its index, counted from `first`.
        first: index of the first one.
    """
    texts = {reference: placeholder(index) for index, reference in enumerate(references, first)}
    return Insertions(references, texts.__getitem__)


def fill(text: str, texts: Callable[[int, str, str], str]) -> str:
    """A text with others in place of its placeholders.

    Args:
        text: the text.
        texts: gives what to put in for an index, between what stands before it by then and what follows.
    """
    if _NONCE not in text:
        return text
    filled, start = "", 0
    for found in _PLACEHOLDER.finditer(text):
        filled += text[start : found.start()]
        start = found.end()
        filled += texts(int(found[1]), filled, text[start:])
    return filled + text[start:]


def pieces(text: str) -> tuple[list[str], list[int]]:
    """What a text has around its placeholders, one more than there are of these, and the index of each."""
    found = _PLACEHOLDER.split(text)
    return found[::2], [int(index) for index in found[1::2]]


def has_placeholder(text: str) -> bool:
    """Whether the value of a secret belongs into the text."""
    return _NONCE in text


def begins_with_placeholder(text: str) -> bool:
    """Whether the text begins with the value of a secret."""
    return text.startswith(_NONCE)


class ResolvedValues:
    """Puts the values of secrets in place of their placeholders, and remembers them.

    Args:
        references: what the placeholders stand for, by their index.
        store: knows the values.

    Attributes:
        resolved: all credentials, each with the name that stands for it where it is taken out again.
        names: the secrets that were put in.
        made: what the placeholder of the credential stands for.
    """

    def __init__(self, references: Sequence[SecretReference], store: SecretStore) -> None:
        self._references = references
        self._store = store
        self.resolved: dict[str, str] = {}
        self.names: set[str] = set()
        self.made = ""

    def secret(self, reference: SecretReference) -> str:
        """The value of a secret.

        Raises:
            SecretUnavailable: it has none that can be sent in its place.
        """
        value = self._store.resolve(reference.name, reference.field)
        _check_sendable(reference, value)
        self.resolved[value] = reference.name
        self.names.add(reference.name)
        return value

    def credential(self, text: str) -> str:
        """Remembers a credential that is filled already."""
        self.resolved.setdefault(text, "authentication")
        return text

    def fill(self, text: str) -> str:
        """A text as it is sent."""
        return fill(text, lambda index, _before, _behind: self._value(index))

    def fill_url(self, text: str) -> str:
        """A URL, or the part of one, as it is sent. A secret at its very start is a URL itself, and stays as it is."""

        def encoded(index: int, before: str, _: str) -> str:
            value = self._value(index)
            return encode_within(before, value) if before else value

        return fill(text, encoded)

    def fill_component(self, text: str) -> str:
        """A value in a query as it is sent."""
        return fill(text, lambda index, _before, _behind: encode_component(self._value(index)))

    def _value(self, index: int) -> str:
        return self.made if index == len(self._references) else self.secret(self._references[index])


def _check_sendable(reference: SecretReference, value: str) -> None:
    """Refuses a value that its place in the request can't carry; base64 and percent-encoding carry all of Unicode."""
    if reference.pointer.startswith("/body/"):
        return
    wrong = None
    if has_control_character(value):
        wrong = "a line break (often at its end) or another control character"
    elif not value.isascii() and reference.pointer.startswith(_SENT_AS_WRITTEN):
        wrong = "a character outside ASCII"
    elif _SURROGATE.search(value) is not None:
        wrong = "bytes that are not UTF-8"
    if wrong is not None:
        raise SecretUnavailable(
            f"the value of the secret {reference.name} can't be sent in a header or URL: it has {wrong}; "
            "set the secret again without it"
        )
