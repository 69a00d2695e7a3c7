"""Fields of a task's arguments, as the operation that it calls describes them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from httptask.activities.api_documents import content_of, members_of
from httptask.designer.task_schema import REFERENCE, TaskSchema, needed
from httptask.http.headers import FORM_TYPE
from httptask.json.types import is_array, is_object
from httptask.openapi.operation import Operation, Parameter
from httptask.openapi.words import reference_of

__all__ = ["MADE_OF", "with_parameters", "with_request"]

MADE_OF: Final = "x-made-of"
"""In the schema of a text: the values that it is made of, and how."""
_OF_REQUEST: Final = ("accept", "content-type")
"""Headers that `call: openapi` takes no value for."""
_OF_HTTP: Final = ("accept", "authorization", "content-type")
"""Headers that are no parameters (OpenAPI 3.1.1, section 4.8.12.1)."""


def with_request(
    schema: TaskSchema, name: str, operation: Operation, arguments: Mapping[str, Any], sent: Iterable[str]
) -> TaskSchema:
    """The fields of a request, whose path, query, headers and body are as its operation describes them.

    Args:
        schema: of the task.
        name: of the operation, `API.OPERATION`.
        operation: the operation.
        arguments: of the task, as they are written.
        sent: names of headers that the connection sends.
    """
    known, part = schema.arguments["properties"], _Parts(name, operation)
    fields: dict[str, Any] = {}
    made_of = part.path()
    if made_of is not None:
        fields |= {key: {**known[key], MADE_OF: made_of} for key in ("path", "endpoint") if key in known}
        part.definitions["Endpoint"] = _with_uri(schema.definitions["Endpoint"], made_of)
    fields |= part.query(known["query"]) | part.headers(known["headers"], arguments, {*map(str.lower, sent)})
    fields |= part.body(known)
    return schema.with_arguments(fields, part.required, part.definitions_of(fields))


def with_parameters(schema: TaskSchema, name: str, operation: Operation) -> TaskSchema:
    """The fields of a `call: openapi`, whose parameters are those of its operation.

    Args:
        schema: of the task.
        name: of the operation, as nothing else of the schema is called.
        operation: with its parameters and its body.
    """
    part = _Parts(name, operation)
    parameters = part.parameters(schema.arguments["properties"]["parameters"])
    return schema.with_arguments(parameters, part.required, part.definitions_of(parameters))


def _with_uri(endpoint: dict[str, Any], made_of: dict[str, Any]) -> dict[str, Any]:
    properties = endpoint["properties"]
    return {**endpoint, "properties": {**properties, "uri": {**properties["uri"], MADE_OF: made_of}}}


class _Parts:
    """Schemas of what an operation takes, with its definitions named so that they are nobody else's.

    Attributes:
        required: arguments that a request has to have.
        definitions: beside those of the operation.
    """

    def __init__(self, name: str, operation: Operation) -> None:
        self._name = name
        self._operation = operation
        self.required: list[str] = []
        self.definitions: dict[str, Any] = {}

    def path(self) -> dict[str, Any] | None:
        """What the address is made of; None where nothing in it is a parameter."""
        found = self._of_place("path")
        template = self._operation.path.partition("?")[0]
        return {"kind": "path", "template": template, "schema": self._texts(found)} if found else None

    def query(self, known: dict[str, Any]) -> dict[str, Any]:
        """The argument `query`."""
        found, whole = self._of_place("query"), known["anyOf"][0]
        if not found:
            return {}
        self._need("query", found)
        parts = self._texts(found) if is_object(whole["additionalProperties"]) else self._values(found)
        return {"query": {**whole, **parts, "description": "Its query, as the operation describes it."}}

    def headers(
        self, known: dict[str, Any], arguments: Mapping[str, Any], sent: Collection[str]
    ) -> dict[str, Any]:
        """The argument `headers`, among them the cookies."""
        written = arguments.get("headers")
        names = {name.lower(): name for name in (written if is_object(written) else {})}
        found = [one for one in self._of_place("header") if one.name.lower() not in _OF_HTTP]
        cookies = self._of_place("cookie")
        if not found and not cookies:
            return {}
        own = self._texts(found)
        needed_here = [one for one in found if one.required and one.name.lower() not in sent]
        self._need("headers", needed_here)
        properties = {names.get(name.lower(), name): part for name, part in own["properties"].items()}
        if cookies:
            told = ", ".join(f"`{one.name}`" for one in cookies)
            properties[names.get("cookie", "Cookie")] = {
                "type": "string",
                "description": f"Its cookies: {told}.",
                MADE_OF: {"kind": "cookie", "schema": self._texts(cookies)},
            }
        required = [names.get(one.name.lower(), one.name) for one in needed_here]
        told = "Its headers, as the operation describes them."
        return {
            "headers": {
                **known["anyOf"][0],
                "properties": properties,
                "required": required,
                "description": told,
            }
        }

    def body(self, known: Collection[str]) -> dict[str, Any]:
        """The argument that is the body."""
        body = self._operation.body
        for key, kind in (("body", "json"), ("form", FORM_TYPE)):
            contents = () if body is None or key not in known else body.contents
            schema = next((one.schema for one in contents if kind in one.media_type), None)
            if is_object(schema):
                return {key: self._renamed(schema)}
        return {}

    def parameters(self, known: dict[str, Any]) -> dict[str, Any]:
        """The argument `parameters` of `call: openapi`: by name what is sent, wherever it stands."""
        found = [
            one
            for one in self._operation.parameters
            if one.location != "header" or one.name.lower() not in _OF_REQUEST
        ]
        places = {one.name: one.location for one in found}
        properties: dict[str, Any] = self._values(found)["properties"]
        required = [one.name for one in found if one.required]
        body = self._operation.body
        if body is not None and body.contents:
            schema = content_of(body).schema
            members = members_of(schema, self._operation)
            of_body = {
                key: self._renamed(one)
                for key, one in members.properties.items()
                if key not in properties and not (is_object(one) and one.get("readOnly") is True)
            }
            whole = body.name or "body"
            if is_object(schema) and whole not in of_body:
                about = {"description": "The whole body, in place of its members."} if of_body else {}
                of_body[whole] = {**self._renamed(schema), **about}
            needed_of_body = list(members.required) if of_body.keys() - {whole} else [whole]
            required += needed_of_body if body.required else []
            properties |= of_body
        if required:
            self.required.append("parameters")
        titled = {
            key: {**one, "title": places.get(key, "body")} if is_object(one) else one
            for key, one in properties.items()
        }
        whole_known = {**known, "properties": titled, "required": required, "additionalProperties": False}
        return {"parameters": whole_known}

    def definitions_of(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The definitions that fields refer to."""
        own = {
            f"{self._name} {name}": self._renamed(part) for name, part in self._operation.definitions.items()
        }
        return needed([fields, self.definitions], own) | self.definitions

    def _of_place(self, place: str) -> list[Parameter]:
        return [one for one in self._operation.parameters if one.location == place]

    def _need(self, argument: str, parameters: Iterable[Parameter]) -> None:
        if any(one.required for one in parameters):
            self.required.append(argument)

    def _values(self, parameters: Iterable[Parameter]) -> dict[str, Any]:
        """An object of values by the names of parameters."""
        return _object(parameters, {one.name: self._renamed(_described(one)) for one in parameters})

    def _texts(self, parameters: Iterable[Parameter]) -> dict[str, Any]:
        """The same, of values that are written as text."""
        return _object(parameters, {one.name: self._as_text(_described(one)) for one in parameters})

    def _as_text(self, schema: dict[str, Any]) -> dict[str, Any]:
        target = schema
        for _ in self._operation.definitions:
            name = reference_of(target)
            found = None if name is None else self._operation.definitions.get(name)
            if not is_object(found):
                break
            target = found
        whole = {**target, **schema}
        kind, choices = whole.get("type"), whole.get("enum")
        if kind == "boolean":
            choices = [True, False]
        told = ("title", "description", "deprecated")
        made: dict[str, Any] = {key: whole[key] for key in told if key in whole}
        made["type"] = "string"
        if is_array(choices):
            made["enum"] = [_text(one) for one in choices]
        if isinstance(whole.get("default"), str | int | float):
            made["default"] = _text(whole["default"])
        return made

    def _renamed(self, schema: Any) -> Any:
        if is_array(schema):
            return [self._renamed(one) for one in schema]
        if not is_object(schema):
            return schema
        made = {key: self._renamed(value) for key, value in schema.items()}
        name = reference_of(schema)
        if name is not None:
            made["$ref"] = f"{REFERENCE}{self._name} {name}"
        return made


def _described(parameter: Parameter) -> dict[str, Any]:
    """Its schema, with what the document says beside that."""
    schema = dict(parameter.schema) if is_object(parameter.schema) else {}
    if parameter.description:
        schema["description"] = parameter.description
    if parameter.deprecated:
        schema["deprecated"] = True
    return schema


def _object(parameters: Iterable[Parameter], properties: dict[str, Any]) -> dict[str, Any]:
    required = [one.name for one in parameters if one.required]
    return {"type": "object", "properties": properties, "required": required}


def _text(value: Any) -> str:
    """A value as it stands in a header or an address."""
    return str(value).lower() if isinstance(value, bool) else str(value)
