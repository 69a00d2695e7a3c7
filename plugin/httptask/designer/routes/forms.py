"""What forms are made of: the fields of a task, and of a run's input."""

from functools import cache
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.catalog import chat_completion
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText
from httptask.designer.workspace import AskedWorkspace
from httptask.dsl.schema import editor_schema
from httptask.dsl.tasks import CALLS
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_array, is_object

router = APIRouter(tags=["forms"])

_WITH_FIELDS: Final = ("set", "wait", "raise", "emit", "listen", "for")
"""Kinds of tasks beside calls whose own key holds values; that of others holds tasks."""


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
    is_chat = function == "chatCompletion"
    return TaskForm(
        task=task,
        operation=f"{chat_completion.API}.{chat_completion.LISTED.name}" if is_chat else None,
        schema_=None if key is None else _schema_of(function, key),
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
