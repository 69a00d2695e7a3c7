"""Messages of each role, and each kind of content part."""

from typing import Any

from support.chat_rows.row import HELLO, doubtful, sound, spoken, wrong

TEXT = {"type": "text", "text": "x"}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CUSTOM_CALL = {"id": "1", "type": "custom", "custom": {"name": "c", "input": "x"}}
ANSWER = {"role": "tool", "tool_call_id": "1", "content": "4"}


def message(role: str, **fields: Any) -> dict[str, Any]:
    return spoken({"role": role, **fields})


def part(type_: str, **fields: Any) -> dict[str, Any]:
    return message("user", content=[{"type": type_, **fields}])


def call(**fields: Any) -> dict[str, Any]:
    return spoken({"role": "assistant", "tool_calls": [{**CALL, **fields}]}, ANSWER)


def custom_call(**fields: Any) -> dict[str, Any]:
    return spoken({"role": "assistant", "tool_calls": [{**CUSTOM_CALL, **fields}]}, ANSWER)


ROLES = [
    *[
        sound(f"{role} says text", **message(role, content="x", name="Ann"))
        for role in ("developer", "system", "user", "assistant")
    ],
    *[
        sound(f"{role} says parts", **message(role, content=[TEXT, TEXT]))
        for role in ("developer", "system", "user", "assistant")
    ],
    *[
        wrong(f"{role} says nothing", "/messages/0/content", "missing", **message(role))
        for role in ("developer", "system", "user")
    ],
    *[
        wrong(f"{role} says null", "/messages/0/content", "null", **message(role, content=None))
        for role in ("developer", "system", "user")
    ],
    *[
        wrong(f"{role} says no parts", "/messages/0/content", "length", **message(role, content=[]))
        for role in ("developer", "system", "user", "assistant")
    ],
    *[
        wrong(f"{role} says a number", "/messages/0/content", "type", **message(role, content=7))
        for role in ("developer", "system", "user", "assistant")
    ],
    *[
        wrong(
            f"{role} with a name of no text", "/messages/0/name", "type", **message(role, content="x", name=1)
        )
        for role in ("developer", "system", "user", "assistant")
    ],
    *[
        wrong(
            f"{role} shows an image",
            "/messages/0/content/0/type",
            "choice",
            **message(role, content=[{"type": "image_url", "image_url": {"url": "https://a"}}]),
        )
        for role in ("system", "assistant")
    ],
    sound("empty text", **message("user", content="")),
    wrong("a message is text", "/messages/0", "type", messages=["Hello"]),
    wrong("a message is null", "/messages/0", "type", messages=[None]),
    wrong("role is missing", "/messages/1/role", "missing", **spoken(HELLO, {"content": "x"})),
    wrong("role is unknown", "/messages/0/role", "choice", **message("usr", content="x")),
    wrong("role is a list", "/messages/0/role", "type", messages=[{"role": ["user"], "content": "x"}]),
    doubtful(
        "a field of a server's own",
        "/messages/0/reasoning_content",
        "unknown-field",
        **message("assistant", content="x", reasoning_content="y"),
    ),
]

PARTS = [
    sound(
        "an image",
        **part(
            "image_url",
            image_url={"url": "https://a", "detail": "low"},
            prompt_cache_breakpoint={"mode": "explicit"},
        ),
    ),
    *[
        sound(
            f"an image in detail {detail}",
            **part("image_url", image_url={"url": "https://a", "detail": detail}),
        )
        for detail in ("auto", "high")
    ],
    wrong(
        "a recording in a format of its own",
        "/messages/0/content/0/input_audio/format",
        "choice",
        **part("input_audio", input_audio={"data": "AA==", "format": "ogg"}),
    ),
    sound("a recording", **part("input_audio", input_audio={"data": "AA==", "format": "mp3"})),
    sound("a file", **part("file", file={"file_id": "f-1", "filename": "a.pdf"})),
    sound("a file as data", **part("file", file={"file_data": "data:application/pdf;base64,AA=="})),
    wrong("a part is text", "/messages/0/content/0", "type", **message("user", content=["x"])),
    wrong(
        "a part without a type",
        "/messages/0/content/0/type",
        "missing",
        **message("user", content=[{"text": "x"}]),
    ),
    wrong(
        "a part with a type of no text",
        "/messages/0/content/0/type",
        "type",
        **message("user", content=[{"type": 1}]),
    ),
    doubtful(
        "a part of a server's own",
        "/messages/0/content/0/type",
        "choice",
        **part("video_url", video_url={"url": "https://a"}),
    ),
    wrong(
        "a text part without text",
        "/messages/0/content/1/text",
        "missing",
        **message("user", content=[TEXT, {"type": "text"}]),
    ),
    wrong("a text part of a number", "/messages/0/content/0/text", "type", **part("text", text=1)),
    wrong(
        "a breakpoint is true",
        "/messages/0/content/0/prompt_cache_breakpoint",
        "type",
        **part("text", text="x", prompt_cache_breakpoint=True),
    ),
    wrong(
        "a breakpoint without a mode",
        "/messages/0/content/0/prompt_cache_breakpoint/mode",
        "missing",
        **part("text", text="x", prompt_cache_breakpoint={}),
    ),
    wrong(
        "an image part without an image", "/messages/0/content/0/image_url", "missing", **part("image_url")
    ),
    wrong(
        "an image as text",
        "/messages/0/content/0/image_url",
        "type",
        **part("image_url", image_url="https://a"),
    ),
    wrong(
        "an image without a URL",
        "/messages/0/content/0/image_url/url",
        "missing",
        **part("image_url", image_url={}),
    ),
    wrong(
        "an image in a detail of its own",
        "/messages/0/content/0/image_url/detail",
        "choice",
        **part("image_url", image_url={"url": "https://a", "detail": "full"}),
    ),
    wrong(
        "an audio part without audio", "/messages/0/content/0/input_audio", "missing", **part("input_audio")
    ),
    wrong(
        "a recording without data",
        "/messages/0/content/0/input_audio/data",
        "missing",
        **part("input_audio", input_audio={"format": "wav"}),
    ),
    wrong(
        "a recording without a format",
        "/messages/0/content/0/input_audio/format",
        "missing",
        **part("input_audio", input_audio={"data": "AA=="}),
    ),
    wrong("a file part without a file", "/messages/0/content/0/file", "missing", **part("file")),
    *[
        wrong(
            f"a file, {name} null",
            f"/messages/0/content/0/file/{name}",
            "null",
            **part("file", file={"file_id": "f", name: None}),
        )
        for name in ("filename", "file_data", "file_id")
    ],
]

ASSISTANT = [
    sound("a call", **call()),
    sound(
        "a call beside null",
        **spoken({"role": "assistant", "content": None, "refusal": None, "tool_calls": [CALL]}, ANSWER),
    ),
    sound("a call of a custom tool", **custom_call()),
    sound("a call of a function", **message("assistant", function_call={"name": "f", "arguments": "{}"})),
    sound("a refusal", **message("assistant", refusal="No.")),
    sound("a refusal as a part", **message("assistant", content=[{"type": "refusal", "refusal": "No."}])),
    sound("speech", **message("assistant", audio={"id": "a"})),
    sound(
        "everything null but content",
        **message("assistant", content="x", refusal=None, audio=None, function_call=None),
    ),
    wrong(
        "refusal is a list", "/messages/0/refusal", "type", **message("assistant", content="x", refusal=[])
    ),
    wrong(
        "a refusal part without refusal",
        "/messages/0/content/0/refusal",
        "missing",
        **message("assistant", content=[{"type": "refusal"}]),
    ),
    wrong("audio is text", "/messages/0/audio", "type", **message("assistant", content="x", audio="a")),
    wrong("audio without an id", "/messages/0/audio/id", "missing", **message("assistant", audio={})),
    wrong(
        "tool_calls null",
        "/messages/0/tool_calls",
        "null",
        **message("assistant", content="x", tool_calls=None),
    ),
    wrong(
        "tool_calls of none",
        "/messages/0/tool_calls",
        "length",
        **message("assistant", content="x", tool_calls=[]),
    ),
    wrong("a call is text", "/messages/0/tool_calls/0", "type", **message("assistant", tool_calls=["f"])),
    wrong(
        "a call without a type",
        "/messages/0/tool_calls/0/type",
        "missing",
        **spoken({"role": "assistant", "tool_calls": [{"id": "1"}]}, ANSWER),
    ),
    doubtful("a call of a server's own", "/messages/0/tool_calls/0/type", "choice", **call(type="retrieval")),
    wrong(
        "a call without an id",
        "/messages/0/tool_calls/0/id",
        "missing",
        **spoken({"role": "assistant", "tool_calls": [{key: CALL[key] for key in ("type", "function")}]}),
    ),
    wrong(
        "a custom call without an id",
        "/messages/0/tool_calls/0/id",
        "missing",
        **spoken(
            {"role": "assistant", "tool_calls": [{key: CUSTOM_CALL[key] for key in ("type", "custom")}]}
        ),
    ),
    wrong("a call, its function null", "/messages/0/tool_calls/0/function", "null", **call(function=None)),
    wrong(
        "a call without a name",
        "/messages/0/tool_calls/0/function/name",
        "missing",
        **call(function={"arguments": "{}"}),
    ),
    wrong(
        "a call without arguments",
        "/messages/0/tool_calls/0/function/arguments",
        "missing",
        **call(function={"name": "f"}),
    ),
    wrong(
        "a call with parsed arguments",
        "/messages/0/tool_calls/0/function/arguments",
        "type",
        **call(function={"name": "f", "arguments": {}}),
    ),
    wrong(
        "a custom call, its tool as text",
        "/messages/0/tool_calls/0/custom",
        "type",
        **custom_call(custom="c"),
    ),
    wrong(
        "a custom call without a name",
        "/messages/0/tool_calls/0/custom/name",
        "missing",
        **custom_call(custom={"input": "x"}),
    ),
    wrong(
        "a custom call without input",
        "/messages/0/tool_calls/0/custom/input",
        "missing",
        **custom_call(custom={"name": "c"}),
    ),
    wrong(
        "function_call is text",
        "/messages/0/function_call",
        "type",
        **message("assistant", content="x", function_call="f"),
    ),
    wrong(
        "a called function without a name",
        "/messages/0/function_call/name",
        "missing",
        **message("assistant", function_call={"arguments": "{}"}),
    ),
    wrong(
        "function_call without arguments",
        "/messages/0/function_call/arguments",
        "missing",
        **message("assistant", function_call={"name": "f"}),
    ),
]


def answered(**fields: Any) -> dict[str, Any]:
    return spoken({"role": "assistant", "tool_calls": [CALL]}, {**ANSWER, **fields})


RESULTS = [
    sound("a result", **answered()),
    sound("a result of parts", **answered(content=[TEXT])),
    wrong("a result null", "/messages/1/content", "null", **answered(content=None)),
    wrong("a result of no parts", "/messages/1/content", "length", **answered(content=[])),
    wrong(
        "a result is an image",
        "/messages/1/content/0/type",
        "choice",
        **answered(content=[{"type": "image_url"}]),
    ),
    sound("a result is empty", **answered(content="")),
    sound("a function's result", **message("function", name="f", content="4")),
    sound("a function's result null", **message("function", name="f", content=None)),
    wrong(
        "a function's result is missing", "/messages/0/content", "missing", **message("function", name="f")
    ),
    wrong(
        "a function's result of parts",
        "/messages/0/content",
        "type",
        **message("function", name="f", content=[TEXT]),
    ),
    wrong(
        "a function's result without a name",
        "/messages/0/name",
        "missing",
        **message("function", content="4"),
    ),
]

ROWS = [*ROLES, *PARTS, *ASSISTANT, *RESULTS]
