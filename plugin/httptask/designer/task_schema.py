"""JSON Schema of what a task's form has: the keys of its kind, and those of every task, without the tasks inside it."""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, Field

from httptask.dsl.locate import keys_of
from httptask.dsl.model import CallTask, TaskBase
from httptask.dsl.schema import editor_schema
from httptask.dsl.tasks import CALLS, KINDS, function_name, keyword_of
from httptask.dsl.tasks.function import FUNCTION
from httptask.dsl.tasks.kind import CallKind, TaskKind
from httptask.json.types import is_array, is_object

__all__ = ["ARGUMENTS", "REFERENCE", "TaskSchema", "kind_of", "needed", "schema_of"]

REFERENCE = "#/$defs/"
ARGUMENTS = "with"
TASKS = "x-tasks"
"""In place of the schema of a list of tasks: these are blocks, and no field."""

NAMES = "x-names"
"""In the schema of a text: what it is a name of, a key of `use` or `connections`."""
LITERAL = "x-literal"
"""In the schema of a value: that no expression can stand there."""

JSON_SCHEMA = "x-json-schema"
"""In the schema of a value: that it is a JSON Schema itself, which has fields of its own."""

_NAMES: Final = {
    "connection": "connections",
    "timeout": "timeouts",
    "use": "secrets",
    "AuthenticationPolicy.use": "authentications",
    "CertificatePolicy.use": "connections",
    "Catch.retry": "retries",
    "Raise.error": "errors",
}
"""Keys whose text is a name, of one model or of all."""
_WRITTEN_OUT: Final = frozenset(
    (
        *("at", "charset", "each", "format", "link", "operationId", "parameter", "then", "type"),
        *("Catch.as", "OpenApiDocument.name"),
        *("CursorArguments.body", "NumberedArguments.body", "PageArguments.body"),
        *("ErrorFilter.instance", "ErrorFilter.title", "ErrorFilter.detail"),
        *("RunWorkflow.namespace", "RunWorkflow.name", "RunWorkflow.version"),
    )
)
"""Keys whose text is taken as it is written, of one model or of all."""
_COMPUTED: Final = frozenset({"ErrorDefinition.type", "EventProperties.type", "StreamArguments.each"})
"""But for these."""
_JSON_SCHEMAS: Final = frozenset(
    (
        "ChatAnswerSchema.schema",
        "ChatFunctionDefinition.parameters",
        "ChatToolFunction.parameters",
        "Schema.document",
    )
)
_EXPRESSION: Final = "${ . }"

_EVERY = frozenset(keys_of(TaskBase))


class TaskSchema(BaseModel):
    """Fields of a task: two objects of JSON Schema, and the definitions that both refer to as `#/$defs/NAME`."""

    own: dict[str, Any]
    """The keys of its kind, without its lists of tasks."""
    shared: dict[str, Any]
    """The keys of every task."""
    definitions: dict[str, Any] = Field(serialization_alias="$defs")

    @property
    def arguments(self) -> dict[str, Any]:
        """The schema of the arguments of a call."""
        found: dict[str, Any] = self.definitions[self._place]
        return found

    @property
    def _place(self) -> str:
        return str(self.own["properties"][ARGUMENTS]["$ref"]).removeprefix(REFERENCE)

    def with_arguments(
        self, properties: dict[str, Any], required: Iterable[str], definitions: dict[str, Any]
    ) -> "TaskSchema":
        """The same, of a call of which more is known.

        Args:
            properties: of its arguments.
            required: arguments that it has to have, beside those that every call of its kind has.
            definitions: that they refer to.
        """
        known = self.arguments
        arguments = {
            **known,
            "properties": {**known["properties"], **properties},
            "required": [*known.get("required", ()), *required],
        }
        return TaskSchema(
            own=self.own,
            shared=self.shared,
            definitions={**self.definitions, **definitions, self._place: arguments},
        )


def kind_of(task: Any) -> TaskKind[Any] | None:
    """The kind that a task is meant to be; where it is at fault, its program has one of another kind in its place."""
    keyword = keyword_of(task)
    if keyword != CallKind.keyword:
        return next((kind for kind in KINDS if kind.keyword == keyword), None)
    function = task[keyword]
    return CALLS.get(function_name(function), FUNCTION) if isinstance(function, str) else None


def schema_of(kind: TaskKind[Any] | None) -> TaskSchema:
    """The fields of a task by its kind alone; of one without a kind those of every task."""
    if kind is None:
        return _schema_of_model(TaskBase.__name__, None)
    if not isinstance(kind, CallKind):
        return _schema_of_model(kind.spec_model.__name__, None)
    is_built_in = kind is not FUNCTION
    return _schema_of_model(CallTask.__name__, kind.spec_model.__name__ if is_built_in else None)


@cache
def _schema_of_model(model: str, arguments: str | None) -> TaskSchema:
    definitions = _definitions()
    found = definitions[model]
    own = {key: part for key, part in found["properties"].items() if key not in _EVERY and TASKS not in part}
    own.pop(CallKind.keyword, None)
    if arguments is not None:
        own[ARGUMENTS] = {"$ref": REFERENCE + arguments}
    shared = {key: part for key, part in found["properties"].items() if key in _EVERY}
    return TaskSchema(
        own={
            "type": "object",
            "properties": own,
            "required": [key for key in (*found["required"], ARGUMENTS) if key in own],
        },
        shared={"type": "object", "properties": shared},
        definitions=needed([own, shared], definitions),
    )


@cache
def _definitions() -> dict[str, Any]:
    """The models of a definition, whose lists of tasks are only told to be such."""
    schema = deepcopy(editor_schema())
    definitions: dict[str, Any] = schema["$defs"]
    every = {key: part for key, part in definitions[CallTask.__name__]["properties"].items() if key in _EVERY}
    definitions[TaskBase.__name__] = {"type": "object", "properties": every, "required": []}
    tasks = schema["properties"]["do"]["items"]
    for name, model in definitions.items():
        fields = model.get("properties", {})
        lists = [key for key, part in fields.items() if part.get("items") == tasks]
        fields |= {key: {TASKS: True} for key in lists}
        for key in fields.keys() - set(lists):
            _mark(name, key, fields[key], definitions)
        if lists:
            model["required"] = [key for key in model.get("required", ()) if key not in lists]
    return definitions


def _mark(model: str, key: str, part: dict[str, Any], definitions: Mapping[str, Any]) -> None:
    """Say of a value whether it is a name, and whether it can be an expression; of its items, too."""
    names = {model_key: names for model_key, names in _NAMES.items() if model_key in (key, f"{model}.{key}")}
    if names and _takes(part, _EXPRESSION, definitions):
        part[NAMES] = names.get(f"{model}.{key}", names.get(key))
    elif {key, f"{model}.{key}"} & _WRITTEN_OUT and f"{model}.{key}" not in _COMPUTED:
        part[LITERAL] = True
    if f"{model}.{key}" in _JSON_SCHEMAS:
        part[JSON_SCHEMA] = True
    for inner in (part, part.get("items"), part.get("additionalProperties")):
        if is_object(inner) and not _takes(inner, _EXPRESSION, definitions):
            inner[LITERAL] = True


def _takes(part: Any, text: str, definitions: Mapping[str, Any]) -> bool:
    """Whether a text can stand at a place: numbers, choices and objects of the models are never computed."""
    if not is_object(part):
        return part is not False
    if "$ref" in part:
        return _takes(definitions.get(str(part["$ref"]).removeprefix(REFERENCE)), text, definitions)
    choices = part.get("anyOf", part.get("oneOf"))
    if is_array(choices):
        return any(_takes(one, text, definitions) for one in choices)
    if "enum" in part or "const" in part:
        return text in part.get("enum", [part.get("const")])
    kind, pattern = part.get("type", "string"), part.get("pattern")
    return "string" in ([kind] if isinstance(kind, str) else kind) and (
        pattern is None or re.search(pattern, text) is not None
    )


def needed(parts: Iterable[Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that parts of a schema refer to, and no others."""
    found: dict[str, Any] = {}
    pending = list(parts)
    while pending:
        part = pending.pop()
        if is_object(part):
            name = str(part.get("$ref", "")).removeprefix(REFERENCE)
            if name in definitions and name not in found:
                found[name] = definitions[name]
                pending.append(definitions[name])
            pending.extend(part.values())
        elif is_array(part):
            pending.extend(part)
    return found
