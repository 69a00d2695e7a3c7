"""How a run learns which activities of the user's own workers its definition may call."""

from collections.abc import Mapping, Sequence

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from httptask.activities import names
from httptask.activities.allowed_activities import ActivityAllowance, AllowedActivity

__all__ = ["AllowedActivities"]


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
