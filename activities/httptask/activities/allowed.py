"""Activities of the user's own workers that definitions may call: an operator's list, and how a run learns of it."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, field_validator
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from httptask.activities import names

__all__ = ["OURS", "ActivityAllowance", "AllowedActivities", "AllowedActivity"]

OURS = "httptask."
"""Begins the names of this package's own activities, which have rules of their own."""


class AllowedActivity(BaseModel):
    """One activity that definitions may call by its Temporal activity type. Seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

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


class ActivityAllowance(BaseModel):
    """Those that a run asked for, by name."""

    activities: dict[str, AllowedActivity]


class AllowedActivities:
    """Tells workflows which activities their worker's operator allows."""

    def __init__(self, allowed: Mapping[str, AllowedActivity], *, shared: bool = False) -> None:
        """Make the activity.

        Args:
            allowed: activities by name.
            shared: whether other workers, whose operators may allow others, poll its task queue.
        """
        self._allowed = allowed
        self._shared = shared

    @activity.defn(name=names.ALLOW_ACTIVITIES)
    async def allow_activities(self, wanted: Sequence[str]) -> ActivityAllowance:
        """Look activities up; run as a local activity, so that what a run goes by is in its history.

        Raises:
            ApplicationError: of type `ActivityNotAllowed`; retryable where another worker may allow it.
        """
        for name in wanted:
            if name not in self._allowed:
                raise ApplicationError(
                    f"the activity {name} may not be called: add [activities.{name}] to the worker's httptask.toml",
                    type="ActivityNotAllowed",
                    non_retryable=not self._shared,
                    category=ApplicationErrorCategory.BENIGN,  # the log tells it as the failure that follows
                )
        return ActivityAllowance(activities={name: self._allowed[name] for name in wanted})
