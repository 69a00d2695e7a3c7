"""The values of secrets in a request that is about to be sent."""

import base64
from collections.abc import Sequence

from httptask.authentication.models import TokenAuthentication
from httptask.http.errors import SecretUnavailable
from httptask.http.headers import has_control_character
from httptask.http.models import SecretReference
from httptask.request.digest import DigestUser
from httptask.secrets.store import SecretStore

__all__ = ["ResolvedValues"]

_SENT_AS_WRITTEN = ("/headers/", "/authentication/token")


class ResolvedValues:
    """Inserts the values of secrets and remembers them.

    Attributes:
        resolved: all credentials, each with the name that stands for it where it is taken out again.
        names: the secrets that were inserted.
        digest_user: who answers a challenge.
        token_wanted: what a token is to be got by.
    """

    def __init__(self, store: SecretStore) -> None:
        self._store = store
        self.resolved: dict[str, str] = {}
        self.names: set[str] = set()
        self.digest_user: DigestUser | None = None
        self.token_wanted: tuple[TokenAuthentication, Sequence[SecretReference]] | None = None

    def secret(self, reference: SecretReference) -> str:
        """See `Values.secret`."""
        value = self._store.resolve(reference.name, reference.field)
        _check_sendable(reference, value)
        self.resolved[value] = reference.name
        self.names.add(reference.name)
        return value

    def credential(self, text: str) -> str:
        """See `Values.credential`."""
        self.resolved.setdefault(text, "authentication")
        return text

    def basic(self, username: str, password: str) -> str:
        """See `Values.basic`."""
        pair = f"{username}:{password}"
        self.credential(pair)
        self.credential(password)
        return "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")

    def digest(self, username: str, password: str) -> None:
        """See `Values.digest`."""
        self.digest_user = DigestUser(username, self.credential(password))

    def token(self, authentication: TokenAuthentication, references: Sequence[SecretReference]) -> None:
        """See `Values.token`."""
        self.token_wanted = (authentication, references)


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
