"""Which values the models of OpenAI take of which fields: what the API refuses for one model and takes for another.

Each entry says by when it was so. They are warnings, for models change and a gateway may drop what its model does not
take; a connection's `model_rules` replace them for the models that they name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from httptask.chat.fields.request import ChatBody
from httptask.chat.fields.shapes import shape_of
from httptask.chat.fields.unknown import UNKNOWN
from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import closest
from httptask.diagnostics.words import quoted
from httptask.json.pointer import json_pointer

__all__ = ["MODEL_RULES", "ModelRules", "Takes", "misspelt_fields", "model_faults", "not_taken"]

Takes = Mapping[str, Sequence[Any]]
"""Fields, each with the only values that are taken; none for a field that is not taken at all."""

_MODEL_RULE: Final = "model"
"""Name of the rule that such a fault breaks."""


@dataclass(frozen=True, slots=True)
class ModelRules:
    """What some models take.

    Attributes:
        models: patterns of their names, `*` for any text; what a gateway puts before the last `/` counts for nothing.
        not_models: the same for exceptions.
        as_of: when it was so.
        but_without_reasoning: whether this does not hold where `reasoning_effort` is none, which is its default.
    """

    models: tuple[str, ...]
    takes: Takes
    as_of: str
    not_models: tuple[str, ...] = ()
    but_without_reasoning: bool = False


_NO_SAMPLING: Final[Takes] = {
    "temperature": (1,),
    "top_p": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logit_bias": (),
    "logprobs": (False,),
    "top_logprobs": (),
}

MODEL_RULES: Final = (
    ModelRules(
        ("o1*", "o3*", "o4-mini*"),
        {**_NO_SAMPLING, "max_tokens": (), "parallel_tool_calls": ()},
        "2025-04-29",
    ),
    ModelRules(("o1*", "o3*", "o4-mini*"), {"reasoning_effort": ("low", "medium", "high")}, "2025-04-29"),
    ModelRules(("o3*", "o4-mini*"), {"stop": ()}, "2025-04-29"),
    ModelRules(
        ("gpt-5", "gpt-5-*"),
        {**_NO_SAMPLING, "max_tokens": (), "stop": ()},
        "2025-11-13",
        not_models=("gpt-5-chat*", "gpt-5-search*"),
    ),
    ModelRules(
        ("gpt-5", "gpt-5-2*", "gpt-5-mini*", "gpt-5-nano*"),
        {"reasoning_effort": ("minimal", "low", "medium", "high")},
        "2025-11-13",
    ),
    ModelRules(("gpt-5-pro*",), {"reasoning_effort": ("high",)}, "2025-11-13"),
    ModelRules(("gpt-5.*",), {"max_tokens": ()}, "2025-12-11", not_models=("*-chat*",)),
    ModelRules(
        ("gpt-5.1*", "gpt-5.2*"),
        {"temperature": (1,), "top_p": (1,), "logprobs": (False,), "top_logprobs": ()},
        "2025-12-11",
        not_models=("*-chat*", "*-pro*", "*-codex*"),
        but_without_reasoning=True,
    ),
    ModelRules(
        ("gpt-3.5*", "gpt-4*", "chatgpt-4o*"),
        {"reasoning_effort": (), "verbosity": ("medium",)},
        "2025-11-13",
    ),
    ModelRules(
        ("gpt-4o-search*", "gpt-4o-mini-search*"),
        {"temperature": (), "top_p": (), "presence_penalty": (), "frequency_penalty": (), "n": (1,)},
        "2025-04-29",
    ),
)


def model_faults(body: Mapping[str, Any], own: Mapping[str, Takes]) -> Iterator[Fault]:
    """Fields that the request's model does not take.

    Args:
        body: the request.
        own: rules of the connection by patterns of models; where one matches, ours don't count.
    """
    model = body.get("model")
    if not isinstance(model, str):
        return
    for takes, as_of in _rules_for(model, body, own):
        for name, values in takes.items():
            value = body.get(name)
            if value is not None and value is not UNKNOWN and value not in values:
                yield not_taken(name, value, values, f"{model} takes", as_of, _MODEL_RULE)


def misspelt_fields(own: Mapping[str, Takes]) -> Iterator[tuple[str, str, str]]:
    """Each pattern and field of a connection's rules that is no field of the API, but near one: the third name."""
    known = shape_of(ChatBody).fields
    for pattern, takes in own.items():
        for name in takes:
            near = None if name in known else closest(name, known)
            if near is not None:
                yield pattern, name, near


def _rules_for(
    model: str, body: Mapping[str, Any], own: Mapping[str, Takes]
) -> list[tuple[Takes, str | None]]:
    full = model.lower()
    name = full.rpartition("/")[2].removeprefix("ft:")
    given = [takes for pattern, takes in own.items() if _matches((full, name), pattern.lower())]
    if given:
        return [(takes, None) for takes in given]
    reasons = body.get("reasoning_effort") not in (None, "none", UNKNOWN)
    return [
        (rules.takes, rules.as_of)
        for rules in MODEL_RULES
        if any(_matches((name,), pattern) for pattern in rules.models)
        and not any(_matches((name,), pattern) for pattern in rules.not_models)
        and (reasons or not rules.but_without_reasoning)
    ]


def _matches(names: tuple[str, ...], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def not_taken(
    name: str, value: Any, values: Sequence[Any], who_takes: str, as_of: str | None, code: str
) -> Fault:
    """The fault of a field with a value that is not among those that are taken."""
    field = shape_of(ChatBody).fields.get(name)
    instead = field.about.deprecated if field else None
    since = f" (as of {as_of})" if as_of else ""
    if values:
        message = f"`{name}` is {quoted(value)}: {who_takes} {_listed(values)} only{since}"
        hint = "leave it out, or write one of these"
    else:
        message = f"{who_takes} no `{name}`{since}"
        hint = f"write `{instead}`" if instead else "leave it out"
    return Fault(json_pointer((name,)), code, message, hint, Severity.WARNING)


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(f"`{str(value).lower() if isinstance(value, bool) else value}`" for value in values)
