"""An operation of an API, whatever document it was read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final, Literal, cast

from httptask.diagnostics.fault import Fault
from httptask.http.styles import Style
from httptask.json.types import is_object
from httptask.openapi.schemas import JsonSchema

__all__ = [
    "METHODS",
    "Authentication",
    "Body",
    "Content",
    "Example",
    "Operation",
    "Parameter",
    "Response",
    "Scheme",
    "Server",
    "Variable",
    "as_json",
]

METHODS: Final = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY")
"""Those that a path has operations for under their names, in lower case (OpenAPI 3.2, Path Item Object)."""

Declared = Literal["document", "operation", "path", ""]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a server's URL."""

    default: str
    values: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """Where an operation can be called.

    Attributes:
        url: with variables in braces; perhaps relative to where the document was found.
        declared_by: what of the document names it; empty where nothing does.
    """

    url: str
    description: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict[str, Variable])
    declared_by: Declared = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A credential that is sent.

    Attributes:
        type: `apiKey`, `http`, `oauth2`, `openIdConnect` or `mutualTLS`; empty where the document does not say.
        location: of an API key: `header`, `query` or `cookie`.
        parameter: its name there.
        http_scheme: of HTTP authentication, such as `bearer`.
        flows: of OAuth2, by name, with their URLs and scopes.
        scopes: that this operation needs.
    """

    name: str
    type: str = ""
    description: str = ""
    location: str = ""
    parameter: str = ""
    http_scheme: str = ""
    flows: Mapping[str, Any] = field(default_factory=dict[str, Any])
    discovery_url: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authentication:
    """How a call is authenticated.

    Attributes:
        is_declared: whether the document says anything: many whose APIs need a token say nothing.
        is_optional: whether it can be called without.
        alternatives: one of these is enough; of one, all schemes are needed together.
    """

    is_declared: bool = False
    is_optional: bool = False
    alternatives: tuple[tuple[Scheme, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A value that the document shows; nobody has held it against its schema.

    Attributes:
        value: None where only `url` tells.
    """

    name: str = ""
    summary: str = ""
    value: Any = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in the path, the query, a header or a cookie; of `querystring` it is the whole query.

    Attributes:
        style: how lists and objects are written, where the document says it.
        media_type: in which the value is written, where it is not by `style`.
    """

    name: str
    location: str
    required: bool = False
    description: str = ""
    deprecated: bool = False
    schema: JsonSchema = field(default_factory=dict[str, Any])
    examples: tuple[Example, ...] = ()
    style: str = ""
    explode: bool | None = None
    allow_reserved: bool = False
    media_type: str = ""

    @property
    def written(self) -> Style:
        """How its values are written, as its document says or by default."""
        default = "form" if self.location in ("query", "cookie") else "simple"
        name = self.style or default
        explode = name in ("form", "deepObject") if self.explode is None else self.explode
        return Style(name, explode, self.media_type)


@dataclass(frozen=True, slots=True)
class Content:
    """A body in one media type.

    Attributes:
        schema: of the whole body; of one item where it is a stream of them.
        encoding: of the parts of a form, as the document has it.
    """

    media_type: str
    schema: JsonSchema = field(default_factory=dict[str, Any])
    is_stream: bool = False
    examples: tuple[Example, ...] = ()
    encoding: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent.

    Attributes:
        name: of the parameter that it is in Swagger 2.0.
    """

    required: bool = False
    description: str = ""
    contents: tuple[Content, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What comes back.

    Attributes:
        status: a code, a class such as `4XX`, or `default`.
    """

    status: str
    description: str = ""
    headers: tuple[Parameter, ...] = ()
    contents: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked of an API, and what comes of it.

    Attributes:
        name: by which people and definitions name it.
        operation_id: as the document has it, empty for none.
        documentation: a URL.
        definitions: what the schemas refer to as `#/$defs/NAME`.
        deeper: names of such that are not among them, for they stand deeper than what was asked for.
        problems: what is wrong in the document where it describes this operation.
    """

    name: str
    method: str
    path: str
    operation_id: str = ""
    summary: str = ""
    description: str = ""
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    documentation: str = ""
    servers: tuple[Server, ...] = ()
    authentication: Authentication = Authentication()
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    responses: tuple[Response, ...] = ()
    definitions: Mapping[str, JsonSchema] = field(default_factory=dict[str, JsonSchema])
    deeper: tuple[str, ...] = ()
    problems: tuple[Fault, ...] = ()


def as_json(value: Any) -> Any:
    """An operation, or a part of one, as JSON: every attribute is there, also where it is empty."""
    if is_dataclass(value):
        return {one.name: as_json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, list | tuple):
        return [as_json(one) for one in cast("Sequence[Any]", value)]
    if is_object(value):
        return {key: as_json(one) for key, one in value.items()}
    return value
