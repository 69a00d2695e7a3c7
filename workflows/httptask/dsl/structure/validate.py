"""Validate data against a model: every error once, at the alternative of a union that its author chose."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from httptask.diagnostics.suggest import closest
from httptask.diagnostics.words import accepts
from httptask.dsl.key_synonyms import meant_key
from httptask.dsl.locate import Location, Token, locate, value_at
from httptask.dsl.structure.found import Found
from httptask.dsl.structure.unsupported import unsupported_key

__all__ = ["errors_of"]


def errors_of(model: type[BaseModel], data: Any, prefix: tuple[Token, ...] = ()) -> list[Found]:
    """Every way in which data is not what a model describes; `prefix` is where the data stands."""
    try:
        # As JSON, for pydantic then takes lists for tuples though nothing else is converted.
        model.model_validate_json(json.dumps(data), strict=True, by_alias=True, by_name=False)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
    else:
        return []
    found: dict[tuple[tuple[Token, ...], str], Found] = {}
    for error in errors:
        location = _meant(locate(model, error["loc"]), data)
        if location is None or _is_consequence(error):
            continue
        tokens = location.tokens[:-1] if error["type"] == "missing" else location.tokens
        entry = Found(error, location, model, prefix, value_at(data, tokens))
        found.setdefault((location.tokens, entry.kind), entry)
    return list(_without_echoes(found)) or [
        Found(errors[0], locate(model, errors[0]["loc"]), model, prefix, data)
    ]


def _meant(location: Location, data: Any) -> Location | None:
    """The location, cut at a union none of whose alternatives fits; None if another alternative was meant."""
    for branch in location.branches:
        value = value_at(data, branch.tokens)
        if branch.type is not None and accepts(branch.type, value):
            continue
        if any(accepts(alternative, value) for alternative in branch.alternatives):
            return None
        return Location(branch.tokens, location.owner, (replace(branch, fits=False),))
    return location


def _is_consequence(error: ErrorDetails) -> bool:
    """Pydantic counts the valid items of a list: one whose items are all wrong isn't too short as well."""
    return error["type"] == "too_short" and bool(error["input"])


def _without_echoes(found: dict[tuple[tuple[Token, ...], str], Found]) -> Iterator[Found]:
    """A key that is misspelt, or given in an unsupported form, is missing as well: the first says enough."""
    unknown: dict[tuple[Token, ...], list[str]] = {}
    for tokens, kind in found:
        if kind == "extra_forbidden":
            unknown.setdefault(tokens[:-1], []).append(str(tokens[-1]))
    for (tokens, kind), entry in found.items():
        siblings = unknown.get(tokens[:-1], []) if kind == "missing" else []
        refused = any(unsupported_key("", entry.location.owner, sibling) for sibling in siblings)
        meant = closest(str(tokens[-1]), siblings) or any(
            meant_key(key, (str(tokens[-1]),)) for key in siblings
        )
        if kind != "missing" or not (refused or meant):
            yield entry
