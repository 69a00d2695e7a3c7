"""`call: openapi`: an operation that an OpenAPI document describes."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from pydantic import Field

from httptask.chat.strictness import Level
from httptask.diagnostics.fault import Fault
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.expressions import has_expression
from httptask.dsl.model import AuthenticationPolicy, DefinitionModel, Endpoint, Use
from httptask.dsl.tasks.http.addresses import document_faults, is_path
from httptask.dsl.tasks.http.parts import AUTHENTICATION, ENDPOINT
from httptask.dsl.tasks.http.policies import compile_policy, connections_of_policy, scheme_of
from httptask.dsl.tasks.http.requests import standard_address_faults
from httptask.dsl.tasks.http.response_shape import response_shape
from httptask.dsl.tasks.kind import CallKind, TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.json.pointer import child_pointer

__all__ = [
    "DOCUMENT_AUTHENTICATION",
    "OPENAPI",
    "PARAMETERS",
    "ApiCall",
    "api_call",
    "document_address",
    "written_policies",
]

DOCUMENT_AUTHENTICATION: Final = Part("document/authentication")
PARAMETERS: Final = Part("parameters")
_WITH_SECRETS: Final = ("parameters/", "authentication/", "document/endpoint")


class OpenApiDocument(DefinitionModel):
    """Where an API document is."""

    name: str | None = None
    """Name of the document, for who reads the definition."""
    endpoint: str | Endpoint
    """Where it is loaded from: a URI, or one with authentication."""


class OpenApiArguments(DefinitionModel):
    """`call: openapi`, exactly the standard's arguments (dsl-reference.md, OpenAPI Call)."""

    document: OpenApiDocument
    """The OpenAPI or Swagger document that describes the operation."""
    operation_id: str = Field(alias="operationId")
    """Id of the operation."""
    parameters: dict[str, Any] = {}
    """Values of its parameters by name: those of path, query, headers and cookies, `body`, and members of the body."""
    authentication: AuthenticationPolicy | None = None
    """How the request is authenticated."""
    output: Literal["raw", "content", "response"] = "content"
    """`content`: the parsed body. `response`: status, headers and body. `raw`: the body in base64."""
    redirect: bool = False
    """Whether redirects are results (true) or errors (false)."""


class _OpenApi(CallKind[OpenApiArguments]):
    function = "openapi"
    spec_model = OpenApiArguments
    does = "an operation that an OpenAPI document describes: [operations](http-tasks.md#operations-of-an-api-document)"
    yields = "the response's content"
    sends_requests = True
    portable_hint = None
    required = {"document": {"endpoint": "https://example.invalid"}, "operationId": "unknown"}
    of_any_name = ("parameters",)

    def headline(self, node: TaskNode) -> str:
        return self.spec(node).operation_id

    def compile(self, parts: PartsBuilder, pointer: str, spec: OpenApiArguments) -> None:
        at, is_whole = f"{pointer}/with", isinstance(spec.document.endpoint, str)
        parts.address(ENDPOINT, f"{at}/document/endpoint{'' if is_whole else '/uri'}", document_address(spec))
        for part, place, policy in written_policies(spec):
            compile_policy(parts, part, f"{at}/{place}", policy)
        parts.template(PARAMETERS, f"{at}/parameters", spec.parameters)

    def argument_faults(self, pointer: str, arguments: dict[str, Any], rules: Level) -> Iterator[Fault]:
        if has_expression(arguments.get("operationId")):
            hint = "write the id; `switch` chooses between several"
            at = child_pointer(pointer, "operationId")
            yield Fault(at, "expression-not-here", "`operationId` is a name, not an expression", hint)

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        address = node.template(ENDPOINT)
        if address is None:
            return
        yield from document_faults(address)
        spec = self.spec(node)
        written = document_address(spec)
        if not is_path(written):
            yield from standard_address_faults(address, written)
        elif (
            isinstance(spec.document.endpoint, Endpoint) and spec.document.endpoint.authentication is not None
        ):
            at = f"{node.pointer}/with/document/endpoint/authentication"
            message = "a document that is a file is read without authentication"
            yield Fault(
                at,
                "no-effect",
                message,
                "remove it; `authentication` beside `document` is that of the operation",
            )

    def output(self, node: TaskNode) -> ValueShape | None:
        return response_shape(node) if self.spec(node).output == "response" else None

    def policies(self, node: TaskNode) -> Mapping[str, AuthenticationPolicy]:
        return {
            f"{node.pointer}/with/{place}": policy for _, place, policy in written_policies(self.spec(node))
        }

    def connections(self, node: TaskNode) -> Iterator[tuple[str, str]]:
        for part, place, policy in written_policies(self.spec(node)):
            template = node.template(part)
            known = None if template is None else template.value
            for at, name in connections_of_policy(place, policy, known):
                yield f"{node.pointer}/with/{at}", name

    def authorization(self, node: TaskNode) -> dict[str, str] | None:
        policy = node.template(AUTHENTICATION)
        return None if policy is None else {"scheme": scheme_of(policy)}

    def may_change(self, node: TaskNode) -> bool:
        return True  # its document alone tells

    def may_hold_secrets(self, place: str) -> bool:
        return place.startswith(_WITH_SECRETS)


class ApiCall(NamedTuple):
    """What a task wants of an API document.

    Attributes:
        address: of the document; None where only a run knows it.
        written: the same, as the definition has it.
        at: pointer of that.
        parameters: values by name, as they are written.
    """

    address: str | None
    written: str
    at: str
    operation_id: str
    parameters: Mapping[str, Any]


def api_call(node: TaskNode) -> ApiCall | None:
    """What a task wants of an API document; None where it has none."""
    address = node.template(ENDPOINT)
    if node.kind is not OPENAPI or address is None:
        return None
    spec = OPENAPI.spec(node)
    known = address.value if isinstance(address.value, str) else None
    return ApiCall(known, document_address(spec), address.pointer, spec.operation_id, spec.parameters)


def document_address(spec: OpenApiArguments) -> str:
    """Where the document of a call is, as it is written."""
    endpoint = spec.document.endpoint
    return endpoint if isinstance(endpoint, str) else endpoint.uri


def written_policies(spec: OpenApiArguments) -> Iterator[tuple[Part, str, AuthenticationPolicy]]:
    """The policies of a call, each with its place among the arguments."""
    endpoint = spec.document.endpoint
    if isinstance(endpoint, Endpoint) and endpoint.authentication is not None:
        yield DOCUMENT_AUTHENTICATION, "document/endpoint/authentication", endpoint.authentication
    if spec.authentication is not None:
        yield AUTHENTICATION, "authentication", spec.authentication


OPENAPI: Final = _OpenApi()
