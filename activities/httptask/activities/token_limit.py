"""The workflow that counts the tokens of a limited connection for all its workers: its messages."""

from pydantic import BaseModel

__all__ = ["TAKE", "TakeTokens", "TokenLimitInput"]

TAKE = "take"


class TokenLimitInput(BaseModel):
    """What `httptask.token_limit` is started with."""

    paid_until: float = 0.0


class TakeTokens(BaseModel):
    """What some calls of one worker need.

    Attributes:
        amounts: tokens of each call, as they are estimated.
        used: tokens of earlier calls beyond what was estimated; less when negative.
    """

    per_minute: int
    amounts: list[float]
    used: float = 0.0
