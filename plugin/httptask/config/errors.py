"""A configuration that can't be used."""

from collections.abc import Sequence

__all__ = ["ConfigInvalid"]


class ConfigInvalid(ValueError):
    """A configuration can't be used.

    Attributes:
        faults: each with the file, the key and the cure.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
