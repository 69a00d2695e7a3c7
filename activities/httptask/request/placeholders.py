"""What stands in a request where its secrets and credentials belong."""

from collections.abc import Sequence
from typing import Protocol

from httptask.authentication.models import TokenAuthentication
from httptask.http.models import SecretReference

__all__ = ["Values"]


class Values(Protocol):
    """Gives the texts to put into a request: values to send, or names to show."""

    def secret(self, reference: SecretReference) -> str:
        """What to insert for a reference."""
        ...

    def credential(self, text: str) -> str:
        """A credential with its secrets in place."""
        ...

    def basic(self, username: str, password: str) -> str:
        """The credentials of RFC 7617."""
        ...

    def digest(self, username: str, password: str) -> str | None:
        """The credentials of RFC 7616; None when the answer to a challenge will make them."""
        ...

    def token(self, authentication: TokenAuthentication, references: Sequence[SecretReference]) -> str | None:
        """The credentials of RFC 6750; None when they are added once the token is there."""
        ...
