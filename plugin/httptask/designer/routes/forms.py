"""What forms are made of: the fields of a task, and of a run's input."""

import re
from functools import cache
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.catalog import chat_completion
from httptask.catalog.errors import CatalogError
from httptask.catalog.reference import Reference
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText
from httptask.designer.workspace import AskedWorkspace, Workspace
from httptask.dsl.schema import editor_schema
from httptask.dsl.tasks import CALLS
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object
from httptask.openapi.depth import SHOWN
from httptask.testrequest.operation import find_called

router = APIRouter(tags=["forms"])

_WITH_FIELDS: Final = ("set", "switch", "wait", "raise", "emit", "listen", "for")
"""Kinds of tasks beside calls whose own key holds values; that of others holds tasks."""
_HTTP: Final = ("http", "httpRequest")
_FILLED_IN: Final = re.compile(r"\$\{[^}]*\}|\{[^{}]*\}")
"""An expression in a path, or a variable of its template."""


class TaskPlace(EditedText):
    """A task of a text."""

    pointer: str


class TaskForm(BaseModel):
    """The fields of a task."""

    task: Any
    operation: str | None
    """Of the catalogue, `API.OPERATION`, where the task is known to be a call of it."""
    schema_: dict[str, Any] | None = Field(serialization_alias="schema")
    """JSON Schema of what stands at `pointer`; None for a kind without a form."""
    pointer: str
    values: Any


class InputForm(BaseModel):
    """The fields of a run's input."""

    schema_: Any = Field(serialization_alias="schema")
    """JSON Schema; None where the definition tells none."""


@router.post("/task")
def get_task(place: TaskPlace, workspace: AskedWorkspace) -> TaskForm:
    """The values of a task, and the schema that its form is made from."""
    loaded, program = workspace.readable(place.path, place.text)
    node = program.nodes.get(place.pointer)
    task = _at(loaded.data, place.pointer)
    if node is None or not is_object(task):
        raise Problem(404, "there is no such task", "choose another block")
    function = node.kind.name.removeprefix("call.") if "call" in task else None
    key = "with" if function else next((key for key in _WITH_FIELDS if key in task), None)
    called = _called(workspace, task.get("with")) if function in _HTTP else None
    operation = None if called is None else called.name
    if function == "chatCompletion":
        operation = f"{chat_completion.API}.{chat_completion.LISTED.name}"
    schema = None if key is None else _schema_of(function, key)
    return TaskForm(
        task=task,
        operation=operation,
        schema_=schema if schema is None or called is None else _with_operation(schema, called),
        pointer=f"{place.pointer}/{key or ''}".rstrip("/"),
        values=None if key is None else task.get(key, {}),
    )


@router.post("/input-form")
def get_input_form(edited: EditedText, workspace: AskedWorkspace) -> InputForm:
    """The schema of a definition's input."""
    _, program = workspace.readable(edited.path, edited.text)
    source = program.definition.input
    return InputForm(schema_=None if source is None or source.schema_ is None else source.schema_.document)


@cache
def _schema_of(function: str | None, key: str) -> dict[str, Any] | None:
    """Of the arguments of a function, or of a task's key, with the definitions that it refers to."""
    definitions = editor_schema()["$defs"]
    if function is not None:
        kind = CALLS.get(function)
        return None if kind is None else _needed({"$ref": f"#/$defs/{kind.spec_model.__name__}"}, definitions)
    for model in definitions.values():
        properties = model.get("properties", {})
        if key in properties and "if" in properties:
            return _needed(properties[key], definitions)
    return None


def _called(workspace: Workspace, arguments: Any) -> Reference | None:
    """The operation of the catalogue that a request calls, as far as its task tells where it goes."""
    if not is_object(arguments):
        return None
    config = workspace.settings().config
    name, endpoint = arguments.get("connection"), arguments.get("endpoint")
    connection = config.connections.get(name) if isinstance(name, str) else None
    if connection is not None:
        uri = f"{connection.base_url or ''}{arguments.get('path', '')}"
    else:
        uri = str(endpoint.get("uri", "") if is_object(endpoint) else endpoint)
    method = str(arguments.get("method", "get")).upper()
    try:
        catalog = workspace.catalog(config)
        found = find_called(
            catalog, method, _FILLED_IN.sub("x", uri), None if connection is None else connection.name
        )
        return None if found is None else catalog.reference(found.name, SHOWN)
    except (CatalogError, ValueError):  # an entry that can't be read, an address that is none
        return None


def _with_operation(schema: dict[str, Any], called: Reference) -> dict[str, Any]:
    """The schema of a request's arguments, whose query and body are as its operation describes them."""
    place = schema["$ref"].removeprefix("#/$defs/")
    model, operation = schema["$defs"][place], called.operation
    own = {
        f"{called.name} {name}": _renamed(part, called.name) for name, part in operation.definitions.items()
    }
    fields = dict(model["properties"])
    in_query = [one for one in operation.parameters if one.location == "query"]
    if in_query:
        fields["query"] = {
            "type": "object",
            "description": "Its query, as the operation describes it.",
            "properties": {
                one.name: {"description": one.description, **_renamed(one.schema, called.name)}
                for one in in_query
            },
            "required": [one.name for one in in_query if one.required],
        }
    contents = () if operation.body is None else operation.body.contents
    body = next((one.schema for one in contents if "json" in one.media_type), None)
    if is_object(body):
        fields["body"] = _renamed(body, called.name)
    return {**schema, "$defs": {**schema["$defs"], **own, place: {**model, "properties": fields}}}


def _renamed(schema: Any, operation: str) -> Any:
    """A schema of an operation, with its definitions named so that they are nobody else's."""
    if is_array(schema):
        return [_renamed(one, operation) for one in schema]
    if not is_object(schema):
        return schema
    made = {key: _renamed(value, operation) for key, value in schema.items()}
    target = made.get("$ref")
    if isinstance(target, str) and target.startswith("#/$defs/"):
        made["$ref"] = f"#/$defs/{operation} {target.removeprefix('#/$defs/')}"
    return made


def _needed(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A schema with the definitions that it refers to, and no others: a form is asked for with each change."""
    found: dict[str, Any] = {}
    pending: list[Any] = [schema]
    while pending:
        part = pending.pop()
        if is_object(part):
            name = str(part.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in found:
                found[name] = definitions[name]
                pending.append(definitions[name])
            pending.extend(part.values())
        elif is_array(part):
            pending.extend(part)
    return {**schema, "$defs": found}


def _at(data: Any, pointer: str) -> Any:
    for token in pointer_tokens(pointer):
        if is_array(data) and token.isdigit() and int(token) < len(data):
            data = data[int(token)]
        elif is_object(data) and token in data:
            data = data[token]
        else:
            return None
    return data
