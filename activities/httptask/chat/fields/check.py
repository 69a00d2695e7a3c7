"""Holds a value against its declared shape. Numbers and text are never taken for each other, nor true for 1."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

from httptask.chat.fields.annotations import About, Length, Own
from httptask.chat.fields.content_parts import misplaced
from httptask.chat.fields.request import ChatBody
from httptask.chat.fields.shapes import (
    Anything,
    Choice,
    Either,
    Field,
    Flag,
    ListOf,
    MapOf,
    Number,
    ObjectOf,
    Shape,
    Text,
    shape_of,
)
from httptask.chat.fields.unknown import UNKNOWN
from httptask.chat.fields.words import kind_words, listed, words
from httptask.connections.providers import ProviderName
from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import hint_for_misspelt
from httptask.diagnostics.words import Kind, name_of, quoted, wrong_kind
from httptask.json.pointer import json_pointer
from httptask.json.types import is_array, is_number, is_object

__all__ = ["UNKNOWN_FIELD", "Server", "field_faults"]

UNKNOWN_FIELD: Final = "unknown-field"
"""Code of a fault whose pointer leads to a key that the API does not know."""

Server = ProviderName | Literal["any"] | None
"""Whose values of its own pass: those of a provider, of any that is known, or of none."""

_Path = tuple[str | int, ...]
_NO_HINT: Final = About("")


def field_faults(body: Mapping[str, Any], server: Server = None) -> list[Fault]:
    """Every fault of each field on its own; no rule is applied to what is `UNKNOWN`."""
    check = _Check(server)
    check.fields(shape_of(ChatBody), body, ())
    return check.faults


class _Check:
    """Walks shape and value together, and collects what does not fit."""

    def __init__(self, server: Server) -> None:
        self.faults: list[Fault] = []
        self._server = server

    def fields(self, shape: ObjectOf, value: Mapping[str, Any], path: _Path) -> None:
        for field in shape.fields.values():
            if field.name in value:
                self.field(field, value[field.name], (*path, field.name))
            elif field.required:
                self.report((*path, field.name), f"`{field.name}` is missing", _hint(field), "missing")
        for name in value:
            if name not in shape.fields:
                self.unknown_field(name, tuple(shape.fields), (*path, name))

    def field(self, field: Field, value: Any, path: _Path) -> None:
        if value is UNKNOWN or (value is None and field.nullable):
            return
        if value is None:
            self.report(
                path, f"`{field.name}` is null", _hint(field) if field.required else "leave it out", "null"
            )
        else:
            self.value(field.shape, value, path, field.about)

    def value(self, shape: Shape, value: Any, path: _Path, about: About = _NO_HINT) -> None:
        if value is UNKNOWN:
            return
        match shape:
            case Either():
                self.either(shape, value, path, about)
            case Anything():
                pass
            case _ if not _is_of_kind(shape, value):
                self.wrong_kind(shape, value, path, about)
            case ObjectOf():
                self.fields(shape, value, path)
            case ListOf():
                self.length(shape, shape.length, len(value), path, about)
                for index, item in enumerate(value):
                    self.value(shape.item, item, (*path, index))
            case MapOf():
                self.length(shape, shape.length, len(value), path, about)
                for key, item in value.items():
                    self.value(shape.key, key, (*path, key))
                    self.value(shape.value, item, (*path, key))
            case Text():
                self.text(shape, value, path, about)
            case Number():
                self.range(shape, value, path)
            case Choice():
                self.choice(shape, value, path)
            case Flag():
                pass

    def either(self, shape: Either, value: Any, path: _Path, about: About) -> None:
        if isinstance(value, str) and shape.plain is not None:
            self.value(shape.plain, value, path, about)
        elif is_array(value) and shape.list is not None:
            self.value(shape.list, value, path, about)
        elif not is_object(value) or not shape.objects:
            self.wrong_kind(shape, value, path, about)
        elif shape.tag is None:
            self.fields(shape.objects[""], value, path)
        else:
            self.tagged(shape, shape.tag, value, path)

    def tagged(self, shape: Either, tag: str, value: dict[str, Any], path: _Path) -> None:
        found, objects = value.get(tag), shape.objects
        if found is UNKNOWN:
            return
        if isinstance(found, str) and found in objects:
            self.fields(objects[found], value, path)
            return
        hint = f"one of {listed(objects)}"
        if tag not in value:
            self.report((*path, tag), f"`{tag}` is missing", hint, "missing")
        elif not isinstance(found, str):
            self.report((*path, tag), wrong_kind(f"`{tag}`", found, Kind.TEXT), hint, "type")
        elif self.is_own(found, shape.own):
            pass
        elif found in misplaced(shape):
            self.report((*path, tag), f"a part of type {quoted(found)} is not allowed here", hint, "choice")
        else:  # servers have types of their own, but no roles
            severity = Severity.ERROR if tag == "role" else Severity.WARNING
            hint = hint_for_misspelt(found, objects) or hint
            self.report((*path, tag), f"unknown {tag} {quoted(found)}", hint, "choice", severity)

    def wrong_kind(self, shape: Shape, value: Any, path: _Path, about: About) -> None:
        message = wrong_kind(name_of(path), value, kind_words(shape))
        self.report(path, message, about.hint or f"write {words(shape)}", "type")

    def length(self, shape: Shape, length: Length, count: int, path: _Path, about: About) -> None:
        if count < length.fewest:
            self.report(path, f"{name_of(path)} is empty", about.hint or f"write {words(shape)}", "length")
        elif length.most is not None and count > length.most:
            message = f"{name_of(path)} has {count} items, more than {length.most}"
            self.report(path, message, f"write {words(shape)}", "length")

    def text(self, shape: Text, value: str, path: _Path, about: About) -> None:
        if shape.form is not None:
            if not _compiled(shape.form.pattern).fullmatch(value):
                hint = f"write {shape.form.words}"
                self.report(path, f"{name_of(path)} is {quoted(value)}, which is not allowed", hint, "form")
        elif shape.length.fewest and not value.strip():
            self.report(path, f"{name_of(path)} is empty", about.hint or f"write {words(shape)}", "length")
        elif shape.length.most is not None and len(value) > shape.length.most:
            message = f"{name_of(path)} has {len(value)} characters, more than {shape.length.most}"
            self.report(path, message, f"write {words(shape)}", "length")

    def range(self, shape: Number, value: float, path: _Path) -> None:
        least, greatest = shape.range.least, shape.range.greatest
        too_low = least is not None and value < least
        if too_low or (greatest is not None and value > greatest):
            bound = f"below {least}" if too_low else f"above {greatest}"
            self.report(
                path, f"{name_of(path)} is {quoted(value)}, {bound}", f"write {words(shape)}", "range"
            )

    def choice(self, shape: Choice, value: str, path: _Path) -> None:
        if value in shape.values or self.is_own(value, shape.own):
            return
        hint = hint_for_misspelt(value, shape.values) or f"write {words(shape)}"
        if owners := [note.provider for note in shape.own if value in note.values]:
            hint += f'; a connection with `provider = "{owners[0]}"` takes it'
        severity = Severity.WARNING if shape.is_open else Severity.ERROR
        self.report(path, f"unknown value {quoted(value)} of {name_of(path)}", hint, "choice", severity)

    def is_own(self, value: str, own: Sequence[Own]) -> bool:
        """Whether a value is one that the server takes, though the API does not have it."""
        return any(value in note.values and self._server in (note.provider, "any") for note in own)

    def unknown_field(self, name: str, known: tuple[str, ...], path: _Path) -> None:
        hint = hint_for_misspelt(name, known) or "it is passed on as it is: not every server knows it"
        self.report(path, f"unknown field {name_of(path)}", hint, UNKNOWN_FIELD, Severity.WARNING)

    def report(
        self,
        path: _Path,
        message: str,
        hint: str,
        code: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.faults.append(Fault(json_pointer(path), code, message, hint, severity))


def _is_of_kind(shape: Shape, value: Any) -> bool:
    match shape:
        case Text() | Choice():
            return isinstance(value, str)
        case Flag():
            return isinstance(value, bool)
        case Number():
            return _is_number(value) and (not shape.whole or isinstance(value, int) or value.is_integer())
        case ListOf():
            return is_array(value)
        case _:
            return is_object(value)


def _is_number(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def _hint(field: Field) -> str:
    return field.about.hint or f"write {words(field.shape)}"


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
