"""Rules about messages and their order."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.chat.fields.unknown import UNKNOWN
from httptask.chat.rules.rule import Breach, Rule, rule
from httptask.diagnostics.fault import Severity
from httptask.diagnostics.words import quoted
from httptask.json.tree import objects_in, parse
from httptask.json.types import is_array, is_object

__all__ = ["RULES"]

Body = Mapping[str, Any]
_INSTEAD_OF_CONTENT: Final = ("tool_calls", "function_call", "refusal", "audio")


@rule(Severity.ERROR, "messages")
def assistant_says_something(body: Body) -> Iterator[Breach]:
    """An assistant message has `content`, unless it calls tools, refuses or speaks."""
    for index, message in objects_in(body.get("messages")):
        is_bare = message.get("content") is None and all(
            message.get(key) is None for key in _INSTEAD_OF_CONTENT
        )
        if message.get("role") == "assistant" and is_bare:
            yield Breach(
                ("messages", index, "content"),
                "`content` of the assistant message is missing",
                "write what it said",
            )


@rule(Severity.ERROR, "messages")
def refusal_stands_alone(body: Body) -> Iterator[Breach]:
    """The parts of an assistant message are texts, or exactly one refusal."""
    for index, message in objects_in(body.get("messages")):
        content = message.get("content")
        refusals = [at for at, part in objects_in(content) if part.get("type") == "refusal"]
        if message.get("role") == "assistant" and refusals and len(content or ()) > 1:
            path = ("messages", index, "content", refusals[0])
            yield Breach(path, "a refusal is the only part of its message", "leave the other parts out")


@rule(Severity.WARNING, "messages")
def files_have_content(body: Body) -> Iterator[Breach]:
    """A file part has `file_id` or `file_data`."""
    for index, message in objects_in(body.get("messages")):
        for at, part in objects_in(message.get("content")):
            file = part.get("file")
            if part.get("type") == "file" and is_object(file) and not {"file_id", "file_data"} & file.keys():
                path = ("messages", index, "content", at, "file")
                yield Breach(path, "the file has neither `file_id` nor `file_data`", "add one of them")


@rule(Severity.WARNING, "messages")
def called_arguments_are_objects(body: Body) -> Iterator[Breach]:
    """The `arguments` of a call are the text of a JSON object: servers read them again."""
    for index, message in objects_in(body.get("messages")):
        for at, call in objects_in(message.get("tool_calls")):
            function = call.get("function")
            arguments = function.get("arguments") if is_object(function) else None
            if isinstance(arguments, str) and not _is_object_in_text(arguments):
                path = ("messages", index, "tool_calls", at, "function", "arguments")
                yield Breach(path, "`arguments` is not the text of a JSON object", "write `{}` in its place")


def _is_object_in_text(text: str) -> bool:
    try:
        return is_object(parse(text))
    except ValueError:
        return False


@rule(Severity.ERROR, "messages")
def tool_messages_answer_calls(body: Body) -> Iterator[Breach]:
    """A tool message stands behind the assistant message whose call it answers."""
    for turn in _turns(body.get("messages")):
        for index, id_ in turn.answers:
            if isinstance(id_, str) and not turn.is_vague and id_ not in turn.calls:
                hint = "put it behind the assistant message with that call"
                if turn.calls:
                    hint = f"calls of the message before: {', '.join(f'`{call}`' for call in turn.calls)}"
                yield Breach(
                    ("messages", index, "tool_call_id"),
                    f"{quoted(id_)} is no call of the message before",
                    hint,
                )


@rule(Severity.ERROR, "messages")
def tool_calls_are_answered(body: Body) -> Iterator[Breach]:
    """Every call of an assistant message is answered by a tool message right behind it."""
    for turn in _turns(body.get("messages")):
        answered = [id_ for _, id_ in turn.answers]
        if turn.is_open or turn.is_vague or UNKNOWN in answered:
            continue
        for id_, at in turn.calls.items():
            if id_ not in answered:
                path = ("messages", turn.index, "tool_calls", at)
                hint = f"add {{ role: tool, tool_call_id: {id_}, content: ... }} behind it"
                yield Breach(path, f"no tool message answers the call {quoted(id_)}", hint)


@rule(Severity.WARNING, "messages")
def calls_are_answered_once(body: Body) -> Iterator[Breach]:
    """A call is answered by one tool message."""
    for turn in _turns(body.get("messages")):
        seen: set[str] = set()
        for index, id_ in turn.answers:
            if isinstance(id_, str) and id_ in seen:
                yield Breach(
                    ("messages", index, "tool_call_id"),
                    f"{quoted(id_)} is answered already",
                    "leave one answer out",
                )
            elif isinstance(id_, str):
                seen.add(id_)


RULES: Final[tuple[Rule, ...]] = (
    assistant_says_something,
    refusal_stands_alone,
    files_have_content,
    called_arguments_are_objects,
    tool_messages_answer_calls,
    tool_calls_are_answered,
    calls_are_answered_once,
)


class _Turn:
    """A message that is not of a tool, and the tool messages right behind it.

    Attributes:
        calls: index of each call of the message by its id.
        answers: index of each tool message, and the id that it answers.
        is_vague: whether some call has an id that is not known, or none.
        is_open: whether more answers may follow, for the next message is not known.
    """

    def __init__(self, index: int, message: Mapping[str, Any]) -> None:
        self.index = index
        self.answers: list[tuple[int, Any]] = []
        self.calls: dict[str, int] = {}
        self.is_open = self.is_vague = False
        calls = message.get("tool_calls") if message.get("role") == "assistant" else None
        if calls is None:
            return
        ids = [(at, call.get("id")) for at, call in objects_in(calls)]
        self.calls = {id_: at for at, id_ in reversed(ids) if isinstance(id_, str)}
        count = len(calls) if is_array(calls) else 0
        self.is_vague = (
            calls is UNKNOWN or len(ids) != count or any(not isinstance(id_, str) for _, id_ in ids)
        )


def _turns(messages: Any) -> Iterator[_Turn]:
    """The conversation up to the first message that is not known."""
    if not is_array(messages):
        return
    turn = _Turn(-1, {})
    for index, message in enumerate(messages):
        if not is_object(message) or message.get("role") is UNKNOWN:
            turn.is_open = True
            break
        if message.get("role") == "tool":
            turn.answers.append((index, message.get("tool_call_id")))
        else:
            yield turn
            turn = _Turn(index, message)
    yield turn
