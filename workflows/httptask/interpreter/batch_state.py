"""What a batch is given, what it tells, and what a continued run of it gets: shared by its workflow and its clients."""

from typing import Any, Final

from pydantic import BaseModel, Field

from httptask.scheduling.spending_state import Spent

__all__ = [
    "ADD_ROWS",
    "PROGRESS_QUERY",
    "RESULTS_QUERY",
    "BatchInput",
    "BatchProgress",
    "BatchState",
    "Row",
    "RowResult",
    "RowsPiece",
    "Variant",
]

ADD_ROWS: Final = "add_rows"
PROGRESS_QUERY: Final = "progress"
RESULTS_QUERY: Final = "results"


class Row(BaseModel):
    """One input.

    Attributes:
        number: in the data set, from 0.
        variants: indices of the definitions that run it; None for all.
    """

    number: int
    input: Any = None
    variants: list[int] | None = None


class Variant(BaseModel):
    """One of the definitions that are compared, or the only one.

    Attributes:
        label: what tells it from the others; empty where there are none.
        packed: its canonical JSON, compressed by zlib, in base64.
    """

    label: str = ""
    packed: str


class RowResult(BaseModel):
    """How a row ended.

    Attributes:
        row: its number.
        variant: index of the definition that ran it.
        output: of the run, where it has completed.
        error: the RFC 7807 object that it ended in, otherwise.
        spent: by this row.
        seconds: from its first task's beginning to its end, as the workflow's clock tells it.
    """

    row: int
    variant: int = 0
    output: Any = None
    error: dict[str, Any] | None = None
    spent: Spent = Field(default_factory=Spent)
    seconds: float = 0.0


class BatchProgress(BaseModel):
    """How far a batch is. Rows that several definitions run count for each.

    Attributes:
        total: how many there are.
        received: how many rows have come, and will not be asked for again.
        has_room: whether more of them are taken now.
        ended: how many have a result.
        failed: how many of these are errors.
        spent: by those that have ended.
        stopped: why no more of them are begun, if so: `budget`, `price` or `error`.
        impasse: why it does not go on, as clients see who ask its server: it is paused, or its workflow task fails.
    """

    total: int
    received: int = 0
    has_room: bool = True
    ended: int = 0
    failed: int = 0
    spent: Spent = Field(default_factory=Spent)
    stopped: str | None = None
    impasse: str | None = None


class BatchState(BaseModel):
    """What a continued run gets of the one before, or a batch of the one that it resumes.

    Attributes:
        progress: of the whole batch.
        waiting: rows that have come and not begun for every definition.
        variant: index of the definition that the first of them is run with next.
        dearest_usd: the most that a row has cost; None before the first has ended.
        results: of the run before, for whoever reads the chain: this run has no use for them.
    """

    progress: BatchProgress
    waiting: list[Row] = []
    variant: int = 0
    dearest_usd: float | None = None
    results: list[RowResult] = []


class BatchInput(BaseModel):
    """What `httptask.batch` is started with.

    Attributes:
        variants: the definitions.
        rows: how many rows there are in the data set; those that are run come by the update `add_rows`.
        sha256: of all of them, for who goes on with a batch.
        concurrency: how many are run at once.
        budget_usd: US dollars that all rows together may cost.
        stop_on_error: whether no more of them begin after one that has failed.
        continue_as_new_after: history length after which to continue as new; None leaves it to the server.
        resumes: id of the batch that has ended, whose other results are kept.
        retries_failed: whether rows that failed in that one are run again.
        state: of the run before, in continued runs, or of the batch that it resumes.
    """

    variants: list[Variant]
    rows: int
    sha256: str
    concurrency: int = 16
    budget_usd: float | None = None
    stop_on_error: bool = False
    continue_as_new_after: int | None = None
    resumes: str | None = None
    retries_failed: bool = False
    state: BatchState | None = None


class RowsPiece(BaseModel):
    """Some rows that follow on those that have come, of which there are `first`."""

    first: int
    rows: list[Row]
