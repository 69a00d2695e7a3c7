"""Nothing of an answer is lost: what has no field of its own survives beside those that have."""

from typing import Any

import pytest

from httptask.chat.models import Completion, Usage
from httptask.chat.response.reader import read_completion
from httptask.http.errors import HttpStatusError, HttpTaskError, ResponseInvalid
from support.chat import QUESTION


def read(message: dict[str, Any], choice: Any = None, **fields: Any) -> Completion:
    answer = {
        "choices": [{"index": 0, "finish_reason": "stop", "message": message, **(choice or {})}],
        **fields,
    }
    completion = read_completion(answer, QUESTION, include_response=True)
    assert completion.response == answer
    assert Completion.model_validate_json(completion.model_dump_json()) == completion
    return completion


def test_fields_without_a_place_of_their_own() -> None:
    completion = read(
        {"role": "assistant", "content": "Hi", "reasoning_details": [{"signature": "s"}], "refusal": None},
        {"stop_reason": 7, "content_filter_results": {"hate": {"filtered": False}}},
        object="chat.completion",
        service_tier="flex",
        citations=["https://a.example"],
        system_fingerprint=None,
    )
    assert completion.extra is not None
    assert completion.extra.model_dump() == {
        "answer": {"service_tier": "flex", "citations": ["https://a.example"]},
        "choice": {"stop_reason": 7, "content_filter_results": {"hate": {"filtered": False}}},
        "message": {"reasoning_details": [{"signature": "s"}]},
    }


def test_nothing_extra() -> None:
    assert read({"role": "assistant", "content": "Hi"}, object="chat.completion").extra is None


THOUGHT = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Hi"}]


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        ({"content": "Hi", "reasoning_content": "hm"}, "reasoning", "hm"),
        ({"content": "Hi", "reasoning": "hm"}, "reasoning", "hm"),
        ({"content": "Hi", "reasoning": "hm", "reasoning_content": None}, "reasoning", "hm"),
        ({"content": "Hi", "reasoning": {"effort": "low"}}, "reasoning", None),
        ({"content": THOUGHT}, "reasoning", "hm"),
        ({"content": [{"type": "thinking", "thinking": "hm"}]}, "reasoning", "hm"),
        ({"content": THOUGHT}, "parts", THOUGHT),
        ({"content": THOUGHT}, "text", "Hi"),
        ({"content": [{"type": "text", "text": "Hi"}]}, "parts", None),
        (
            {"content": "Hi", "annotations": [{"type": "url_citation"}]},
            "annotations",
            [{"type": "url_citation"}],
        ),
        ({"content": "Hi", "annotations": None}, "annotations", []),
        ({"content": "Hi", "audio": "loud"}, "audio", None),
        ({"content": "Hi", "audio": {"id": 7}}, "audio", None),
    ],
)
def test_fields_of_a_message(message: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(read(message), field) == value


def test_audio() -> None:
    audio = {"id": "a", "data": "AAAA", "transcript": "Hi", "expires_at": 1.0, "voice": "x"}
    completion = read({"content": None, "audio": audio})
    assert completion.audio is not None
    assert completion.audio.model_dump() == audio


def test_log_probabilities() -> None:
    logprobs = {"content": [{"token": "Hi", "logprob": -9999.0, "bytes": None, "top_logprobs": []}]}
    assert read({"content": "Hi"}, {"logprobs": logprobs}).logprobs == logprobs


@pytest.mark.parametrize(
    ("reported", "counts"),
    [
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 13,
                "prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 2, "cache_write_tokens": 1},
                "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
            },
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 13,
                "cached_tokens": 5,
                "cache_write_tokens": 1,
                "reasoning_tokens": 3,
                "prompt_audio_tokens": 2,
                "completion_audio_tokens": 0,
            },
        ),
        ({"prompt_cache_hit_tokens": 5, "prompt_cache_miss_tokens": 4}, {"cached_tokens": 5}),
        ({"cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}, {"cached_tokens": 5, "cache_write_tokens": 2}),
        ({"cached_tokens": 5}, {"cached_tokens": 5}),
        ({"reasoning_tokens": 5}, {"reasoning_tokens": 5}),
        (
            {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 1}},
            {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cached_tokens": 1},
        ),
        ({"prompt_tokens": 9, "prompt_tokens_details": None}, {"prompt_tokens": 9}),
        ({"prompt_tokens": 9, "prompt_tokens_details": "none"}, {"prompt_tokens": 9}),
        ({"prompt_tokens_details": {"cached_tokens": "5"}}, {"cached_tokens": 5}),
        (
            {"prompt_tokens": "9", "completion_tokens": "4"},
            {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
        ),
        ({"prompt_tokens": "many", "completion_tokens": "-4", "total_tokens": "1" * 5000}, {}),
        ({"prompt_tokens": 5, "completion_tokens": -4, "total_tokens": 5}, {"prompt_tokens": 5}),
        (  # Anthropic: 7 beside the 9
            {"input_tokens": 9, "output_tokens": 4, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2},
            {"prompt_tokens": 16, "completion_tokens": 4, "total_tokens": 20, "cached_tokens": 5, "cache_write_tokens": 2},
        ),
        (  # the same through a gateway
            {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cache_read_input_tokens": 5},
            {"prompt_tokens": 8, "completion_tokens": 4, "total_tokens": 12, "cached_tokens": 5},
        ),
        (  # and through LiteLLM, which counts them in
            {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cache_read_input_tokens": 5},
            {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cached_tokens": 5},
        ),
    ],
)  # fmt: skip
def test_counts_in_the_forms_of_servers(reported: dict[str, Any], counts: dict[str, int]) -> None:
    usage = Usage.model_validate(reported)
    found = {name: getattr(usage, name) for name in Usage.model_fields if not name.endswith("details")}
    assert {name: count for name, count in found.items() if count is not None} == counts
    assert Usage.model_validate(usage.model_dump()) == usage


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ({"detail": "Not Found"}, ResponseInvalid, "Not Found"),
        ({"detail": [{"loc": ["body"], "msg": "field required", "type": "missing"}]}, ResponseInvalid, "field required"),
        ({"object": "error", "message": {"detail": [{"msg": "extra fields"}]}}, ResponseInvalid, "extra fields"),
        ({"object": "error", "message": "no such model", "type": "NotFoundError", "code": 404}, HttpStatusError, "no such model"),
        ({"message": "An error", "type": "InternalServerError"}, HttpStatusError, "An error"),
        ([{"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}], HttpStatusError, "overloaded"),
        ({"error": {"message": "", "type": "internal_server_error", "code": None}}, HttpStatusError, "no message"),
        ({"error": {}, "choices": []}, ResponseInvalid, "no message"),
        ({"choices": [{"finish_reason": "error", "error": {"code": 502, "message": "gone"}}]}, HttpStatusError, "gone"),
        ("Internal Server Error", ResponseInvalid, "it is not JSON from line 1, column 1 on"),
        ("<!doctype html><title>502</title>", ResponseInvalid, "it is not JSON from line 1, column 1 on"),
    ], ids=["FastAPI", "FastAPI, invalid", "Mistral, invalid", "vLLM", "bare error", "Google, in a list", "no message", "no error", "in a choice", "text", "web page"],
)  # fmt: skip
def test_an_error_in_place_of_an_answer(body: Any, kind: type[HttpTaskError], message: str) -> None:
    with pytest.raises(kind, match=message):
        read_completion(body, QUESTION)
