"""API documents, small ones of our own, with what real ones hold."""

from collections.abc import Mapping
from typing import Any

from httptask.openapi.depth import Depth
from httptask.openapi.document import Document, Problems, load_document
from httptask.openapi.operation import Operation
from httptask.openapi.reader import OperationReader, list_operations

__all__ = ["document_of", "openapi", "pet_store", "read_operation", "swagger"]


def openapi(paths: Any, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    """A document of OpenAPI 3."""
    return {"openapi": version, "info": {"title": "Pet shop", "version": "7"}, "paths": paths, **more}


def swagger(paths: Any, **more: Any) -> dict[str, Any]:
    """A document of Swagger 2.0."""
    return {"swagger": "2.0", "info": {"title": "Pet shop", "version": "7"}, "paths": paths, **more}


def pet_store(host: str) -> dict[str, Any]:
    """What the document of the pet store says of the operations that the standard's kit and its examples call."""
    status = {"name": "status", "in": "query", "required": True, "type": "array", "items": {"type": "string"}}
    id_ = {"name": "petId", "in": "path", "required": True, "type": "integer"}
    one, many = ({"200": {"description": "OK", "schema": {"type": kind}}} for kind in ("object", "array"))
    paths = {
        "/pet/findByStatus": {
            "get": {
                "operationId": "findPetsByStatus",
                "parameters": [{**status, "collectionFormat": "multi"}],
                "responses": many,
            }
        },
        "/pet/{petId}": {"get": {"operationId": "getPetById", "parameters": [id_], "responses": one}},
    }
    return swagger(paths, host=host, basePath="/v2", schemes=["http"], produces=["application/json"])


def document_of(root: Any, files: Mapping[str, Any] | None = None) -> Document:
    """A document, and the files beside it."""
    import json

    data = {name: json.dumps(value).encode() for name, value in {"api.json": root, **(files or {})}.items()}
    return load_document("api.json", data.get)


def read_operation(
    root: Any,
    name: str | None = None,
    files: Mapping[str, Any] | None = None,
    depth: Depth | None = None,
) -> Operation:
    """The operation of that name, or the first."""
    document, problems = document_of(root, files), Problems()
    listed = [one for one in list_operations(document, problems) if name in (None, one.name)]
    return OperationReader(document, problems).read(listed[0], depth)
