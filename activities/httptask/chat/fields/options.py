"""Objects that fields of the request have as their value."""

from typing import Annotated, Any, Literal, Required, TypedDict

from httptask.chat.fields.annotations import REVISION, About, AnyOther, Length
from httptask.chat.fields.messages import TextPart
from httptask.chat.fields.tools import NAME_PATTERN

__all__ = [
    "AudioOutput",
    "Moderation",
    "Prediction",
    "PromptCacheOptions",
    "ResponseFormat",
    "StreamOptions",
    "WebSearchOptions",
]


class TextResponse(TypedDict, total=False):
    """Plain text."""

    type: Required[Literal["text"]]


class JsonResponse(TypedDict, total=False):
    """Some JSON object, of no certain form."""

    type: Required[Literal["json_object"]]


class AnswerSchema(TypedDict, total=False):
    """The form of the answer."""

    name: Required[
        Annotated[
            str,
            NAME_PATTERN,
            About("Name of the form.", hint="write json_schema: { name: answer, schema: ... }"),
        ]
    ]
    description: Annotated[str, About("Tells the model what the form is for.")]
    schema: Annotated[dict[str, Any], About("JSON Schema of the answer.")]
    strict: Annotated[bool | None, About("Whether the answer is held to the schema exactly.", default=False)]


class SchemaResponse(TypedDict, total=False):
    """JSON that fits a schema."""

    type: Required[Literal["json_schema"]]
    json_schema: Required[
        Annotated[
            AnswerSchema,
            About(
                "The schema and its name.",
                hint="write { name: answer, schema: { type: object, ... } }",
            ),
        ]
    ]


ResponseFormat = TextResponse | JsonResponse | SchemaResponse


class StreamOptions(TypedDict, total=False):
    """How an answer is streamed."""

    include_usage: Annotated[bool, About("Whether a last chunk tells the token counts.", default=False)]
    include_obfuscation: Annotated[
        bool,
        About("Whether chunks are padded so that their sizes tell nothing.", default=True, since=REVISION),
    ]


class CustomVoice(TypedDict, total=False):
    """A voice of the account's own."""

    id: Required[Annotated[str, About("Id of the voice.")]]


class AudioOutput(TypedDict, total=False):
    """How an answer is spoken."""

    voice: Required[
        Annotated[
            str | CustomVoice,
            About("Name of the voice, `alloy` for example; since 2026-08-21 also the id of one's own."),
        ]
    ]
    format: Required[
        Annotated[Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"], About("How the answer is encoded.")]
    ]


class Prediction(TypedDict, total=False):
    """Text that much of the answer will repeat."""

    type: Required[Annotated[Literal["content"], About("Kind of the prediction.")]]
    content: Required[
        Annotated[
            str | Annotated[list[TextPart], Length(1)],
            About("The text to be repeated, or a list of text parts."),
        ]
    ]


class ApproximateLocation(TypedDict, total=False):
    """Where a person roughly is."""

    country: Annotated[str, About("Two letters of ISO 3166-1, such as `DE`.")]
    region: Annotated[str, About("Region or state.")]
    city: Annotated[str, About("City.")]
    timezone: Annotated[str, About("Name of the IANA time zone, such as `Europe/Berlin`.")]


class UserLocation(TypedDict, total=False):
    """Where the person is."""

    type: Required[Annotated[Literal["approximate"], About("How exact the place is.")]]
    approximate: Required[Annotated[ApproximateLocation, About("The place.")]]


class WebSearchOptions(TypedDict, total=False):
    """How the web is searched."""

    user_location: Annotated[UserLocation | None, About("Where the person is, to find what is near.")]
    search_context_size: Annotated[
        Literal["low", "medium", "high"],
        About("How much of what is found the model gets to read.", default="medium"),
    ]


class PromptCacheOptions(TypedDict, total=False):
    """How the beginning of the prompt is cached."""

    mode: Annotated[
        Literal["implicit", "explicit"],
        AnyOther(),
        About("Whether the server chooses what to cache, or breakpoints."),
    ]
    ttl: Annotated[Literal["30m"], AnyOther(), About("How long it is kept.")]


class ModerationSide(TypedDict, total=False):
    """What is done with what is found."""

    mode: Required[
        Annotated[Literal["score", "block"], AnyOther(), About("Whether to score it only, or to stop.")]
    ]


class ModerationPolicy(TypedDict, total=False):
    """What is moderated, and how."""

    input: Annotated[ModerationSide | None, About("The request.")]
    output: Annotated[ModerationSide | None, About("The answer.")]


class Moderation(TypedDict, total=False):
    """Moderation as part of the call."""

    model: Required[Annotated[str, About("The moderation model.")]]
    policy: Annotated[ModerationPolicy | None, About("What is moderated, and how.")]
