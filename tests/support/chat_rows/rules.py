"""Rules that several fields have a part in."""

from typing import Any

from support.chat_rows.row import HELLO, Row, doubtful, function, sound, spoken, wrong

AUDIO = {"voice": "alloy", "format": "wav"}
PREDICTION = {"type": "content", "content": "x"}
JSON = {"type": "json_object"}
REFUSAL = {"type": "refusal", "refusal": "No."}
TEXT = {"type": "text", "text": "x"}


def calls(*ids: str, arguments: str = "{}") -> dict[str, Any]:
    return {
        "role": "assistant",
        "tool_calls": [
            {"id": id_, "type": "function", "function": {"name": "f", "arguments": arguments}} for id_ in ids
        ],
    }


def answer(id_: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id_, "content": "4"}


def allowed(*tools: dict[str, Any]) -> dict[str, Any]:
    return {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [*tools]}}


def schema(declared: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": declared}}}


OPTIONS = [
    wrong("top_logprobs alone", "/top_logprobs", "top-logprobs-need-logprobs", top_logprobs=2),
    wrong(
        "top_logprobs with logprobs false",
        "/top_logprobs",
        "top-logprobs-need-logprobs",
        logprobs=False,
        top_logprobs=2,
    ),
    wrong(
        "top_logprobs with logprobs null",
        "/top_logprobs",
        "top-logprobs-need-logprobs",
        logprobs=None,
        top_logprobs=0,
    ),
    wrong("stream_options alone", "/stream_options", "stream-options-need-stream", stream_options={}),
    wrong(
        "stream_options with stream false",
        "/stream_options",
        "stream-options-need-stream",
        stream=False,
        stream_options={},
    ),
    wrong(
        "audio is wanted and not described", "/modalities", "audio-output-needs-audio", modalities=["audio"]
    ),
    wrong(
        "audio is wanted and null",
        "/modalities",
        "audio-output-needs-audio",
        modalities=["text", "audio"],
        audio=None,
    ),
    doubtful("audio is described and not wanted", "/audio", "audio-needs-its-modality", audio=AUDIO),
    doubtful(
        "audio is described and text wanted",
        "/audio",
        "audio-needs-its-modality",
        modalities=["text"],
        audio=AUDIO,
    ),
    wrong(
        "two limits of tokens", "/max_tokens", "one-limit-of-tokens", max_tokens=1, max_completion_tokens=1
    ),
    sound("one limit of tokens is null", max_tokens=None, max_completion_tokens=1),
    doubtful(
        "two lifetimes of caches",
        "/prompt_cache_retention",
        "one-lifetime-of-caches",
        prompt_cache_retention="24h",
        prompt_cache_options={"ttl": "30m"},
    ),
    sound("one lifetime of caches is null", prompt_cache_retention=None, prompt_cache_options={"ttl": "30m"}),
    sound(
        "prediction with what changes nothing",
        prediction=PREDICTION,
        n=1,
        logprobs=False,
        presence_penalty=-1,
        max_completion_tokens=None,
    ),
    *[
        doubtful(
            f"prediction with {name}",
            "/prediction",
            "prediction-excludes",
            prediction=PREDICTION,
            **{name: value},
        )
        for name, value in [
            ("n", 2),
            ("tools", [function()]),
            ("logprobs", True),
            ("max_completion_tokens", 9),
            ("presence_penalty", 1),
            ("frequency_penalty", 0.1),
        ]
    ],
    sound(
        "json_object, asked for",
        response_format=JSON,
        **spoken({"role": "user", "content": "Answer in json."}),
    ),
    sound(
        "json_object, asked for in a part",
        response_format=JSON,
        **spoken({"role": "user", "content": [{"type": "text", "text": "JSON!"}]}),
    ),
    doubtful(
        "json_object, not asked for", "/response_format", "json-object-is-asked-for", response_format=JSON
    ),
    doubtful(
        "logit_bias of a word", "/logit_bias/cat", "logit-bias-has-token-ids", logit_bias={"cat": 1, "7": 1}
    ),
    *[
        wrong(f"schema, {name}", "/response_format/json_schema/schema", "answer-schema", **schema(declared))
        for name, declared in {
            "unknown type": {"type": "objet"},
            "pattern": {"properties": {"a/b": {"pattern": "("}}},
            "missing definition": {"$ref": "#/$defs/none"},
            "another document": {"$ref": "https://example.com/schema.json"},
        }.items()
    ],
]

TOOLS = [
    doubtful("no tools", "/tools", "some-tools", tools=[]),
    doubtful(
        "two tools of one name",
        "/tools/1/function/name",
        "tools-have-distinct-names",
        tools=[function(), function()],
    ),
    sound(
        "two kinds of tools of one name", tools=[function("c"), {"type": "custom", "custom": {"name": "c"}}]
    ),
    wrong(
        "tool_choice required, no tools", "/tool_choice", "tool-choice-needs-tools", tool_choice="required"
    ),
    wrong(
        "tool_choice of a function, no tools",
        "/tool_choice",
        "tool-choice-needs-tools",
        tool_choice=function(),
    ),
    *[
        doubtful(
            f"tool_choice {choice}, no tools", "/tool_choice", "tool-choice-without-tools", tool_choice=choice
        )
        for choice in ("none", "auto")
    ],
    wrong(
        "tool_choice of an absent tool",
        "/tool_choice/function/name",
        "tool-choice-names-a-tool",
        tools=[function("search")],
        tool_choice=function("serach"),
    ),
    wrong(
        "tool_choice of another kind",
        "/tool_choice/custom/name",
        "tool-choice-names-a-tool",
        tools=[function()],
        tool_choice={"type": "custom", "custom": {"name": "f"}},
    ),
    wrong(
        "an absent tool is allowed",
        "/tool_choice/allowed_tools/tools/1/function/name",
        "tool-choice-names-a-tool",
        tools=[function()],
        tool_choice=allowed(function(), function("g")),
    ),
    wrong(
        "parallel_tool_calls, no tools",
        "/parallel_tool_calls",
        "parallel-tool-calls-need-tools",
        parallel_tool_calls=False,
    ),
    wrong(
        "function_call, no functions",
        "/function_call",
        "function-call-needs-functions",
        function_call={"name": "f"},
    ),
    doubtful(
        "function_call auto, no functions",
        "/function_call",
        "function-call-without-functions",
        function_call="auto",
    ),
    wrong(
        "function_call of an absent function",
        "/function_call/name",
        "function-call-names-a-function",
        functions=[{"name": "f"}],
        function_call={"name": "g"},
    ),
    doubtful(
        "tools and functions",
        "/functions",
        "tools-replace-functions",
        tools=[function()],
        functions=[{"name": "f"}],
    ),
    doubtful(
        "tool_choice and function_call",
        "/function_call",
        "tools-replace-functions",
        tools=[function()],
        tool_choice="auto",
        functions=[{"name": "f"}],
        function_call="auto",
    ),
]
TOOLS[-1] = Row(
    TOOLS[-1].name,
    TOOLS[-1].body,
    (
        ("/functions", "tools-replace-functions", "warning"),
        ("/function_call", "tools-replace-functions", "warning"),
    ),
)

CONVERSATION = [
    wrong(
        "assistant says nothing",
        "/messages/0/content",
        "assistant-says-something",
        **spoken({"role": "assistant"}),
    ),
    wrong(
        "assistant says null",
        "/messages/0/content",
        "assistant-says-something",
        **spoken({"role": "assistant", "content": None, "refusal": None}),
    ),
    wrong(
        "a refusal beside text",
        "/messages/0/content/1",
        "refusal-stands-alone",
        **spoken({"role": "assistant", "content": [TEXT, REFUSAL]}),
    ),
    wrong(
        "two refusals",
        "/messages/0/content/0",
        "refusal-stands-alone",
        **spoken({"role": "assistant", "content": [REFUSAL, REFUSAL]}),
    ),
    doubtful(
        "a file of nothing",
        "/messages/0/content/0/file",
        "files-have-content",
        **spoken({"role": "user", "content": [{"type": "file", "file": {"filename": "a.pdf"}}]}),
    ),
    sound(
        "two calls, answered in another order",
        **spoken(HELLO, calls("1", "2"), answer("2"), answer("1"), HELLO),
    ),
    sound("calls of two turns", **spoken(calls("1"), answer("1"), calls("1"), answer("1"))),
    wrong("a result first", "/messages/0/tool_call_id", "tool-messages-answer-calls", **spoken(answer("1"))),
    wrong(
        "a result behind the user",
        "/messages/1/tool_call_id",
        "tool-messages-answer-calls",
        **spoken(HELLO, answer("1")),
    ),
    wrong(
        "a result of another call",
        "/messages/2/tool_call_id",
        "tool-messages-answer-calls",
        **spoken(calls("1"), answer("1"), answer("2")),
    ),
    wrong("no result", "/messages/0/tool_calls/0", "tool-calls-are-answered", **spoken(calls("1"))),
    wrong(
        "one result of two",
        "/messages/0/tool_calls/1",
        "tool-calls-are-answered",
        **spoken(calls("1", "2"), answer("1"), HELLO),
    ),
    Row(
        "a result behind another message",
        {"model": "m", "messages": [calls("1"), HELLO, answer("1")]},
        (
            ("/messages/2/tool_call_id", "tool-messages-answer-calls", "error"),
            ("/messages/0/tool_calls/0", "tool-calls-are-answered", "error"),
        ),
    ),
    doubtful(
        "arguments that were cut",
        "/messages/0/tool_calls/0/function/arguments",
        "called-arguments-are-objects",
        **spoken(calls("1", arguments='{"room": "ha'), answer("1")),
    ),
    doubtful(
        "two results of one call",
        "/messages/2/tool_call_id",
        "calls-are-answered-once",
        **spoken(calls("1"), answer("1"), answer("1")),
    ),
]

MODELS = [
    sound(
        "o3-mini as it is wanted",
        model="o3-mini",
        max_completion_tokens=9,
        temperature=1,
        reasoning_effort="low",
    ),
    *[
        doubtful(
            f"{model} with {name}",
            f"/{name}",
            "model",
            model=model,
            **{"tools": [function()], name: value} if name == "parallel_tool_calls" else {name: value},
        )
        for model, name, value in [
            ("o1", "temperature", 0),
            ("o3", "top_p", 0.5),
            ("o3", "stop", "x"),
            ("o3-mini", "presence_penalty", 1),
            ("o3-mini", "frequency_penalty", 1),
            ("o3-mini-2025-01-31", "logprobs", True),
            ("o4-mini", "max_tokens", 9),
            ("o4-mini", "logit_bias", {"1": 1}),
            ("o4-mini", "reasoning_effort", "minimal"),
            ("openai/o4-mini", "stop", "x"),
            ("o3-mini", "parallel_tool_calls", True),
            ("gpt-5", "stop", "x"),
            ("gpt-5", "top_p", 0.5),
            ("gpt-5", "temperature", 0),
            ("gpt-5-mini", "max_tokens", 9),
            ("gpt-5-nano", "reasoning_effort", "xhigh"),
            ("gpt-5-pro", "reasoning_effort", "low"),
            ("gpt-5.1", "max_tokens", 9),
            ("gpt-4.1-mini", "reasoning_effort", "low"),
            ("ft:gpt-4o-mini:acme::1", "verbosity", "low"),
            ("gpt-4o-search-preview", "n", 2),
        ]
    ],
    sound("gpt-5.1-chat has a limit of the older name", model="gpt-5.1-chat-latest", max_tokens=9),
    sound("gpt-5.1-codex is not known", model="gpt-5.1-codex", temperature=0, reasoning_effort="high"),
    sound("o1 takes stop", model="o1", stop="x"),
    sound("gpt-5-chat samples", model="gpt-5-chat-latest", temperature=0, max_tokens=9),
    sound("gpt-5.1 samples without reasoning", model="gpt-5.1", temperature=0),
    sound(
        "gpt-5.1 samples without reasoning, said so", model="gpt-5.1", temperature=0, reasoning_effort="none"
    ),
    doubtful(
        "gpt-5.2 samples and reasons",
        "/temperature",
        "model",
        model="gpt-5.2",
        temperature=0,
        reasoning_effort="high",
    ),
    sound("a model of another maker", model="mistral-large", temperature=0, stop="x", max_tokens=9),
]

ROWS = [*OPTIONS, *TOOLS, *CONVERSATION, *MODELS]
