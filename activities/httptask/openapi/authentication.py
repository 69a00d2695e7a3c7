"""How an operation is authenticated: as it says itself, or as its document does."""

from collections.abc import Mapping
from typing import Any, Final

from httptask.json.types import is_array, is_object
from httptask.openapi.document import Document, Node, Problems
from httptask.openapi.operation import Authentication, Scheme

__all__ = ["read_authentication"]

_FLOWS: Final = {"accessCode": "authorizationCode", "application": "clientCredentials"}
"""Flows of Swagger 2.0 under their names of OpenAPI 3."""
_FLOW_KEYS: Final = ("authorizationUrl", "deviceAuthorizationUrl", "refreshUrl", "tokenUrl")


def read_authentication(document: Document, operation: Node, problems: Problems) -> Authentication:
    """What an operation asks for."""
    written = operation.get("security")
    if written.value is None:
        written = document.top("security")
    if not is_array(written.value):
        if written.value is not None:
            problems.add(written.place, "malformed", "`security` is a list")
        return Authentication()
    alternatives = [
        tuple(_scheme(document, name, scopes, problems) for name, scopes in requirement.members())
        for requirement in written.items()
        if is_object(requirement.value)
    ]
    needed = tuple(alternative for alternative in alternatives if alternative)
    return Authentication(
        is_declared=True, is_optional=len(needed) < len(alternatives) or not needed, alternatives=needed
    )


def _scheme(document: Document, name: str, scopes: Node, problems: Problems) -> Scheme:
    needed = tuple(scope.value for scope in scopes.items() if isinstance(scope.value, str))
    keys = ("securityDefinitions",) if document.is_swagger else ("components", "securitySchemes")
    found = document.top(*keys, name)
    node = document.follow(found, problems) if found.value is not None else None
    if node is None or not is_object(node.value):
        problems.add(scopes.place, "unknown-scheme", f"`{name}` is no security scheme of the document")
        return Scheme(name, scopes=needed)
    is_basic = node.text("type") == "basic"  # of Swagger 2.0
    return Scheme(
        name=name,
        type="http" if is_basic else node.text("type"),
        description=node.text("description"),
        location=node.text("in"),
        parameter=node.text("name"),
        http_scheme="basic" if is_basic else node.text("scheme"),
        flows=_flows(node),
        discovery_url=node.text("openIdConnectUrl"),
        scopes=needed,
    )


def _flows(node: Node) -> Mapping[str, Any]:
    if node.value.get("type") != "oauth2":
        return {}
    flow = node.text("flow")
    written = [(_FLOWS.get(flow, flow), node)] if flow else node.get("flows").members()
    return {name: _flow(one) for name, one in written}


def _flow(node: Node) -> dict[str, Any]:
    urls = {key: node.text(key) for key in _FLOW_KEYS if node.text(key)}
    return {**urls, "scopes": {name: str(scope.value or "") for name, scope in node.get("scopes").members()}}
