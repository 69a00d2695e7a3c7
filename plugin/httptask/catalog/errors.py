"""What the catalogue can't do."""

__all__ = ["CatalogError", "PrivateAddress", "ServerUnknown"]


class CatalogError(Exception):
    """Something can't be added, found, removed or taken over. No text repeats what may be a credential.

    Attributes:
        message: what is wrong, naming what was asked for.
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class PrivateAddress(CatalogError):
    """A document lies where requests may not go.

    Attributes:
        network: what `allow_private` has to hold for it.
    """

    def __init__(self, message: str, hint: str, network: str) -> None:
        super().__init__(message, hint)
        self.network = network


class ServerUnknown(CatalogError):
    """Nothing tells at which server an API is."""
