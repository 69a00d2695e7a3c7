"""Token counts of a completion, in the forms in which servers report them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from httptask.http.json_tree import is_object

__all__ = ["Usage"]


def _count(value: object) -> int | None:
    """A count that is not a whole number is no reason to lose an answer that is paid for."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _details(value: object) -> object:
    return value if is_object(value) else None


TokenCount = Annotated[int | None, BeforeValidator(_count)]
Details = Annotated[dict[str, Any] | None, BeforeValidator(_details)]

_FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "prompt_tokens": (("input_tokens",),),
    "completion_tokens": (("output_tokens",),),
    "cached_tokens": (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("prompt_cache_hit_tokens",),
        ("cache_read_input_tokens",),
        ("num_cached_tokens",),
    ),
    "cache_write_tokens": (
        ("prompt_tokens_details", "cache_write_tokens"),
        ("prompt_tokens_details", "cache_creation_tokens"),
        ("cache_creation_input_tokens",),
    ),
    "reasoning_tokens": (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
    ),
    "prompt_audio_tokens": (("prompt_tokens_details", "audio_tokens"),),
    "completion_audio_tokens": (("completion_tokens_details", "audio_tokens"),),
}
"""Where a count stands that is not reported under its own name: the API's form first, then those of others."""


class Usage(BaseModel):
    """Token counts. Whatever else a server reports is kept as it comes."""

    model_config = ConfigDict(extra="allow")

    prompt_tokens: TokenCount = None
    completion_tokens: TokenCount = None
    total_tokens: TokenCount = None
    cached_tokens: TokenCount = None
    """Of the prompt, those that the server had in its cache."""
    cache_write_tokens: TokenCount = None
    """Of the prompt, those that were written to the cache."""
    reasoning_tokens: TokenCount = None
    """Of the completion, those that are not part of its text."""
    prompt_audio_tokens: TokenCount = None
    completion_audio_tokens: TokenCount = None
    prompt_tokens_details: Details = None
    completion_tokens_details: Details = None

    @model_validator(mode="before")
    @classmethod
    def _from_other_forms(cls, reported: Any) -> Any:
        if not is_object(reported):
            return reported
        usage = dict(reported)
        for name, forms in _FORMS.items():
            if usage.get(name) is None:
                usage[name] = next(
                    (count for form in forms if (count := _at(reported, form)) is not None), None
                )
        counts = (_count(usage["prompt_tokens"]), _count(usage["completion_tokens"]))
        if usage.get("total_tokens") is None and None not in counts:
            usage["total_tokens"] = sum(count or 0 for count in counts)
        return usage


def _at(reported: Mapping[str, Any], path: tuple[str, ...]) -> int | None:
    value: Any = reported
    for key in path:
        value = value.get(key) if is_object(value) else None
    return _count(value)
