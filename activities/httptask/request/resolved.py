"""The values of secrets in a request that is about to be sent."""

from collections.abc import Sequence

from httptask.http.errors import SecretUnavailable
from httptask.http.headers import has_control_character
from httptask.http.models import SecretReference
from httptask.http.url import encode_component, encode_within
from httptask.secrets.placeholders import fill
from httptask.secrets.store import SecretStore

__all__ = ["ResolvedValues"]

_SENT_AS_WRITTEN = ("/headers/", "/authentication/token")


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
    elif any("\ud800" <= character <= "\udfff" for character in value):
        wrong = "bytes that are not UTF-8"
    if wrong is not None:
        raise SecretUnavailable(
            f"the value of the secret {reference.name} can't be sent in a header or URL: it has {wrong}; "
            "set the secret again without it"
        )
