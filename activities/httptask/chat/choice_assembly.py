"""One choice of a streamed answer, put together from its deltas."""

from typing import Any

from httptask.chat.call_assembly import CallAssembly, CalledAssembly
from httptask.chat.deltas import SAID_ONCE, extend, joined_base64, merge, same_type
from httptask.http.errors import ResponseInvalid
from httptask.http.json_tree import is_array, is_object

__all__ = ["ChoiceAssembly"]


class ChoiceAssembly:
    """A choice, as far as it has come.

    Attributes:
        index: the number of it.
        finish_reason: why it ended; None while it goes on.
        begun: whether the model has said anything.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.finish_reason: str | None = None
        self._others: dict[str, Any] = {}
        self._logprobs: dict[str, Any] = {}
        self._restart()

    def _restart(self) -> None:
        self.begun = False
        self._role = ""
        self._content: list[str] = []
        self._parts: list[Any] = []
        self._texts: dict[str, list[str]] = {}
        self._fields: dict[str, Any] = {}
        self._calls = CallAssembly()
        self._function = CalledAssembly()
        self._audio: dict[str, Any] = {}
        self._audio_data: list[str] = []

    def add(self, choice: dict[str, Any]) -> None:
        """One more piece of the choice.

        Raises:
            ResponseInvalid: its delta can't be read.
        """
        for key, value in choice.items():
            if value is None:
                continue
            if key == "delta":
                self._add_delta(value)
            elif key == "finish_reason":
                self._finish(value)
            elif key == "logprobs":
                merge(self._logprobs, value if is_object(value) else {})
            elif key == "message":
                if choice.get("delta") is None:  # a server that sends the whole, or all of it so far
                    self._restart()
                    self._add_delta(value)
            elif key != "index":
                _merge_last(self._others, key, value)

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

    def _finish(self, reason: Any) -> None:
        if isinstance(reason, str | int) and not isinstance(reason, bool) and reason != "":
            self.finish_reason = str(reason)

    def _add_delta(self, delta: Any) -> None:
        if not is_object(delta):
            raise ResponseInvalid("the answer is not a chat completion: a delta of its stream can't be read")
        for key, value in delta.items():
            if value is None:
                continue
            if key == "content":
                self._add_content(value)
            elif key == "role":
                self._role = self._role or str(value)
            elif key == "tool_calls":
                self._calls.add(value if is_array(value) else [value])
                self.begun = True
            elif key == "function_call":
                self._function.add(value if is_object(value) else {})
                self.begun = True
            elif key == "audio":
                self._add_audio(value)
            elif isinstance(value, str) and key not in SAID_ONCE:
                self._texts.setdefault(key, []).append(value)
                self.begun = self.begun or value != ""
            else:
                merge(self._fields, {key: value})

    def _add_content(self, content: Any) -> None:
        if isinstance(content, str):
            self.begun = self.begun or content != ""
            self._content.append(content)
        elif is_array(content):
            self.begun = True
            self._parts = self._all_parts()
            self._content = []
            extend(self._parts, content, same_type)
        else:
            raise ResponseInvalid("the answer is not a chat completion: the content of a delta can't be read")

    def _add_audio(self, audio: Any) -> None:
        self.begun = True
        if is_object(audio):
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
            fields["audio"] = {**self._audio, "data": joined_base64(self._audio_data)}
        if calls := self._calls.value():
            fields["tool_calls"] = calls
        if self._function.name or self._function.text:
            fields["function_call"] = self._function.value()
        content: Any = self._all_parts() if self._parts else "".join(self._content)
        if not content and (not self._content or fields):
            content = None
        return {"role": self._role or "assistant", "content": content, "refusal": None, **fields}


def _merge_last(into: dict[str, Any], key: str, value: Any) -> None:
    """Keeps the last value of a field; objects and lists, which come in parts, grow."""
    if is_object(value) or is_array(value):
        merge(into, {key: value})
    else:
        into[key] = value
