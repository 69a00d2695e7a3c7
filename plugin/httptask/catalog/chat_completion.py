"""The entry that is there without adding anything: a chat completion, by what requests are checked against."""

from functools import cache
from typing import Any, Final

from httptask.catalog.index import About
from httptask.catalog.reference import Preset, Reference
from httptask.chat.fields.annotations import REVISION
from httptask.chat.fields.json_schema import body_schema
from httptask.chat.models import CALL_FIELDS, Completion
from httptask.connections.providers import PROVIDERS, Provider
from httptask.diagnostics.attribute_docs import attribute_docs
from httptask.http.errors import (
    Forbidden,
    HttpStatusError,
    HttpTaskError,
    QuotaExhausted,
    RateLimited,
    RequestInvalid,
    Unauthorized,
)
from httptask.openapi.operation import (
    Authentication,
    Body,
    Content,
    Example,
    Operation,
    Response,
    Scheme,
    Server,
)
from httptask.openapi.reader import Listed

__all__ = ["ABOUT", "API", "LISTED", "reference"]

API: Final = "openai"
LISTED: Final = Listed(
    name="createChatCompletion",
    operation_id="createChatCompletion",
    method="POST",
    path="/chat/completions",
    summary="Create chat completion",
    description="Asks a model, at OpenAI or at any server with this API. In definitions: `call: chatCompletion`.",
    tags=("Chat",),
    deprecated=False,
)
ABOUT: Final = About(
    title="Chat completions",
    version=REVISION,
    format="built in",
    description="The API of chat completions, as OpenAI and many others have it.",
    operations=1,
    problems=0,
)
_JSON: Final = "application/json"
_EXAMPLE: Final = {
    "model": "gpt-4.1-mini",
    "messages": [{"role": "user", "content": "Say hello."}],
}
_ERRORS: Final[tuple[tuple[str, type[HttpTaskError]], ...]] = (
    ("400", RequestInvalid),
    ("401", Unauthorized),
    ("402", QuotaExhausted),
    ("403", Forbidden),
    ("429", RateLimited),
    ("default", HttpStatusError),
)
"""Statuses, and the type of error that a task ends in."""


@cache
def reference() -> Reference:
    """The reference of the operation."""
    schema, definitions = body_schema()
    body = Content(_JSON, schema, examples=(Example(value=_EXAMPLE),))
    answer, parts = _answer()
    bearer = Scheme("bearer", "http", http_scheme="bearer")
    operation = Operation(
        name=LISTED.name,
        method=LISTED.method,
        path=LISTED.path,
        operation_id=LISTED.operation_id,
        summary=LISTED.summary,
        description=LISTED.description,
        tags=LISTED.tags,
        documentation="https://platform.openai.com/docs/api-reference/chat/create",
        servers=(Server(PROVIDERS["openai"].base_url or "", PROVIDERS["openai"].title),),
        authentication=Authentication(is_declared=True, alternatives=((bearer,),)),
        body=Body(required=True, contents=(body,)),
        responses=(
            Response("200", "What the task gives.", contents=(Content(_JSON, answer),)),
            *(Response(status, f"{error.__name__}: {_first_line(error)}") for status, error in _ERRORS),
        ),
        definitions={**definitions, **parts},
    )
    return Reference(API, operation, tuple(_preset(name, one) for name, one in PROVIDERS.items()))


def _answer() -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a task's output, and its definitions under names of their own."""
    schema = Completion.model_json_schema(mode="serialization", ref_template="#/$defs/Answer{model}")
    docs = attribute_docs(Completion)
    properties = {
        key: _field(value, docs.get("json_" if key == "json" else key))
        for key, value in schema["properties"].items()
        if key not in CALL_FIELDS
    }
    parts = {f"Answer{name}": part for name, part in schema.get("$defs", {}).items()}
    return {"type": "object", "properties": properties}, parts


def _field(schema: dict[str, Any], doc: str | None) -> dict[str, Any]:
    """A field of the answer, which has no defaults."""
    kept = {key: value for key, value in schema.items() if key not in ("default", "title")}
    return {**kept, **({"description": doc} if doc else {})}


def _preset(name: str, provider: Provider) -> Preset:
    return Preset(
        provider=name,
        title=provider.title,
        base_url=provider.base_url or "",
        example=provider.example or "",
        secret=provider.secret or "",
        as_of=provider.as_of,
    )


def _first_line(error: type[HttpTaskError]) -> str:
    return (error.__doc__ or "").partition("\n")[0]
