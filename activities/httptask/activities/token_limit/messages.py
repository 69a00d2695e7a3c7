"""What is asked of whoever counts the tokens of a limited connection, and the messages of the workflow that does."""

from collections.abc import Sequence

from pydantic import BaseModel

__all__ = ["TAKE", "Asker", "Correction", "Need", "Question", "Taken", "TokenLimitInput"]

TAKE = "take"


class Need(BaseModel):
    """What one call is known to need before it is made. Tokens.

    Attributes:
        asked: of its request, estimated.
        model: whose answers it is one of; what those had before lets it be estimated.
        most: of its answer, where none of that model was seen.
    """

    asked: float
    model: str
    most: float


class Taken(BaseModel):
    """What comes of a need.

    Attributes:
        wait: 0 when the tokens are taken; otherwise seconds to wait before asking again.
        tokens: that were taken, or would have been.
    """

    wait: float
    tokens: float


class Correction(BaseModel):
    """What a call turned out to use. Tokens.

    Attributes:
        model: as its need had it.
        beyond: used beyond those that were taken; less when negative.
        answer: of its answer; None where none was seen.
    """

    model: str
    beyond: float
    answer: float | None = None


class Question(BaseModel):
    """What some calls of one worker need. A question is never asked twice, but may arrive when nobody waits for it.

    Attributes:
        asker: who asks, another name for each process.
        number: of the question, from 1; with the asker its id.
        answered: number of the asker's last question whose answer it knows.
        until: when nobody waits for the answer any more, in seconds since 1970 by the server's clock.
        needs: of the calls.
        batch: number of the corrections, from 1. They are told with each question until one is answered.
        corrections: of earlier calls.
    """

    asker: str
    number: int
    answered: int
    until: float
    per_minute: int
    needs: Sequence[Need]
    batch: int
    corrections: Sequence[Correction]


class Asker(BaseModel):
    """What is remembered of an asker: its last question, what that was granted, and its last batch of corrections."""

    number: int = 0
    granted: float = 0.0
    batch: int = 0


class TokenLimitInput(BaseModel):
    """What `httptask.token_limit` is started with, and goes on with."""

    paid_until: float = 0.0
    answers: dict[str, float] = {}
    askers: dict[str, Asker] = {}
