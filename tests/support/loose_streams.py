"""Streamed answers that keep to the format less than others do, which `chat_streams` has: too many to cut each at every byte."""

from typing import Any

from httptask.http import errors

from .chat_streams import CALLS, USAGE, Failure, Streamed, call, chunk, sse

__all__ = ["BROKEN", "LOOSE"]

HI = chunk({"content": "Hi"})
STOP = chunk({}, "stop")
TEXT = {"content": "Hi"}
COMMENT = b": alive\n\n"


def used(prompt: Any, completion: Any, **more: Any) -> dict[str, Any]:
    return {"usage": {"prompt_tokens": prompt, "completion_tokens": completion, **more}}


def bare(text: str) -> bytes:
    """An event, and behind it what is none."""
    return sse(HI, end=b"") + text.encode()


LOOSE = [
    Streamed("a single part without its list", sse(chunk({"content": {"type": "text", "text": "Hi"}}), STOP), {"content": [{"type": "text", "text": "Hi"}]}),
    Streamed("texts that became numbers and false (PHP)", sse(chunk({"content": False}), chunk({"content": 5}), STOP), {"content": "5"}),
    Streamed("a new id with each piece of a call", sse(call(0, "f", '{"x"', id="a"), call(0, None, ":1}", id="b"), CALLS), {"tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}]}, "tool_calls"),
    Streamed("several chunks in one event", sse([chunk({"content": "H"}), chunk({"content": "i"})], STOP), TEXT),
    Streamed("a list of all chunks in place of a stream", b"[%b,%b]" % (sse(HI, end=b"")[6:].strip(), sse(STOP, end=b"")[6:].strip()), TEXT),
    Streamed("an answer behind comments", COMMENT + b'{"choices": [{"message": {"content": "Hi"},\n "finish_reason": "stop"}]}', TEXT),
    Streamed("a field of no event", sse(HI, STOP, end=b"x-trace: 1\n\ndata: [DONE]\n\n"), TEXT),
    Streamed("a banner of a proxy before the first event", COMMENT + b"Welcome to the proxy\n\n" + sse(HI, STOP, end=b""), TEXT),
    Streamed("a page behind the end", sse(HI, STOP) + b"<html>502</html>\n\n", TEXT),
    Streamed("an error without words beside pieces (code 0)", sse(chunk({"content": "Hi"}, fields={"error": {"code": 0, "message": "success"}}), STOP), TEXT),
    Streamed("usage: the prompt first, the completion last", sse(chunk({"content": "Hi"}, fields=used(10, 0)), chunk({}, "stop", fields=used(None, 5))), TEXT, others={"usage": {"prompt_tokens": 10, "completion_tokens": 5}}),
    Streamed("usage: nothing but zeros at the end", sse(chunk({"content": "Hi"}, fields={"usage": USAGE}), chunk({}, "stop", fields=used(0, 0, total_tokens=0))), TEXT, others={"usage": USAGE}),
    Streamed("usage: nothing at the end", sse(chunk({"content": "Hi"}, fields={"usage": USAGE}), chunk({}, "stop", fields={"usage": {}})), TEXT, others={"usage": USAGE}),
    Streamed("usage: no counts at the end", sse(chunk({"content": "Hi"}, fields={"usage": USAGE}), chunk({}, "stop", fields=used(-1, "?", total_tokens=10**20))), TEXT, others={"usage": USAGE}),
    Streamed("usage: grows", sse(chunk({"content": "H"}, fields=used(5, 1, completion_tokens_details={"reasoning_tokens": 1})), chunk({"content": "i"}, "stop", fields=used(5, 3, completion_tokens_details={"reasoning_tokens": 2}))), TEXT, others={"usage.completion_tokens": 3, "usage.completion_tokens_details.reasoning_tokens": 2}),
    Streamed("usage: of each choice", sse(HI, chunk({"content": "Yo"}, index=1), chunk({}, "stop", **used(5, 2, total_tokens=7)), chunk({}, "stop", index=1, **used(5, 3, total_tokens=8))), TEXT, others={"usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": None}}, wanted=2),
]  # fmt: skip

_RETRY, _FINAL = True, False
_INTERRUPTED = errors.ResponseInterrupted
BROKEN = [
    Failure("a page in the middle", bare("<html>\n<h1>502 Bad Gateway</h1></html>"), _INTERRUPTED, _RETRY, "the server said: <html> <h1>502 Bad Gateway", partial="Hi"),
    Failure("a page in the middle, and the marker", bare("<html>502</html>\n\ndata: [DONE]\n\n"), _INTERRUPTED, _RETRY, "the server said: <html>502", partial="Hi"),
    Failure("a page in the middle, and the connection ends", bare("<html>502"), _INTERRUPTED, _RETRY, "the server said: <html>502", "close", partial="Hi"),
    Failure("a page behind an early finish", sse(chunk({"content": "Hi"}, "stop"), end=b"<html>502</html>"), _INTERRUPTED, _RETRY, r"without \[DONE\]: the answer may have been cut; the server said: <html>502", partial="Hi"),
    Failure("words behind an early finish", sse(chunk({"content": "Hi"}, "stop"), end=b"upstream connect error: reset\n"), _INTERRUPTED, _RETRY, "the server said: upstream connect error: reset", partial="Hi"),
    Failure("words in an event behind an early finish", sse(chunk({"content": "Hi"}, "stop"), end=b"data: Error: throttled\n\n"), _INTERRUPTED, _RETRY, "the server said: Error: throttled", partial="Hi"),
    Failure("an object that explains itself behind an early finish", sse(chunk({"content": "Hi"}, "stop"), {"message": "this has been reported"}, end=b""), _INTERRUPTED, _RETRY, "the server said: this has been reported", partial="Hi"),
    Failure("JSON of an error in the middle", bare('{"error":\n {"message": "upstream timeout", "code": 504}}'), errors.HttpStatusError, _RETRY, "504: upstream timeout", partial="Hi"),
    Failure("JSON of an error behind comments", COMMENT + b'{"error": {"message": "slow", "code": 429}}', errors.RateLimited, _RETRY, "429: slow"),
    Failure("JSON of an error that is cut", bare('{"error": {"mess'), _INTERRUPTED, _RETRY, 'the server said: {"error": {"mess', partial="Hi"),
    Failure("event: error, and its data without their field", bare('event: error\n{"error": "no memory"}\n\n'), errors.ResponseInvalid, _FINAL, "no memory", partial="Hi"),
    Failure("type: error (Responses API)", sse(HI, {"type": "error", "message": "boom", "code": "server_error"}), errors.HttpStatusError, _RETRY, "500: boom", partial="Hi"),
    Failure("the code beside the error (Groq)", sse(HI, {"error": {"message": "no call", "type": "invalid"}, "status_code": 400}), errors.HttpStatusError, _FINAL, "400: no call", partial="Hi"),
    Failure("the type beside the error (TGI)", sse(HI, {"error": "Model is overloaded", "error_type": "overloaded"}), errors.RateLimited, _RETRY, "429: Model is overloaded", partial="Hi"),
    Failure("one line break behind each event, no end", sse(HI, STOP, end=b"").replace(b"\n\n", b"\n"), _INTERRUPTED, _RETRY, "ask without", "close", partial="Hi"),
]  # fmt: skip
