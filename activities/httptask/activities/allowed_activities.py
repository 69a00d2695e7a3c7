"""Activities of the user's own workers that definitions may call: an operator's list.

Imports nothing of Temporal, which costs a command that only checks files a third of its start.
"""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from httptask.activities.names import OURS

__all__ = ["AllowedActivity"]


class AllowedActivity(BaseModel):
    """One activity that definitions may call by its Temporal activity type. Seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """Activity type."""
    task_queue: str | None = Field(default=None, min_length=1)
    """Task queue of the workers that have it; by default the workflow's."""
    start_to_close_timeout: float = Field(default=60.0, gt=0)
    """How long one attempt may take."""
    heartbeat_timeout: float | None = Field(default=None, gt=0)
    """How long it may be silent, if it sends heartbeats."""
    attempts: int = Field(default=5, ge=1, le=100)
    """How many attempts a call has, the first one included."""

    @field_validator("name")
    @classmethod
    def _not_ours(cls, name: str) -> str:
        if name.startswith(OURS):
            raise ValueError("is an activity of httptask: use `call: httpRequest` or `call: chatCompletion`")
        return name
