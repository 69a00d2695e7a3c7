"""One error of pydantic with all that a message needs."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from httptask.dsl.locate import Location, Token
from httptask.dsl.tasks import CALLS
from httptask.dsl.tasks.kind import CallKind
from httptask.json.pointer import json_pointer

__all__ = ["Found"]


@dataclass(frozen=True, slots=True)
class Found:
    """An error and its place.

    Attributes:
        location: the place, from where the model's data begins.
        model: what the data was validated against.
        prefix: where the data begins in the definition.
        value: what stands there; for a missing key, the mapping that should have it.
    """

    error: ErrorDetails
    location: Location
    model: type[BaseModel]
    prefix: tuple[Token, ...]
    value: Any

    @property
    def kind(self) -> str:
        """Pydantic's name for this kind of error, or "union" where no alternative fits the value."""
        return "union" if self.alternatives else self.error["type"]

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Keys and indices that lead to the place from the root of the definition."""
        return self.prefix + self.location.tokens

    @property
    def pointer(self) -> str:
        """JSON Pointer of the place."""
        return json_pointer(self.tokens)

    @property
    def key(self) -> str:
        """The last key on the way, "" for the whole definition."""
        return str(self.tokens[-1]) if self.tokens else ""

    @property
    def called(self) -> CallKind[Any] | None:
        """The kind of the call whose arguments are at fault; None where something else is."""
        if self.prefix[-1:] != ("with",):
            return None
        return next(kind for kind in CALLS.values() if kind.spec_model is self.model)

    @property
    def alternatives(self) -> tuple[Any, ...]:
        """What a union takes, where nothing of it fits the value."""
        branch = self.location.branches[-1] if self.location.branches else None
        if branch is None or branch.tokens != self.location.tokens or branch.fits:
            return ()
        return branch.alternatives
