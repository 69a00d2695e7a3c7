"""The usage of several questions is one."""

from typing import Any

import pytest

from httptask.calls.chat import sum_usage
from httptask.chat.usage import Usage


def answered(prompt: int, cached: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0, "kind": "text"},
    }


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {"total_tokens": 3}, {"total_tokens": 3}),
        ({"total_tokens": 3}, {}, {"total_tokens": 3}),
        ({"total_tokens": 3}, {"total_tokens": None}, {"total_tokens": 3}),
        (
            answered(10, 6),
            answered(20, 3),
            {
                "prompt_tokens": 30,
                "completion_tokens": 4,
                "total_tokens": 34,
                "cached_tokens": 9,
                "prompt_audio_tokens": 0,
                "prompt_tokens_details": {"cached_tokens": 9, "audio_tokens": 0, "kind": "text"},
            },
        ),
        (
            {"completion_tokens_details": {"reasoning_tokens": 5}},
            {"completion_tokens": 1},
            {
                "completion_tokens": 1,
                "completion_tokens_details": {"reasoning_tokens": 5},
                "reasoning_tokens": 5,
            },
        ),
        (
            {"prompt_cache_hit_tokens": 1, "cost": 0.5, "cost_details": {"upstream_cost": 0.25}},
            {"prompt_cache_hit_tokens": 2, "cost": 1, "cost_details": {"upstream_cost": 0.5}},
            {
                "cached_tokens": 3,
                "prompt_cache_hit_tokens": 3,
                "cost": 1.5,
                "cost_details": {"upstream_cost": 0.75},
            },
        ),
        (
            {"queue_time": 0.5, "tokens_per_second": 80.0, "is_last": False, "tier": "a"},
            {"queue_time": 0.1, "tokens_per_second": 90.0, "is_last": True, "tier": "b"},
            {"queue_time": 0.1, "tokens_per_second": 90.0, "is_last": True, "tier": "b"},
        ),
        ({"list": [1], "odd": 1}, {"list": [2], "odd": "x"}, {"list": [2], "odd": "x"}),
    ],
)
def test_sum(first: dict[str, Any], second: dict[str, Any], expected: dict[str, Any]) -> None:
    found = sum_usage(Usage.model_validate(first), Usage.model_validate(second))
    assert found.model_dump(exclude_none=True) == expected
