"""Fields of the request that are objects or lists."""

from typing import Any

from support.chat_rows.row import doubtful, sound, wrong

SPOKEN: dict[str, Any] = {"modalities": ["text", "audio"]}
VOICE = {"voice": "alloy", "format": "wav"}


def schema(**fields: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", **fields}}}


def predicted(part: dict[str, Any]) -> dict[str, Any]:
    return {"prediction": {"type": "content", "content": [part]}}


def located(location: Any) -> dict[str, Any]:
    return {"web_search_options": {"user_location": location}}


RESPONSE_FORMAT = [
    sound("text", response_format={"type": "text"}),
    sound("json_schema", **schema(schema={"type": "object"}, strict=True, description="An answer.")),
    sound("json_schema without a schema", **schema()),
    sound("json_schema, strict null", **schema(strict=None)),
    sound("json_schema of draft 7", **schema(schema={"$schema": "http://json-schema.org/draft-07/schema#"})),
    sound("json_schema with a name of 64", **schema(name="a" * 64)),
    wrong("response_format null", "/response_format", "null", response_format=None),
    wrong("response_format is text", "/response_format", "type", response_format="json"),
    wrong("response_format without a type", "/response_format/type", "missing", response_format={}),
    wrong("response_format type null", "/response_format/type", "type", response_format={"type": None}),
    doubtful(
        "response_format of a server's own",
        "/response_format/type",
        "choice",
        response_format={"type": "grammar"},
    ),
    wrong(
        "json_schema is missing",
        "/response_format/json_schema",
        "missing",
        response_format={"type": "json_schema"},
    ),
    wrong(
        "json_schema is a list",
        "/response_format/json_schema",
        "type",
        response_format={"type": "json_schema", "json_schema": []},
    ),
    wrong(
        "json_schema without a name",
        "/response_format/json_schema/name",
        "missing",
        response_format={"type": "json_schema", "json_schema": {}},
    ),
    wrong(
        "json_schema with a blank in its name",
        "/response_format/json_schema/name",
        "form",
        **schema(name="my answer"),
    ),
    wrong(
        "json_schema with a name of 65", "/response_format/json_schema/name", "form", **schema(name="a" * 65)
    ),
    wrong("json_schema with an empty name", "/response_format/json_schema/name", "form", **schema(name="")),
    wrong(
        "json_schema, description a number",
        "/response_format/json_schema/description",
        "type",
        **schema(description=1),
    ),
    wrong(
        "json_schema, strict as text", "/response_format/json_schema/strict", "type", **schema(strict="yes")
    ),
    wrong("json_schema, schema null", "/response_format/json_schema/schema", "null", **schema(schema=None)),
]

OTHERS = [
    sound(
        "stream_options", stream=True, stream_options={"include_usage": True, "include_obfuscation": False}
    ),
    sound("stream_options null", stream_options=None),
    wrong("stream_options is true", "/stream_options", "type", stream=True, stream_options=True),
    wrong(
        "include_usage as text",
        "/stream_options/include_usage",
        "type",
        stream=True,
        stream_options={"include_usage": "yes"},
    ),
    wrong(
        "include_obfuscation null",
        "/stream_options/include_obfuscation",
        "null",
        stream=True,
        stream_options={"include_obfuscation": None},
    ),
    sound("modalities of text", modalities=["text"]),
    sound("modalities null", modalities=None),
    wrong("modalities of a server's own", "/modalities/0", "choice", modalities=["image"]),
    wrong("modalities as text", "/modalities", "type", modalities="text"),
    sound("audio", **SPOKEN, audio=VOICE),
    sound("audio with one's own voice", **SPOKEN, audio={"voice": {"id": "v-1"}, "format": "mp3"}),
    wrong("audio is a voice", "/audio", "type", **SPOKEN, audio="alloy"),
    wrong("audio without a voice", "/audio/voice", "missing", **SPOKEN, audio={"format": "wav"}),
    wrong(
        "audio, the voice without an id",
        "/audio/voice/id",
        "missing",
        **SPOKEN,
        audio={"voice": {}, "format": "wav"},
    ),
    wrong("audio without a format", "/audio/format", "missing", **SPOKEN, audio={"voice": "alloy"}),
    wrong("audio as ogg", "/audio/format", "choice", **SPOKEN, audio={"voice": "alloy", "format": "ogg"}),
    sound("prediction", prediction={"type": "content", "content": "x"}),
    sound("prediction of parts", prediction={"type": "content", "content": [{"type": "text", "text": "x"}]}),
    sound("prediction null", prediction=None),
    wrong("prediction is text", "/prediction", "type", prediction="x"),
    wrong(
        "prediction of another type",
        "/prediction/type",
        "choice",
        prediction={"type": "text", "content": "x"},
    ),
    wrong("prediction without content", "/prediction/content", "missing", prediction={"type": "content"}),
    wrong(
        "prediction of no parts",
        "/prediction/content",
        "length",
        prediction={"type": "content", "content": []},
    ),
    wrong(
        "prediction, a part without text",
        "/prediction/content/0/text",
        "missing",
        prediction={"type": "content", "content": [{"type": "text"}]},
    ),
    wrong(
        "prediction, a part without a type",
        "/prediction/content/0/type",
        "missing",
        **predicted({"text": "x"}),
    ),
    wrong(
        "prediction, a breakpoint as text",
        "/prediction/content/0/prompt_cache_breakpoint",
        "type",
        **predicted({"type": "text", "text": "x", "prompt_cache_breakpoint": "x"}),
    ),
    doubtful(
        "prediction, a breakpoint of its own",
        "/prediction/content/0/prompt_cache_breakpoint/mode",
        "choice",
        **predicted({"type": "text", "text": "x", "prompt_cache_breakpoint": {"mode": "x"}}),
    ),
    sound("prompt_cache_options", prompt_cache_options={"mode": "explicit", "ttl": "30m"}),
    wrong("prompt_cache_options null", "/prompt_cache_options", "null", prompt_cache_options=None),
    doubtful(
        "prompt_cache_options, mode of its own",
        "/prompt_cache_options/mode",
        "choice",
        prompt_cache_options={"mode": "some"},
    ),
    wrong(
        "prompt_cache_options, ttl a number",
        "/prompt_cache_options/ttl",
        "type",
        prompt_cache_options={"ttl": 30},
    ),
    sound("moderation", moderation={"model": "m", "policy": {"input": {"mode": "score"}, "output": None}}),
    sound("moderation null", moderation=None),
    wrong("moderation is true", "/moderation", "type", moderation=True),
    wrong("moderation without a model", "/moderation/model", "missing", moderation={}),
    wrong(
        "moderation, policy as text",
        "/moderation/policy",
        "type",
        moderation={"model": "m", "policy": "block"},
    ),
    wrong(
        "moderation, input is true",
        "/moderation/policy/input",
        "type",
        moderation={"model": "m", "policy": {"input": True}},
    ),
    wrong(
        "moderation, input without a mode",
        "/moderation/policy/input/mode",
        "missing",
        moderation={"model": "m", "policy": {"input": {}}},
    ),
    wrong(
        "moderation, output is true",
        "/moderation/policy/output",
        "type",
        moderation={"model": "m", "policy": {"output": True}},
    ),
    doubtful(
        "moderation, a mode of its own",
        "/moderation/policy/output/mode",
        "choice",
        moderation={"model": "m", "policy": {"output": {"mode": "drop"}}},
    ),
    sound("web_search_options of nothing", web_search_options={}),
    sound(
        "web_search_options",
        **located(
            {
                "type": "approximate",
                "approximate": {
                    "country": "DE",
                    "city": "Bonn",
                    "region": "NRW",
                    "timezone": "Europe/Berlin",
                },
            }
        ),
    ),
    sound("a location of null", **located(None)),
    wrong("web_search_options null", "/web_search_options", "null", web_search_options=None),
    wrong(
        "search_context_size of its own",
        "/web_search_options/search_context_size",
        "choice",
        web_search_options={"search_context_size": "huge"},
    ),
    wrong("user_location is text", "/web_search_options/user_location", "type", **located("Bonn")),
    wrong(
        "user_location of another type",
        "/web_search_options/user_location/type",
        "choice",
        **located({"type": "exact", "approximate": {}}),
    ),
    wrong(
        "approximate is missing",
        "/web_search_options/user_location/approximate",
        "missing",
        **located({"type": "approximate"}),
    ),
    *[
        wrong(
            f"{name} is a number",
            f"/web_search_options/user_location/approximate/{name}",
            "type",
            **located({"type": "approximate", "approximate": {name: 1}}),
        )
        for name in ("country", "region", "city", "timezone")
    ],
]

VALUES = [
    *[
        sound(f"audio as {format_}", **SPOKEN, audio={"voice": "alloy", "format": format_})
        for format_ in ("aac", "flac", "opus", "pcm16")
    ],
    *[
        sound(f"search_context_size {size}", web_search_options={"search_context_size": size})
        for size in ("low", "medium", "high")
    ],
    sound("prompt_cache_options, implicit", prompt_cache_options={"mode": "implicit"}),
    doubtful(
        "prompt_cache_options, ttl of its own",
        "/prompt_cache_options/ttl",
        "choice",
        prompt_cache_options={"ttl": "1h"},
    ),
    sound(
        "moderation, the other modes",
        moderation={"model": "m", "policy": {"input": {"mode": "block"}, "output": {"mode": "score"}}},
    ),
    sound("moderation, block the answer", moderation={"model": "m", "policy": {"output": {"mode": "block"}}}),
    doubtful(
        "moderation, an input mode of its own",
        "/moderation/policy/input/mode",
        "choice",
        moderation={"model": "m", "policy": {"input": {"mode": "drop"}}},
    ),
]

ROWS = [*RESPONSE_FORMAT, *OTHERS, *VALUES]
