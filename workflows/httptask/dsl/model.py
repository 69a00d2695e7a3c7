"""What definitions are made of, beside their tasks: Open Workflow Specification DSL 1.0.x, as far as it is executed.

Keys are the standard's own; a key that is not declared here is a fault of the definition, never ignored.
"""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from httptask.authentication.policy import Policy
from httptask.json.schema import ONE_KEY

if TYPE_CHECKING:
    from httptask.dsl.tasks import Task

__all__ = [
    "FLOW_DIRECTIVES",
    "NAME_FORM",
    "VERSION_FORM",
    "AuthenticationPolicy",
    "CallTask",
    "Catalog",
    "DefinitionModel",
    "Document",
    "Duration",
    "DurationLiteral",
    "Endpoint",
    "ErrorDefinition",
    "Export",
    "Input",
    "Output",
    "RetryPolicy",
    "Schedule",
    "Schema",
    "TaskBase",
    "Timeout",
    "Use",
]

FLOW_DIRECTIVES = ("continue", "exit", "end")

NAME_FORM = r"^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$"
_NUMBER = "(0|[1-9][0-9]*)"
_LABEL = "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_LABELS = rf"(-{_LABEL}(\.{_LABEL})*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$"
VERSION_FORM = rf"^{_NUMBER}\.{_NUMBER}\.{_NUMBER}{_LABELS}"


class DefinitionModel(BaseModel):
    """A mapping of a definition: it has the keys that are declared, and no other."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class Document(DefinitionModel):
    """Which definition this is."""

    dsl: str = Field(pattern=rf"^1\.0\.{_NUMBER}{_LABELS}")
    """Version of the standard: 1.0.3."""
    namespace: str = Field(pattern=NAME_FORM)
    """Groups definitions: letters, digits and hyphens."""
    name: str = Field(pattern=NAME_FORM)
    """Name of the definition; with `httptask worker` also the workflow type that starts it."""
    version: str = Field(pattern=VERSION_FORM)
    """Semantic version of the definition, three numbers."""
    title: str | None = None
    """Title for people."""
    summary: str | None = None
    """What the workflow is for, in Markdown."""
    tags: dict[str, Any] = {}
    """Free key/value pairs."""
    metadata: dict[str, Any] = {}
    """Free data; `httptask` holds settings of this runtime."""


class Schema(DefinitionModel):
    """A JSON Schema, inline."""

    format: Literal["json"] = "json"
    """Always `json`: JSON Schema."""
    document: dict[str, Any] | bool
    """The schema itself."""


class Input(DefinitionModel):
    """What goes into a workflow or task: `schema` validates, `from` transforms."""

    schema_: Schema | None = Field(default=None, alias="schema")
    """What the input must look like."""
    from_: str | dict[str, Any] | None = Field(default=None, alias="from")
    """Expression or template that yields the transformed input."""


class Output(DefinitionModel):
    """What comes out of a workflow or task: `as` transforms, then `schema` validates."""

    schema_: Schema | None = Field(default=None, alias="schema")
    """What the transformed output must look like."""
    as_: str | dict[str, Any] | None = Field(default=None, alias="as")
    """Expression or template that yields the transformed output."""


class Export(DefinitionModel):
    """What becomes the new `$context`."""

    schema_: Schema | None = Field(default=None, alias="schema")
    """What the new `$context` must look like."""
    as_: str | dict[str, Any] | None = Field(default=None, alias="as")
    """Expression or template that yields the new `$context`."""


class Duration(DefinitionModel):
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


class Timeout(DefinitionModel):
    """How long something may take."""

    after: DurationLiteral
    """Duration after which the task or workflow fails with the standard's timeout error."""


class Schedule(DefinitionModel):
    """When runs are started, once `httptask schedule create` was told to."""

    every: DurationLiteral | None = None
    """Time between two starts, in whole seconds; whether or not the run before has ended."""
    cron: str | None = None
    """Minute, hour, day of the month, month and day of the week of starts: `0 9 * * MON-FRI`."""
    after: DurationLiteral | None = None
    """Time between the end of a run and the start of the next, in whole seconds."""


class AuthenticationPolicy(Policy):
    """One of the policies, or `use`: the name of one under `use.authentications` or of a connection."""

    use: str | None = None
    """Name of a policy under `use.authentications`, or of a connection."""


class Endpoint(DefinitionModel):
    """Where a request goes."""

    uri: str
    """URI, or URI template (RFC 6570) filled from the task's input."""
    authentication: AuthenticationPolicy | None = None
    """How the request is authenticated."""


class ErrorDefinition(DefinitionModel):
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


class Unset(DefinitionModel):
    """An object without keys: the standard has no settings here."""


class Backoff(DefinitionModel):
    """How the delay grows from one time to the next; one of these."""

    model_config = ConfigDict(json_schema_extra=ONE_KEY)

    constant: Unset | None = None
    """Not at all."""
    exponential: Unset | None = None
    """Twice as long each time."""
    linear: Unset | None = None
    """By the first delay each time."""


class AttemptLimit(DefinitionModel):
    """Bounds of single attempts."""

    count: int | None = Field(default=None, ge=1)
    """How often the tasks are tried again, so that they run once more than that at most."""
    duration: DurationLiteral | None = None
    """How long one attempt may take; then it ends in the standard's timeout error, which may be caught."""


class RetryLimit(DefinitionModel):
    """When to give up."""

    attempt: AttemptLimit = AttemptLimit()
    """Bounds of single attempts."""
    duration: DurationLiteral | None = None
    """How long after the task began another attempt may begin."""


class Jitter(DefinitionModel):
    """What is added to each delay at random."""

    from_: DurationLiteral = Field(alias="from")
    """At least."""
    to: DurationLiteral
    """At most."""


class RetryPolicy(DefinitionModel):
    """Whether, when and how often tasks are tried again whose error was caught."""

    when: str | None = None
    """Condition under which they are tried again."""
    except_when: str | None = Field(default=None, alias="exceptWhen")
    """Condition under which they are not."""
    delay: DurationLiteral | None = None
    """How long to wait first; a server that asks for more gets it."""
    backoff: Backoff | None = None
    """How the delay grows; left out: not at all."""
    limit: RetryLimit = RetryLimit()
    """When to give up."""
    jitter: Jitter | None = None
    """What is added to each delay at random."""


class Catalog(DefinitionModel):
    """A folder of functions."""

    endpoint: str | Endpoint
    """Where it is, beside the file of the definition: `file://./FOLDER`, with functions/NAME/VERSION/function.yaml."""


class Use(DefinitionModel):
    """Parts that tasks refer to by name."""

    secrets: tuple[str, ...] = ()
    """Names of the secrets that expressions may refer to."""
    authentications: dict[str, Policy] = {}
    """Authentication policies by name."""
    catalogs: dict[str, Catalog] = {}
    """Folders of functions, by name: `call: FUNCTION:VERSION@NAME`."""
    errors: dict[str, ErrorDefinition] = {}
    """Errors to raise, by name."""
    functions: "dict[str, Task]" = {}
    """Tasks to call, by name."""
    retries: dict[str, RetryPolicy] = {}
    """Policies for trying tasks again, by name."""
    timeouts: dict[str, Timeout] = {}
    """Timeouts by name."""


class TaskBase(DefinitionModel):
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
    """Calls a protocol (`http`) or a function; `with` holds its arguments."""

    call: str
    """`http`, a function of the built-in catalogue, or one of `use.functions` or `use.catalogs`."""
    with_: dict[str, Any] = Field(default={}, alias="with")
    """Arguments of the call."""
