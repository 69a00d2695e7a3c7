"""What real servers and gateways do on valid input: each as an answer that is like theirs, for docs/servers.md."""

import json
from typing import Any, NamedTuple

from httptask.testing import Reply

from .chat_streams import chunk, sse
from .event_streams import SSE

__all__ = ["CASES", "ServerCase"]

_LONG = "The lamp at the end of the street was lit again after all. "
_SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
_USAGE = {"prompt_tokens": 9, "completion_tokens": 14, "total_tokens": 23}
_TOOL = {"type": "function", "function": {"name": "f"}}


class ServerCase(NamedTuple):
    """One thing that a server does.

    Attributes:
        server: and its version.
        source: how it is known.
        does: what.
        reply: an answer like the server's.
        asked: further fields of the request.
        then: what becomes of it beside the kind of outcome.
        rules: warnings of the result.
    """

    server: str
    source: str
    does: str
    reply: Reply
    asked: dict[str, Any] | None = None
    then: str = ""
    rules: tuple[str, ...] = ()


def _answer(*texts: str, usage: Any = _USAGE, **more: Any) -> Reply:
    choices = [
        {"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        for index, text in enumerate(texts)
    ]
    return Reply.json({"object": "chat.completion", "model": "m", "choices": choices, "usage": usage, **more})


def _error(status: int, **error: Any) -> Reply:
    return Reply.json({"error": error}, status=status)


def _stream(*events: Any, end: bytes = b"") -> Reply:
    return Reply.of(sse(*events, end=end), headers=SSE)


_HI = chunk({"role": "assistant", "content": "Hi"})
_TO_THE_END = b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
_RUN, _READ, _TOLD = "run", "its source", "reports"
CASES = [
    ServerCase("LiteLLM proxy 1.108.7, 1.110.2", _RUN, "a wrong key is 400 with the type `no_db_connection`", _error(400, message="No connected db.", type="no_db_connection", param=None, code="400"), then="the message says that this 400 means the credential"),
    ServerCase("LiteLLM proxy 1.110.2", _RUN, "no key is 401", _error(401, message="No api key passed in.", type="auth_error", code="401")),
    ServerCase("LiteLLM proxy 1.108.7", _RUN, "no key is 500, `text/plain`", Reply.of(b"Internal Server Error", status=500, headers={"Content-Type": "text/plain"}), then="nothing in it tells of the key: `httptask connections check NAME` sends one request only"),
    ServerCase("transformers serve 5.24", _RUN, "ignores `response_format`, `tool_choice`, `n` and `logprobs`", _answer("Sure! Here it is."), {"response_format": _SCHEMA}, "`reask` asks again"),
    ServerCase("transformers serve 5.24", _RUN, "answers `n: 2` with one choice", _answer(_LONG), {"n": 2}, rules=("fewer-choices",)),
    ServerCase("transformers serve 5.24", _RUN, "ends a stream without `[DONE]`", _stream(_HI, chunk({}, "stop")), {"stream": True}),
    ServerCase("transformers serve 5.24", _RUN, "an unknown field is 422", Reply.json({"detail": "Unexpected keys in the request"}, status=422), {"store": True}),
    ServerCase("transformers serve 5.24", _RUN, 'an unknown model is 400, `{"detail": …}`', Reply.json({"detail": "no such model"}, status=400)),
    ServerCase("llama-server (of llama-cpp-python 0.3.36)", _RUN, "counts the usage of one choice for `n: 2`", _answer(_LONG, _LONG), {"n": 2}, rules=("usage-of-one-choice",)),
    ServerCase("llama-server (of llama-cpp-python 0.3.36)", _RUN, "with a JSON schema beside `tool_choice: required` the tool is never called", _answer("{}"), {"response_format": _SCHEMA, "tools": [_TOOL], "tool_choice": "required"}, "with `json`, and no `tool_calls`"),
    ServerCase("llama-server (of llama-cpp-python 0.3.36)", _RUN, "an image for a model of text only is 500", _error(500, code=500, message="image input is not supported", type="server_error")),
    ServerCase("llama-server (of llama-cpp-python 0.3.36)", _RUN, 'an error in mid-stream is `{"error": {"code": 500}}`, then the stream ends', _stream(_HI, {"error": {"code": 500, "message": "failed to decode"}}), {"stream": True}),
    ServerCase("llama_cpp.server 0.3.36", _RUN, "a context that is too long for a stream is 200 with no byte", Reply.of(b"", headers=SSE), {"stream": True}),
    ServerCase("llama_cpp.server 0.3.36", _RUN, "of 8 streams at once 7 are cut", _stream(_HI), {"stream": True}, "and a later attempt succeeds; `concurrency = 1` of the connection spares them"),
    ServerCase("llama_cpp.server 0.3.36", _RUN, "answers `n: 2` with one choice", _answer(_LONG), {"n": 2}, rules=("fewer-choices",)),
    ServerCase("SGLang 0.5.23", _READ, "a failure in mid-stream has the code 400 whatever its cause", _stream(_HI, {"error": {"object": "error", "message": "out of memory", "type": "BadRequestError", "code": 400}}), {"stream": True}),
    ServerCase("FastAPI's own server-sent events", _RUN, "a generator that fails after some events ends with 200 and a well-formed body", _stream(_HI), {"stream": True}),
    ServerCase("mlx_lm.server 0.30.1, KoboldCpp 1.76", _READ, "end a stream with their connection (HTTP/1.0), behind `[DONE]`", Reply(_TO_THE_END + sse(_HI, chunk({"content": ""}, "stop")), close=True), {"stream": True}),
    ServerCase("KoboldCpp 1.76", _READ, "tells 100 and 100 tokens of every answer", _answer("Hi", usage={"prompt_tokens": 100, "completion_tokens": 100, "total_tokens": 200}), then="`usage` and budgets of it say nothing"),
    ServerCase("gcli2api", _TOLD, "has `finish_reason: stop` in every chunk of a stream", _stream(chunk({"content": "Hi"}, "stop"), chunk({"content": " you"}, "stop"), end=b"data: [DONE]\n\n"), {"stream": True}),
    ServerCase("proxies", _TOLD, "send `event: error` whose data has no key `error`", Reply.of(sse(_HI, end=b"") + b'event: error\ndata: {"message": "upstream is gone"}\n\n', headers=SSE), {"stream": True}, "openai-python 3.57 raises nothing there"),
    ServerCase("new-api gateways", _TOLD, "have an `error` with empty texts in every answer", _answer("Hi", error={"message": "", "type": "", "param": "", "code": None})),
    ServerCase("OpenRouter", _TOLD, "answers an error of the model's own server with 200", _error(200, code=502, message="Provider returned error", metadata={"raw": "overloaded"}), then="`details.body_excerpt` has `metadata.raw`"),
    ServerCase("DeepSeek", _TOLD, "sends blank lines before the JSON while it works", Reply.of(b"\n\n\n" + json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "Hi"}}]}).encode(), headers={"Content-Type": "application/json"})),
    ServerCase("Google's compatible API", _TOLD, "a wrong key is 400 with the reason `API_KEY_INVALID`, in a list", Reply.json([{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}], status=400)),
    ServerCase("xAI", _TOLD, "counts what the model thought in `total_tokens` only", _answer("Hi", usage={"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135}), then="its `cost` is that of 103 tokens of output"),
    ServerCase("Groq", _TOLD, "498 when it has no capacity", _error(498, message="capacity exceeded", type="capacity_exceeded"), then="`provider = \"groq\"` of the connection has it retried"),
    ServerCase("Azure OpenAI", _TOLD, "begins a stream with a chunk without choices", _stream({"id": "", "object": "chat.completion.chunk", "choices": [], "prompt_filter_results": []}, _HI, chunk({}, "stop")), {"stream": True}),
]  # fmt: skip
