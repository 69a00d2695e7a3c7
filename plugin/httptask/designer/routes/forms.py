"""What forms are made of: the fields of a task, and of a run's input."""

import re
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.catalog import chat_completion
from httptask.catalog.errors import CatalogError
from httptask.catalog.reference import Reference
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText
from httptask.designer.task_schema import ARGUMENTS, TaskSchema, kind_of, schema_of
from httptask.designer.workspace import AskedWorkspace, Workspace
from httptask.dsl.locate import tokens_of, value_at
from httptask.dsl.tasks import CALLS
from httptask.json.types import is_array, is_object
from httptask.openapi.depth import SHOWN
from httptask.testrequest.operation import find_called

router = APIRouter(tags=["forms"])

_FILLED_IN: Final = re.compile(r"\$\{[^}]*\}|\{[^{}]*\}")
"""An expression in a path, or a variable of its template."""


class TaskPlace(EditedText):
    """A task of a text."""

    pointer: str


class TaskForm(BaseModel):
    """A task, and what its form is made from."""

    task: Any
    operation: str | None
    """Of the catalogue, `API.OPERATION`, where the task is known to be a call of it."""
    schema_: TaskSchema = Field(serialization_alias="schema")


class InputForm(BaseModel):
    """The fields of a run's input."""

    schema_: Any = Field(serialization_alias="schema")
    """JSON Schema; None where the definition tells none."""


@router.post("/task")
def get_task(place: TaskPlace, workspace: AskedWorkspace) -> TaskForm:
    """A task as it is written, and the schema that its form is made from."""
    loaded, program = workspace.readable(place.path, place.text)
    known = place.pointer in program.nodes
    tokens = tokens_of(loaded.data, program.written_at(place.pointer))
    task = value_at(loaded.data, tokens) if known else None
    if not is_object(task):
        raise Problem(404, "there is no such task", "choose another block")
    kind = kind_of(task)
    schema, operation = schema_of(kind), None
    if kind is CALLS["chatCompletion"]:
        operation = f"{chat_completion.API}.{chat_completion.LISTED.name}"
    elif kind in (CALLS["http"], CALLS["httpRequest"]):
        called = _called(workspace, task.get(ARGUMENTS))
        if called is not None:
            schema, operation = _with_operation(schema, called), called.name
    return TaskForm(task=task, operation=operation, schema_=schema)


@router.post("/input-form")
def get_input_form(edited: EditedText, workspace: AskedWorkspace) -> InputForm:
    """The schema of a definition's input."""
    _, program = workspace.readable(edited.path, edited.text)
    source = program.definition.input
    return InputForm(schema_=None if source is None or source.schema_ is None else source.schema_.document)


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


def _with_operation(schema: TaskSchema, called: Reference) -> TaskSchema:
    """The schema of a request, whose query and body are as its operation describes them."""
    operation = called.operation
    fields: dict[str, Any] = {}
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
    definitions = {
        f"{called.name} {name}": _renamed(part, called.name) for name, part in operation.definitions.items()
    }
    return schema.with_arguments(fields, definitions)


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
