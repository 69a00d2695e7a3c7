"""Where the value of a secret belongs, for what only names it."""

from pydantic import BaseModel, ConfigDict

__all__ = ["SecretReference"]


class SecretReference(BaseModel):
    """A place where the activity inserts the value of a secret.

    The reference travels beside the request, never inside it, so that no response or input can forge one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pointer: str
    """JSON Pointer (RFC 6901) of a string leaf of the request, e.g. `/headers/Authorization`."""
    offset: int = 0
    """Index into that leaf, in code points of the leaf as it stands, before any insertion."""
    name: str
    field: str | None = None
    """Key of a secret whose value is a JSON object."""

    @property
    def variable(self) -> str:
        """What people see in the value's place: `$NAME`, or `$NAME.field`."""
        return f"${self.name}" + (f".{self.field}" if self.field else "")
