"""A streamed answer, put together to the body that the same request has without `stream`."""

from collections.abc import Iterable
from typing import Any

from httptask.chat.response.embedded_error import embedded_error, error_member
from httptask.chat.response.wire import BROKEN, broke_off, finish_reason_of, usage_elsewhere
from httptask.chat.streaming.answer_reader import AnswerReader
from httptask.chat.streaming.choice_assembly import ChoiceAssembly
from httptask.chat.streaming.deltas import index_of
from httptask.chat.streaming.loose_events import ASIDE
from httptask.chat.usage import grown
from httptask.connections.connection import Connection
from httptask.diagnostics.cutting import shortened
from httptask.http.errors import HttpTaskError, ResponseInterrupted, ResponseInvalid
from httptask.json.tree import whole_characters
from httptask.json.types import is_array, is_object
from httptask.resilience.classify import error_text
from httptask.response.event_stream import EndedBy
from httptask.response.events import Event

__all__ = ["Assembly"]

_NOT_HEAD = frozenset({"choices", "obfuscation", "object", "usage"})
_SAID_FIRST = frozenset({"created", "id", "model"})
"""Of these the first value counts: a few servers send others with later chunks."""
_MAX_STRAY_CHARACTERS = 200


class Assembly:
    """The chunks of one streamed answer, as far as they have come.

    Args:
        wanted: how many choices were asked for.
        connection: that it comes through, whose rules say which errors may pass.

    Attributes:
        reader: splits the answer into events.
    """

    def __init__(self, wanted: int = 1, connection: Connection | None = None) -> None:
        self.reader = AnswerReader()
        self._wanted = wanted
        self._connection = connection
        self._head: dict[str, Any] = {}
        self._choices: dict[int, ChoiceAssembly] = {}
        self._usage: dict[str, Any] | None = None
        self._stray: Any = None

    @property
    def begun(self) -> bool:
        """Whether the model has said anything."""
        return any(choice.begun for choice in self._choices.values())

    @property
    def text(self) -> str:
        """What has come of the text of the first choice, but for a last character of which only half has come."""
        if not self._choices:
            return ""
        text = self._choices[min(self._choices)].text
        is_half = "\ud800" <= text[-1:] <= "\udbff"
        return str(whole_characters(text[:-1] if is_half else text))

    def add(self, events: Iterable[Event]) -> None:
        """More events.

        Raises:
            HttpTaskError: one of them is an error, or can't be read.
        """
        for event in events:
            chunk = event.value
            if event.type == "error":
                fields = chunk if is_object(chunk) and "error" in chunk else {"error": chunk}
                raise self._error(fields)
            if is_object(chunk):
                self._add(chunk)
            elif isinstance(chunk, str):
                self._add_text(chunk, event.type)
            elif is_array(chunk):  # some servers wrap an error in a list, or several chunks
                for one in filter(is_object, chunk):
                    self._add(one)

    def answer(self, *, ended_by: EndedBy) -> Any:
        """The body of the answer, complete.

        Args:
            ended_by: how the end of the stream is known.

        Raises:
            ResponseInterrupted: a choice, or all of them, did not come to an end.
            HttpTaskError: there is an error in place of choices.
        """
        if self.reader.is_document:
            if isinstance(self.reader.document, str) and ended_by == "close":
                raise ResponseInterrupted("the answer broke off: what came of it is not JSON")
            return self.reader.document
        if not self._choices:
            if is_object(self._stray) and (error := embedded_error(self._stray, self._connection)):
                raise error
            raise ResponseInterrupted(f"the stream ended before its first choice{self._said()}")
        self._require_end(ended_by)
        choices = [self._choices[index].value() for index in sorted(self._choices)]
        body = {**self._head, "object": "chat.completion", "choices": choices}
        usage = self._usage or usage_elsewhere(body)
        return whole_characters(body if usage is None else {**body, "usage": usage})

    def explain(self, error: HttpTaskError) -> None:
        """Adds to an error what had come of the answer: its text, and what it cost."""
        known = {key: self._head.get(key) for key in ("id", "model")}
        known["usage"] = self._usage
        known["partial_text"] = self.text or None
        error.details |= {key: whole_characters(value) for key, value in known.items() if value is not None}

    def _require_end(self, ended_by: EndedBy) -> None:
        """See that every choice that was asked for is whole: those beyond, an answer that is not streamed has too."""
        for index in sorted(self._choices)[: self._wanted]:
            if self._choices[index].finish_reason is None:
                which = f" for choice {index}" if len(self._choices) > 1 else ""
                raise ResponseInterrupted(
                    f"the stream ended without a finish_reason{which}: the answer was cut{self._said()}"
                )
        if ended_by == "length" and (said := self._said()):
            raise ResponseInterrupted(f"the stream ended without [DONE]: the answer may have been cut{said}")
        if ended_by == "close":
            raise ResponseInterrupted(
                "the stream ended with its connection, without [DONE] or a length: the answer may have been cut, for "
                f"a finish_reason can come early{self._said()}",
                cure="ask without `stream` if the server always ends so",
            )

    def _add(self, chunk: dict[str, Any]) -> None:
        if error_member(chunk) is not None or "error" in (chunk.get("object"), chunk.get("type")):
            raise self._error(chunk)
        usage = chunk.get("usage")
        if is_object(usage):
            self._usage = grown(self._usage or {}, usage)
        elif usage is not None:
            self._head["usage"] = usage
        choices = chunk.get("choices")
        if choices is None:
            if "usage" not in chunk:
                self._set_stray(whole_characters(chunk))
            return
        if not is_array(choices):
            raise ResponseInvalid("the answer is not a chat completion: the choices of a chunk can't be read")
        head = self._head
        for key, value in chunk.items():
            if key in _NOT_HEAD or value is None or (key in _SAID_FIRST and head.get(key)):
                continue
            head[key] = value
        for position, choice in enumerate(choices):
            self._add_choice(choice, position)

    def _add_choice(self, choice: Any, position: int) -> None:
        if not is_object(choice):
            raise ResponseInvalid("the answer is not a chat completion: a choice of a chunk can't be read")
        if (error := error_member(choice)) is not None:
            raise self._error({"error": error})
        index = index_of(choice.get("index"))
        assembly = self._choices.get(position if index is None else index)
        if assembly is None:
            assembly = ChoiceAssembly(position if index is None else index)
            self._choices[assembly.index] = assembly
        assembly.add(choice)
        if assembly.says:
            self._stray = None
        if assembly.finish_reason and finish_reason_of(assembly.finish_reason) == BROKEN:
            raise broke_off(assembly.finish_reason)

    def _add_text(self, text: str, type_: str) -> None:
        if type_ == "message" and text.lstrip()[:1] in ("{", "["):
            raise ResponseInvalid("the answer is not a chat completion: a chunk of its stream is not JSON")
        if type_ in ("message", ASIDE):
            self._set_stray(text)

    def _set_stray(self, stray: Any) -> None:
        """Keeps the first of what was said behind the last piece of an answer."""
        self._stray = self._stray or stray

    def _error(self, fields: dict[str, Any]) -> HttpTaskError:
        error = embedded_error(whole_characters(fields), self._connection)
        return error or ResponseInvalid("the server answered with an error: no message")

    def _said(self) -> str:
        """What the server said that is no chunk, which may be why its stream ended."""
        stray = self._stray
        page = " ".join(stray.split()) if isinstance(stray, str) else ""
        said = error_text(stray) or page
        return f"; the server said: {shortened(said, _MAX_STRAY_CHARACTERS)}" if said else ""
