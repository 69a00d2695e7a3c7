"""Calls of tools, put together from deltas that may lack, repeat or reorder what tells them apart."""

from collections.abc import Iterator, Sequence
from typing import Any

from httptask.chat.streaming.deltas import index_of, merge
from httptask.http.errors import ResponseInvalid
from httptask.json.tree import compact, parse
from httptask.json.types import is_object

__all__ = ["CallAssembly", "CalledAssembly"]

_KINDS = ("function", "custom")
_TEXT_OF = {"function": "arguments", "custom": "input"}


class CalledAssembly:
    """What is called, by name, and with what: the text of it, raw."""

    def __init__(self, text_key: str = "arguments") -> None:
        self.name = ""
        self._text_key = text_key
        self._pieces: list[str] = []
        self._others: dict[str, Any] = {}

    def add(self, delta: dict[str, Any]) -> None:
        """One more delta."""
        for key, value in delta.items():
            if key == self._text_key:
                if isinstance(value, str):
                    self._pieces.append(value)
                elif value is not None:  # some servers send it parsed
                    self._pieces.append(compact(value))
            elif key == "name":
                if not self.name and isinstance(value, str):
                    self.name = value
            else:
                merge(self._others, {key: value})

    @property
    def text(self) -> str:
        """The arguments or the input, as far as they have come."""
        return "".join(self._pieces)

    def value(self) -> dict[str, Any]:
        """The finished object."""
        return {"name": self.name or None, self._text_key: self.text, **self._others}


class _Slot:
    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.called: dict[str, CalledAssembly] = {}
        self.others: dict[str, Any] = {}

    def add(self, delta: dict[str, Any], id_: str) -> None:
        self.id = self.id or id_
        for key, value in delta.items():
            if key in _KINDS and is_object(value):
                self.called.setdefault(key, CalledAssembly(_TEXT_OF[key])).add(value)
            elif key != "index":
                merge(self.others, {key: value})

    def begins_anew(self, delta: dict[str, Any]) -> bool:
        """Whether a delta without an id is a whole further call, and no more of this one."""
        called = self.called.get("function")
        function = delta.get("function")
        if called is None or not called.name or not is_object(function) or not function.get("name"):
            return False
        return function["name"] != called.name or (bool(function.get("arguments")) and _is_json(called.text))

    def value(self) -> dict[str, Any]:
        type_ = self.others.get("type") or ("custom" if "custom" in self.called else "function")
        called = {kind: assembly.value() for kind, assembly in self.called.items()}
        return {**self.others, "id": self.id or None, "type": type_, **called}


class CallAssembly:
    """The calls of one message.

    A delta belongs to the call of its index, but a new id with a name at a known index begins another call: some
    servers number all of them 0. Without an index it belongs to the call of its id, or else to the last one.
    """

    def __init__(self) -> None:
        self._slots: list[_Slot] = []

    def add(self, deltas: Sequence[Any]) -> None:
        """More deltas; null is none.

        Raises:
            ResponseInvalid: one of them is no object.
        """
        for delta, id_ in _read(deltas):
            self._slot(delta, id_).add(delta, id_)

    def replace(self, calls: Sequence[Any]) -> None:
        """Has whole calls in place of all before; raises as `add` does."""
        self._slots = []
        for call, id_ in _read(calls):
            slot = _Slot(index_of(call.get("index")))
            slot.add(call, id_)
            self._slots.append(slot)

    def value(self) -> list[dict[str, Any]]:
        """The finished calls, in the order of their indexes."""
        slots = self._slots
        if all(slot.index is not None for slot in slots):
            slots = sorted(slots, key=lambda slot: slot.index or 0)
        return [slot.value() for slot in slots]

    def _slot(self, delta: dict[str, Any], id_: str) -> _Slot:
        index = index_of(delta.get("index"))
        known = [slot for slot in reversed(self._slots) if index is None or slot.index == index]
        if id_:
            same = next((slot for slot in known if slot.id == id_), None)
            if same is None and index is not None and known and not (known[0].id and _is_named(delta)):
                same = known[0]
        else:
            same = known[0] if known and not known[0].begins_anew(delta) else None
        if same is None:
            same = _Slot(index)
            self._slots.append(same)
        return same


def _read(deltas: Sequence[Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each with its id, which some servers write as a number."""
    for delta in deltas:
        if is_object(delta):
            id_ = delta.get("id")
            is_told = isinstance(id_, str | int) and not isinstance(id_, bool)
            yield delta, str(id_) if is_told else ""
        elif delta is not None:
            raise ResponseInvalid(
                "the answer is not a chat completion: a call of a tool in its stream can't be read"
            )


def _is_named(delta: dict[str, Any]) -> bool:
    return any(is_object(called := delta.get(kind)) and called.get("name") for kind in _KINDS)


def _is_json(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
