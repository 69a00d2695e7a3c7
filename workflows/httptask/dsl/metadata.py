"""Settings under `document.metadata.httptask`, where the standard lets a runtime add its own."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Budget", "RuntimeMetadata"]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Budget(_Settings):
    """What one run may spend at most."""

    calls: int | None = Field(default=None, ge=0, description="HTTP calls of one run, at most.")
    tokens: int | None = Field(default=None, ge=0, description="Tokens of one run, at most.")
    cost_usd: float | None = Field(default=None, ge=0, description="US dollars of one run, at most.")


class RuntimeMetadata(_Settings):
    """All settings of this runtime for one definition."""

    budget: Budget | None = Field(default=None, description="What one run may spend at most.")
