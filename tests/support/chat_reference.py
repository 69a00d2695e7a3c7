"""The tables of docs/chat-completions.md, made from the fields and rules that requests are checked by."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from httptask.chat.fields.annotations import ABSENT, FIRST_REVISION, About, Own
from httptask.chat.fields.request import ChatBody
from httptask.chat.fields.shapes import Choice, Either, Field, ListOf, ObjectOf, Shape, shape_of
from httptask.chat.fields.words import listed, words
from httptask.chat.response.wire import BROKEN, FILTERED, OTHER_NAMES, TRUNCATED
from httptask.chat.rules import RULES
from httptask.chat.rules.models import MODEL_RULES, ModelRules
from httptask.connections.providers import PROVIDERS, Provider

__all__ = ["CHAT_PAGE", "CHAT_TABLES"]

CHAT_PAGE = Path(__file__).parents[2] / "docs/chat-completions.md"

Line = tuple[str, ...]
_BODY = shape_of(ChatBody)


def _table(head: Line, rows: Iterator[Line]) -> str:
    lines = [head, ("---",) * len(head), *dict.fromkeys(rows)]
    return "".join(
        f"| {' | '.join(line)} |\n".replace("|  |", "| |").replace("|  |", "| |") for line in lines
    )


def _finish_reasons() -> str:
    outcomes = {
        TRUNCATED: "cut at its token limit, or at the model's own",
        FILTERED: "held back by a filter",
        BROKEN: "not generated to its end: `ResponseInterrupted`, retried",
    }
    rows = ((f"`{name}`", listed(OTHER_NAMES[name]), text) for name, text in outcomes.items())
    return _table(("`finish_reason`", "Other names", "The answer is"), rows)


def _request() -> str:
    return _table(
        ("Field", "Type", "Default", ""), (_row(field.name, field) for field in _BODY.fields.values())
    )


def _objects() -> str:
    fields = (field for field in _BODY.fields.values() if field.name != "messages")
    rows = (row for field in fields for row in _nested(field.shape, field.name))
    return _table(("Field", "Type", "Default", ""), rows)


def _messages() -> str:
    return _table(("Role", "Field", "Type", ""), _of_roles())


def _of_roles() -> Iterator[Line]:
    for role, shape in _roles().items():
        for field in shape.fields.values():
            if field.name != "role":
                name, type_, _, text = _row(field.name, field)
                yield f"`{role}`", name, type_, text


def _parts() -> str:
    fields = {field.name: field.shape for role in _roles().values() for field in role.fields.values()}
    parts = ListOf(Either(None, None, "type", _kinds_of_parts()))
    rows = (row for name, shape in {**fields, "content": parts}.items() for row in _nested(shape, name))
    return _table(("Field", "Type", "Default", ""), rows)


def _kinds_of_parts() -> dict[str, ObjectOf]:
    """Every kind of content part that some role may have."""
    found: dict[str, ObjectOf] = {}
    for role in _roles().values():
        content = role.fields["content"].shape
        parts = content.list if isinstance(content, Either) else None
        if parts is not None and isinstance(parts.item, Either):
            found |= parts.item.objects
    return found


def _roles() -> Mapping[str, ObjectOf]:
    messages = _BODY.fields["messages"].shape
    assert isinstance(messages, ListOf)
    assert isinstance(messages.item, Either)
    return messages.item.objects


def _nested(shape: Shape, at: str) -> Iterator[Line]:
    """Fields inside objects and lists, each by its path."""
    match shape:
        case ListOf():
            yield from _nested(shape.item, f"{at}[]")
        case ObjectOf():
            for field in shape.fields.values():
                yield _row(f"{at}.{field.name}", field)
                yield from _nested(field.shape, f"{at}.{field.name}")
        case Either():
            if shape.list is not None:
                yield from _nested(shape.list, at)
            if shape.tag is not None:
                kinds = Field(
                    shape.tag,
                    Choice(tuple(shape.objects), is_open=True),
                    About("Which of these it is."),
                    required=True,
                    nullable=False,
                )
                yield _row(f"{at}.{shape.tag}", kinds)
            for part in shape.objects.values():
                inner = {name: field for name, field in part.fields.items() if name != shape.tag}
                yield from _nested(ObjectOf(part.name, part.doc, inner), at)
        case _:
            pass


def _row(path: str, field: Field) -> Line:
    about = field.about
    type_ = words(field.shape)
    if field.nullable:
        type_ += ", or null" if "," in type_ or " or " in type_ else " or null"
    type_ += "; others pass" if isinstance(field.shape, Choice) and field.shape.is_open else ""
    default = (
        "required" if field.required else "" if about.default is ABSENT else f"`{json.dumps(about.default)}`"
    )
    notes = [] if about.since == FIRST_REVISION else [f"since {about.since}"]
    if about.deprecated is not None:
        notes.append(f"deprecated: use {about.deprecated}" if about.deprecated else "deprecated")
    text = about.text.removesuffix(".")
    return f"`{path}`", type_, default, f"{text} ({', '.join(notes)})" if notes else text


def _rules() -> str:
    levels = {"error": "refused", "warning": "warned of"}
    return _table(
        ("Rule", "", ""),
        ((f"`{rule.name}`", levels[rule.severity], rule.text.removesuffix(".")) for rule in RULES),
    )


def _models() -> str:
    return _table(("Models", "Take", "As of"), (_of_model(rules) for rules in MODEL_RULES))


def _of_model(rules: ModelRules) -> Line:
    names = listed(rules.models) + (f" but not {listed(rules.not_models)}" if rules.not_models else "")
    names += ", where `reasoning_effort` is not none" if rules.but_without_reasoning else ""
    none = [name for name, values in rules.takes.items() if not values]
    only = [
        f"`{name}` {' or '.join(json.dumps(value).strip(chr(34)) for value in values)}"
        for name, values in rules.takes.items()
        if values
    ]
    takes = [*([f"no {listed(none)}"] if none else []), *([f"only {', '.join(only)}"] if only else [])]
    return names, "; ".join(takes), rules.as_of


def _providers() -> str:
    head = ("`provider`", "Server", "Credential", "Takes too", "Refuses", "Ignores", "As of")
    return _table(head, (_provider(name, found) for name, found in sorted(PROVIDERS.items())))


def _provider(name: str, provider: Provider) -> Line:
    address = f"`{provider.base_url}`" if provider.base_url else f"your own, as `{provider.example}`"
    secret = "" if provider.secret is None else f"`{provider.secret}`"
    return (
        f"`{name}`",
        f"{provider.title}: {address}",
        secret,
        "; ".join(
            dict.fromkeys(
                f"`{place}` {listed(note.values)}" for place, note in _own(_BODY, "") if note.provider == name
            )
        ),
        _taken(provider.refuses),
        ", ".join(
            part
            for part in (
                _taken(provider.ignores),
                *(f"`{name}` above `{most:g}`" for name, most in provider.caps.items()),
            )
            if part
        ),
        provider.as_of,
    )


def _own(shape: Shape, at: str) -> Iterator[tuple[str, Own]]:
    """Values that some servers take beside those of the API, by their place."""
    match shape:
        case Choice():
            yield from ((at, note) for note in shape.own)
        case ListOf():
            yield from _own(shape.item, f"{at}[]")
        case ObjectOf():
            for field in shape.fields.values():
                yield from _own(field.shape, f"{at}.{field.name}".removeprefix("."))
        case Either():
            yield from ((f"{at}.{shape.tag}", note) for note in shape.own)
            for part in (shape.plain, shape.list, *shape.objects.values()):
                yield from () if part is None else _own(part, at)
        case _:
            pass


def _taken(fields: Mapping[str, Sequence[object]]) -> str:
    others = (
        f"`{name}`" + (f" but {listed(map(str, values))}" if values else "")
        for name, values in fields.items()
    )
    return ", ".join(others)


CHAT_TABLES: Mapping[str, Callable[[], str]] = {
    "request": _request,
    "objects": _objects,
    "messages": _messages,
    "parts": _parts,
    "rules": _rules,
    "models": _models,
    "providers": _providers,
    "reasons": _finish_reasons,
}
