"""The format of `*.test.yaml`: a definition, and for each test what goes in and what is to come of it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, model_validator
from pydantic.alias_generators import to_camel

from httptask.dsl.schema import SchemaOfKeys
from httptask.fixtures.transport import Fixture

__all__ = [
    "DefinitionTest",
    "DefinitionTests",
    "Expectations",
    "ExpectedError",
    "ExpectedEvent",
    "ExpectedRequest",
    "SentEvent",
    "schema_of_tests",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class ExpectedRequest(_Model):
    """A request that was sent, as far as its keys say."""

    method: str | None = None
    url: str | None = None
    """The complete URL, with its query; a secret in it stands as `$NAME`."""
    headers: dict[str, JsonValue] = {}
    """Names in whatever case."""
    body: JsonValue = None


class ExpectedError(_Model):
    """The error that a run ends with, as far as its keys say; a text alone is its name."""

    error: str | None = None
    """Its name, such as `RateLimited`."""
    type: str | None = None
    """Of the standard, such as `communication`, or a URI."""
    status: JsonValue = None
    title: str | None = None
    detail: str | None = None
    task: str | None = None
    """Name of the task that failed."""
    details: JsonValue = None
    """What the error knows besides: `body_excerpt`, `headers`, `attempt`."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        return {"error": data} if isinstance(data, str) else data


class ExpectedEvent(BaseModel):
    """An event that was emitted, as far as its keys say; what is not known here is an extension attribute."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str | None = None
    """Its type."""
    source: str | None = None
    """Where it happened."""
    subject: str | None = None
    """What it is about."""
    data: JsonValue = None
    """What it says."""


class Expectations(_Model):
    """What is to come of a run. Objects may have more members than are written; `${ }` is a condition on a value."""

    output: JsonValue = None
    """Of the run."""
    error: ExpectedError | None = None
    """That the run ends with. Without it, it must not end with one."""
    requests: tuple[ExpectedRequest, ...] = ()
    """Each of them was sent, in whatever order; every attempt counts."""
    requests_in_order: StrictBool = False
    """Whether they were sent in the order in which they are written."""
    not_requested: tuple[ExpectedRequest, ...] = ()
    """None of them was sent."""
    emitted: tuple[ExpectedEvent, ...] = ()
    """Each of them was emitted, in whatever order, by the run or by those that it runs."""
    emitted_in_order: StrictBool = False
    """Whether they were emitted in the order in which they are written."""
    not_emitted: tuple[ExpectedEvent, ...] = ()
    """None of them was emitted."""
    tasks: tuple[str, ...] = ()
    """Names of tasks that ran, in the order in which they began; others may have run between them."""
    not_run: tuple[str, ...] = ()
    """Names of tasks that did not run."""
    exact: StrictBool = False
    """Whether output, bodies, requests, events and tasks are as they are written, with nothing besides."""


class SentEvent(BaseModel):
    """An event (CloudEvents 1.0) that a run gets; what is not known here is an extension attribute."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Annotated[str, Field(min_length=1)]
    """Its type."""
    id: str | None = None
    """Its id; by default one of its own."""
    source: str | None = None
    """Where it happened; by default `/httptask`."""
    subject: str | None = None
    """What it is about."""
    data: JsonValue = None
    """What it says."""


class DefinitionTest(_Model):
    """One run of the definition, with answers that are made up or recorded."""

    name: Annotated[str, Field(min_length=1)]
    input: JsonValue = None
    """Of the run."""
    input_file: str | None = None
    """A JSON or YAML file with it, beside this one."""
    fixtures: str | None = None
    """A folder of recorded answers, beside this file."""
    answers: tuple[Fixture, ...] = ()
    """Further answers, which go before those of the folder; each as in a file of fixtures."""
    activities: dict[str, JsonValue] = {}
    """What activities of your own workers give, by their types."""
    events: tuple[SentEvent, ...] = ()
    """Events that come as the run begins, in this order: it keeps each until a task waits for it."""
    expect: Expectations = Expectations()

    @model_validator(mode="after")
    def _one_input(self) -> "DefinitionTest":
        if self.input_file is not None and "input" in self.model_fields_set:
            raise ValueError("give either input or inputFile, not both")
        return self


class DefinitionTests(_Model):
    """A file of tests."""

    definition: str
    """The definition's file, as it is found from here."""
    fixtures: str | None = None
    """A folder of recorded answers, for tests that name none."""
    tests: Annotated[tuple[DefinitionTest, ...], Field(min_length=1)]


def schema_of_tests() -> dict[str, Any]:
    """JSON Schema (2020-12) of a file of tests, for editors."""
    schema = DefinitionTests.model_json_schema(schema_generator=SchemaOfKeys)
    error = schema["$defs"][ExpectedError.__name__]
    schema["$defs"][ExpectedError.__name__] = {"anyOf": [{"type": "string"}, error]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "httptask tests of a definition",
    }
