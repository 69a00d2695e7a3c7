"""One choice of a streamed answer, put together from its deltas."""

from collections.abc import Mapping
from typing import Any

from httptask.chat.response.wire import content_of, told_reason, with_message
from httptask.chat.streaming.call_assembly import CallAssembly, CalledAssembly
from httptask.chat.streaming.deltas import SAID_ONCE, extend, joined_base64, merge, same_type
from httptask.http.errors import ResponseInvalid
from httptask.json.types import is_array, is_object

__all__ = ["ChoiceAssembly"]

_READ_APART = frozenset({"delta", "finish_reason", "index", "message"})


class ChoiceAssembly:
    """A choice, as far as it has come.

    Attributes:
        index: the number of it.
        finish_reason: why it ended, as the server tells it; None while it goes on.
        begun: whether the model has said anything.
        says: whether the last piece said anything.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self.begun = False
        self.says = False
        self._others: dict[str, Any] = {}
        self._logprobs: dict[str, Any] = {}
        self._role = ""
        self._content: list[str] = []
        self._parts: list[Any] = []
        self._texts: dict[str, list[str]] = {}
        self._fields: dict[str, Any] = {}
        self._calls = CallAssembly()
        self._function = CalledAssembly()
        self._audio: dict[str, Any] = {}
        self._audio_data: list[str] = []

    def add(self, piece: Mapping[str, Any]) -> None:
        """One more piece of the choice.

        Raises:
            ResponseInvalid: its delta can't be read.
        """
        self.says = False
        choice = with_message(piece, "delta") if "text" in piece else piece
        delta, message = choice.get("delta"), choice.get("message")
        if delta is not None:
            self._add_delta(delta)
        if message is not None and not self.says:
            self._replace(message)
        for key, value in choice.items():
            if value is None or key in _READ_APART:
                continue
            if key == "logprobs" and is_object(value):
                merge(self._logprobs, value)
            else:
                _merge_last(self._others, key, value)
        if (reason := choice.get("finish_reason")) is not None:
            self.finish_reason = told_reason(reason) or self.finish_reason

    @property
    def text(self) -> str:
        """What has come of the text."""
        if self._parts:
            parts = [part.get("text") for part in self._all_parts() if is_object(part)]
            return "".join(part for part in parts if isinstance(part, str))
        return "".join(self._content)

    def value(self) -> dict[str, Any]:
        """The finished choice, as an answer that is not streamed has it."""
        return {
            "index": self.index,
            "message": self._message(),
            "finish_reason": self.finish_reason,
            "logprobs": self._logprobs or None,
            **self._others,
        }

    def _say(self, piece: object) -> None:
        """Marks that a piece says something, if it does."""
        if piece:
            self.says = self.begun = True

    def _add_delta(self, delta: Any) -> None:
        for key, value in _fields_of(delta):
            if key == "content":
                self._add_content(value)
            elif key == "role":
                self._role = self._role or str(value)
            elif key == "tool_calls" and (is_array(value) or is_object(value)):
                calls = _listed(value)
                self._calls.add(calls)
                self._say(any(calls))
            elif key == "function_call" and is_object(value):
                self._function.add(value)
                self._say(value)
            elif key == "audio" and is_object(value):
                self._add_audio(value)
                self._say(value)
            elif isinstance(value, str) and key not in SAID_ONCE:
                self._texts.setdefault(key, []).append(value)
                self._say(value)
            else:
                merge(self._fields, {key: value})

    def _replace(self, message: Any) -> None:
        """Has a message, which is the whole or all of it so far, in place of what it holds."""
        before = self._message()
        for key, value in _fields_of(message):
            if key == "tool_calls" and value and (is_array(value) or is_object(value)):
                self._calls.replace(_listed(value))
                continue
            if value not in ("", [], {}):
                self._forget(key)
            self._add_delta({key: value})
        self.says = self._message() != before
        self.begun = self.begun or self.says

    def _forget(self, key: str) -> None:
        if key == "content":
            self._content, self._parts = [], []
        elif key == "function_call":
            self._function = CalledAssembly()
        elif key == "audio":
            self._audio, self._audio_data = {}, []
        self._texts.pop(key, None)
        self._fields.pop(key, None)

    def _add_content(self, told: Any) -> None:
        try:
            content = content_of(told)
        except ValueError:
            message = "the answer is not a chat completion: the content of a delta can't be read"
            raise ResponseInvalid(message) from None
        if isinstance(content, str):
            self._content.append(content)
        elif content is not None:
            self._parts = self._all_parts()
            self._content = []
            extend(self._parts, content, same_type)
        self._say(content)

    def _add_audio(self, audio: dict[str, Any]) -> None:
        data = audio.get("data")
        if isinstance(data, str):
            self._audio_data.append(data)
            audio = {key: value for key, value in audio.items() if key != "data"}
        merge(self._audio, audio)

    def _all_parts(self) -> list[Any]:
        """The content as parts: text that came as such is one."""
        text = "".join(self._content)
        return [*self._parts, *([{"type": "text", "text": text}] if text else [])]

    def _message(self) -> dict[str, Any]:
        texts = {key: "".join(pieces) for key, pieces in self._texts.items()}
        fields = self._fields | {key: text for key, text in texts.items() if text}
        if self._audio or self._audio_data:
            data = {"data": joined_base64(self._audio_data)} if self._audio_data else {}
            fields["audio"] = {**self._audio, **data}
        if calls := self._calls.value():
            fields["tool_calls"] = calls
        if self._function.name or self._function.text:
            fields["function_call"] = self._function.value()
        content: Any = self._all_parts() if self._parts else "".join(self._content)
        if not content and (not self._content or fields):
            content = None
        return {"role": self._role or "assistant", "content": content, "refusal": None, **fields}


def _fields_of(message: Any) -> list[tuple[str, Any]]:
    """The fields of a message, or of a piece of one, that say anything; null does not."""
    if not is_object(message):
        raise ResponseInvalid("the answer is not a chat completion: a delta of its stream can't be read")
    return [(key, value) for key, value in message.items() if value is not None]


def _listed(value: Any) -> list[Any]:
    """Calls of tools; a single one stands without its list on some servers."""
    return value if is_array(value) else [value]


def _merge_last(into: dict[str, Any], key: str, value: Any) -> None:
    """Keeps the last value of a field; objects and lists, which come in parts, grow."""
    if is_object(value) or is_array(value):
        merge(into, {key: value})
    else:
        into[key] = value
