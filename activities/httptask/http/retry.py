"""Retries: one policy, which compiles to Temporal's for activities and to tenacity for callers without Temporal.

What may be retried at all is `classify`'s to say, and stands in the error. The policy says how often and when.
"""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Retry"]


class Retry(BaseModel):
    """How often a call is attempted, and how long it waits in between. Seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    attempts: int = Field(default=5, ge=1, le=100)
    """How many attempts a call has, the first one included."""
    first_interval: float = Field(default=1.0, gt=0, le=3600)
    """Wait before the second attempt, when the server asks for none."""
    factor: float = Field(default=2.0, ge=1, le=10)
    """By what each further wait is longer."""
    longest_interval: float = Field(default=60.0, gt=0, le=3600)
    """Bound of these waits."""
    longest_retry_after: float = Field(default=600.0, ge=0, le=86_400)
    """Longest wait that a server may ask for; beyond it the call fails at once."""
