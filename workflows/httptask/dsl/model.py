"""The definition as data: Open Workflow Specification DSL 1.0.x, as far as this runtime executes it.

Keys are the standard's own; a key that is not declared here is a fault of the definition, never ignored.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from httptask.authentication.policy import Policy
from httptask.json.types import is_object

__all__ = [
    "FLOW_DIRECTIVES",
    "TASK_KEYWORDS",
    "UNSUPPORTED_TASK_KEYWORDS",
    "AuthenticationPolicy",
    "CallTask",
    "Definition",
    "DoTask",
    "Document",
    "Duration",
    "DurationLiteral",
    "Endpoint",
    "ErrorDefinition",
    "ForLoop",
    "ForTask",
    "Input",
    "Output",
    "Raise",
    "RaiseTask",
    "Schema",
    "SetTask",
    "SwitchTask",
    "Task",
    "TaskBase",
    "TaskList",
    "Timeout",
    "Use",
    "WaitTask",
    "keyword_of",
]

TASK_KEYWORDS = ("call", "do", "for", "raise", "set", "switch", "wait")
UNSUPPORTED_TASK_KEYWORDS = ("emit", "fork", "listen", "run", "try")
FLOW_DIRECTIVES = ("continue", "exit", "end")

_NAME = r"^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"
_VERSION = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$"


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


class Document(_Model):
    """Which definition this is."""

    dsl: str = Field(pattern=r"^1\.0\.\d+")
    """Version of the standard: 1.0.3."""
    namespace: str = Field(pattern=_NAME)
    """Groups definitions: letters, digits and hyphens."""
    name: str = Field(pattern=_NAME)
    """Name of the definition; with `httptask worker` also the workflow type that starts it."""
    version: str = Field(pattern=_VERSION)
    """Semantic version of the definition, three numbers."""
    title: str | None = None
    """Title for people."""
    summary: str | None = None
    """What the workflow is for, in Markdown."""
    tags: dict[str, Any] = {}
    """Free key/value pairs."""
    metadata: dict[str, Any] = {}
    """Free data; `httptask` holds settings of this runtime."""


class Schema(_Model):
    """A JSON Schema, inline."""

    format: Literal["json"] = "json"
    """Always `json`: JSON Schema."""
    document: dict[str, Any] | bool
    """The schema itself."""


class Input(_Model):
    """What goes into a workflow or task: `schema` validates, `from` transforms."""

    schema_: Schema | None = Field(default=None, alias="schema")
    """What the input must look like."""
    from_: str | dict[str, Any] | None = Field(default=None, alias="from")
    """Expression or template that yields the transformed input."""


class Output(_Model):
    """What comes out of a workflow or task: `as` transforms, then `schema` validates."""

    schema_: Schema | None = Field(default=None, alias="schema")
    """What the transformed output must look like."""
    as_: str | dict[str, Any] | None = Field(default=None, alias="as")
    """Expression or template that yields the transformed output."""


class Export(_Model):
    """What becomes the new `$context`."""

    schema_: Schema | None = Field(default=None, alias="schema")
    """What the new `$context` must look like."""
    as_: str | dict[str, Any] | None = Field(default=None, alias="as")
    """Expression or template that yields the new `$context`."""


class Duration(_Model):
    """A duration in parts; the sum counts."""

    days: int = Field(default=0, ge=0)
    hours: int = Field(default=0, ge=0)
    minutes: int = Field(default=0, ge=0)
    seconds: int = Field(default=0, ge=0)
    milliseconds: int = Field(default=0, ge=0)

    @property
    def total_seconds(self) -> float:
        """The whole duration in seconds."""
        return (
            ((self.days * 24 + self.hours) * 60 + self.minutes) * 60 + self.seconds + self.milliseconds / 1000
        )


DurationLiteral = Duration | str
"""Parts, or an ISO 8601 duration such as PT15M, or an expression that yields one."""


class Timeout(_Model):
    """How long something may take."""

    after: DurationLiteral
    """Duration after which the task or workflow fails with the standard's timeout error."""


class AuthenticationPolicy(Policy):
    """One of the policies, or `use`: the name of one under `use.authentications` or of a connection."""

    use: str | None = None
    """Name of a policy under `use.authentications`, or of a connection."""


class Endpoint(_Model):
    """Where a request goes."""

    uri: str
    """URI, or URI template (RFC 6570) filled from the task's input."""
    authentication: AuthenticationPolicy | None = None
    """How the request is authenticated."""


class ErrorDefinition(_Model):
    """An RFC 7807 problem to raise."""

    type: str
    """URI of the kind of error."""
    status: int
    """HTTP status that describes it."""
    title: str | None = None
    """Short text, the same for every error of this type."""
    detail: str | None = None
    """What happened this time."""
    instance: str | None = None
    """JSON Pointer of the task that raised it; set by the runtime when left out."""


class Use(_Model):
    """Parts that tasks refer to by name."""

    secrets: tuple[str, ...] = ()
    """Names of the secrets that expressions may refer to."""
    authentications: dict[str, Policy] = {}
    """Authentication policies by name."""
    errors: dict[str, ErrorDefinition] = {}
    """Errors to raise, by name."""
    timeouts: dict[str, Timeout] = {}
    """Timeouts by name."""


class TaskBase(_Model):
    """What every task may have."""

    if_: str | None = Field(default=None, alias="if")
    """Condition; the task is skipped when it is false."""
    input: Input | None = None
    """Validates and transforms what goes in."""
    output: Output | None = None
    """Transforms and validates what comes out."""
    export: Export | None = None
    """Sets `$context` from the output."""
    timeout: Timeout | str | None = None
    """Timeout, or the name of one under `use.timeouts`."""
    then: str | None = None
    """What comes next: `continue`, `exit`, `end` or a task of the same list."""
    metadata: dict[str, Any] = {}
    """Free data."""


class CallTask(TaskBase):
    """Calls a protocol (`http`) or a function of the built-in catalogue; `with` holds its arguments."""

    call: str
    """`http`, or a function of the catalogue: `httpRequest`, `chatCompletion`, `map`."""
    with_: dict[str, Any] = Field(default={}, alias="with")
    """Arguments of the call."""


class DoTask(TaskBase):
    """Runs tasks in order."""

    do: "TaskList"
    """Tasks to run in order."""


class ForLoop(_Model):
    """What a `for` goes through."""

    each: str = "item"
    """Variable that holds the item."""
    in_: str = Field(alias="in")
    """Expression that yields the list."""
    at: str = "index"
    """Variable that holds the index, from 0."""


class ForTask(TaskBase):
    """Runs tasks for each item of a list, one item after another."""

    for_: ForLoop = Field(alias="for")
    """What to loop over."""
    while_: str | None = Field(default=None, alias="while")
    """Condition under which the loop goes on."""
    do: "TaskList"
    """Tasks to run for each item; each run gets the output of the one before."""


class Raise(_Model):
    """What a `raise` raises."""

    error: ErrorDefinition | str
    """The error, or the name of one under `use.errors`."""


class RaiseTask(TaskBase):
    """Ends the workflow with an error."""

    raise_: Raise = Field(alias="raise")
    """The error that ends the workflow."""


class SetTask(TaskBase):
    """Makes data."""

    set: dict[str, Any] | str
    """The output: a template, or an expression that yields it."""


class SwitchCase(_Model):
    when: str | None = None
    """Condition of the case; a case without one is the default."""
    then: str
    """What comes next when the case matches: `continue`, `exit`, `end` or a task of the same list."""


class SwitchTask(TaskBase):
    """Goes on where the first matching case says."""

    switch: tuple[dict[str, SwitchCase], ...] = Field(min_length=1)
    """Cases by name; the first that matches counts."""


class WaitTask(TaskBase):
    """Waits."""

    wait: DurationLiteral
    """How long: parts such as { minutes: 5 }, ISO 8601 (PT5M) or an expression."""


def keyword_of(value: Any) -> str | None:
    """The keyword that says which kind of task a mapping is; `for` comes before the `do` it contains."""
    keys = value if is_object(value) else {type(value).__name__.removesuffix("Task").lower(): None}
    return next((keyword for keyword in ("for", *TASK_KEYWORDS) if keyword in keys), None)


Task = Annotated[
    Annotated[CallTask, Tag("call")]
    | Annotated[DoTask, Tag("do")]
    | Annotated[ForTask, Tag("for")]
    | Annotated[RaiseTask, Tag("raise")]
    | Annotated[SetTask, Tag("set")]
    | Annotated[SwitchTask, Tag("switch")]
    | Annotated[WaitTask, Tag("wait")],
    Discriminator(keyword_of),
]

TaskList = Annotated[tuple[dict[str, Task], ...], Field(min_length=1)]
"""A list of single-key mappings: the key is the task's name."""


class Definition(_Model):
    """A whole workflow definition."""

    document: Document
    """Which definition this is."""
    input: Input | None = None
    """Validates and transforms the workflow's input."""
    use: Use = Use()
    """Parts that tasks refer to by name."""
    do: TaskList
    """Tasks to run in order."""
    timeout: Timeout | str | None = None
    """Timeout, or the name of one under `use.timeouts`."""
    output: Output | None = None
    """Transforms and validates the workflow's output."""


for _model in (DoTask, ForTask, Definition):
    _model.model_rebuild()
