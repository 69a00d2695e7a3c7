"""What a scripted server says: whole answers, broken ones, and those of chat completions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from json import dumps
from typing import Any, Self

__all__ = ["Reply"]

_PIECES = re.compile(r"\s*\S+|\s+$")
_COMPLETION: Mapping[str, Any] = {"id": "c-1", "model": "m"}


@dataclass(frozen=True)
class Reply:
    """What the server does with one request. The methods build the usual ones.

    Attributes:
        data: bytes to write, head included.
        close: whether the server closes the connection afterwards.
        pause: seconds between single bytes; None writes all at once.
        silent: whether the server then keeps the connection open and says nothing more.
    """

    data: bytes = b""
    close: bool = False
    pause: float | None = None
    silent: bool = False

    @classmethod
    def of(
        cls,
        body: bytes = b"",
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        pause: float | None = None,
        close: bool = False,
    ) -> Self:
        """A complete answer with a `Content-Length`."""
        head = _head(status, {"Content-Length": str(len(body)), **(headers or {})})
        return cls(head + body, pause=pause, close=close)

    @classmethod
    def json(cls, value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Self:
        """A JSON answer."""
        return cls.of(
            dumps(value).encode(),
            status=status,
            headers={"Content-Type": "application/json", **(headers or {})},
        )

    @classmethod
    def status(cls, code: int, *, retry_after: float | None = None) -> Self:
        """An answer that says no more than its status, and when to come back; of an error in JSON, as APIs do.

        Args:
            code: the status.
            retry_after: seconds, for the header `Retry-After`; without it there is none.
        """
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        if code < HTTPStatus.BAD_REQUEST:
            return cls.of(status=code, headers=headers)
        return cls.json({"error": {"message": _phrase(code)}}, status=code, headers=headers)

    @classmethod
    def chat(
        cls,
        text: str | None = None,
        *,
        json: Any = None,
        refusal: str | None = None,
        calls: Sequence[tuple[str, Mapping[str, Any]]] = (),
        finish_reason: str | None = None,
        tokens: tuple[int, int] = (7, 3),
    ) -> Self:
        """A chat completion with one choice.

        Args:
            text: what the model says.
            json: what it says as JSON, in place of a text.
            refusal: why it says nothing.
            calls: the tools that it calls, each with its arguments.
            finish_reason: why it ends; `stop`, or `tool_calls` with calls.
            tokens: of the prompt and of the answer.
        """
        message: dict[str, Any] = {"role": "assistant", "content": _text(text, json)}
        if refusal is not None:
            message["refusal"] = refusal
        if calls:
            message["tool_calls"] = [
                {"id": f"c{index}", "type": "function", "function": {"name": name, "arguments": dumps(given)}}
                for index, (name, given) in enumerate(calls)
            ]
        reason = finish_reason or ("tool_calls" if calls else "stop")
        choice = {"index": 0, "finish_reason": reason, "message": message}
        completion = {**_COMPLETION, "object": "chat.completion", "choices": [choice]}
        return cls.json({**completion, "usage": _usage(*tokens)})

    @classmethod
    def stream(
        cls,
        text: str | None = None,
        *,
        json: Any = None,
        cut_at: int | None = None,
    ) -> Self:
        """A chat completion in pieces, a word in each.

        Args:
            text: what the model says.
            json: what it says as JSON, in place of a text.
            cut_at: after how many characters of that the connection breaks; without it the answer is complete.
        """
        said = _text(text, json) or ""
        pieces: list[str] = _PIECES.findall(said if cut_at is None else said[:cut_at])
        deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
        chunks = [_chunk({"index": 0, "delta": delta, "finish_reason": None}) for delta in deltas]
        if cut_at is not None:
            return cls.events(chunks, cut_at=len(chunks))
        chunks.append(_chunk({"index": 0, "delta": {}, "finish_reason": "stop"}))
        return cls.events([*chunks, {**_chunk(), "usage": _usage()}, "[DONE]"])

    @classmethod
    def events(cls, data: Iterable[Any], *, cut_at: int | None = None) -> Self:
        """Server-sent events.

        Args:
            data: of each event: a text, or what becomes JSON.
            cut_at: after how many events the connection breaks; without it the answer is complete.
        """
        texts = [one if isinstance(one, str) else dumps(one, ensure_ascii=False) for one in data]
        events = [f"data: {text}\n\n".encode() for text in texts[:cut_at]]
        body = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events)
        head = _head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        if cut_at is None:
            return cls(head + body + b"0\r\n\r\n")
        return cls(head + body, close=True)

    @classmethod
    def hang_up(cls) -> Self:
        """Closes the connection after the whole request, without an answer."""
        return cls(close=True)

    @classmethod
    def silence(cls, after: bytes = b"") -> Self:
        """Writes what is given, and then nothing more."""
        return cls(after, silent=True)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = (f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {_phrase(status)}\r\n{''.join(lines)}\r\n".encode("latin-1")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else ""


def _text(text: str | None, json: Any) -> str | None:
    return text if json is None else dumps(json, ensure_ascii=False)


def _chunk(*choices: Mapping[str, Any]) -> dict[str, Any]:
    return {**_COMPLETION, "object": "chat.completion.chunk", "choices": list(choices)}


def _usage(prompt: int = 7, completion: int = 3) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
