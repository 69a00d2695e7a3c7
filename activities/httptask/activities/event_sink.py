"""Where the events go that runs emit."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["EventSink"]


class EventSink(BaseModel):
    """One place for all events; without one they go to the log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connection: str | None = None
    """A connection: each event is posted to it, in CloudEvents' structured mode."""
    path: str = ""
    """Path behind the connection's `base_url`, such as `/events`."""
    run: str | None = Field(default=None, min_length=1)
    """Id of a run, or of any workflow with a signal `event`: each event is sent to it as that signal."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.connection is not None and self.run is not None:
            raise ValueError("names two places: keep one of connection and run")
        if self.path and self.connection is None:
            raise ValueError("has a path and no connection: write connection")
        return self
