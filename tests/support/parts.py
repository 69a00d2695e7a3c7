"""Maps that run in parts although they are small."""

import asyncio
from collections.abc import Callable

import pytest

from httptask.activities import storage
from httptask.interpreter import parts
from httptask.scheduling import payloads
from httptask.testing import Reply, ServedRequest

__all__ = ["ENDS", "NO_BUDGET", "UNDISTURBED", "holding_one", "let_parts_be_small", "same_number"]

ENDS = """
document: { dsl: 1.0.3, namespace: test, name: test, version: 1.0.0, metadata: { httptask: { budget: %(budget)s } } }
do:
  - each:
      call: map
      with:
        in: '${ [range(36) | { n: ., text: ("x" * 900) }] }'
        concurrency: 2
        onError: %(on_error)s
        do:
          - first:
              call: httpRequest
              with: { method: post, connection: shop, path: /, body: { n: "${ $item.n }" } }
          - stop: { if: "${ $index == %(at)d }", %(stop)s }
          - second: { set: { n: "${ .n }", text: '${ "y" * 300 }' } }
      timeout: { after: { seconds: 200 } }
"""
"""Something happens at one item."""
NO_BUDGET = "{ calls: 1000 }"
UNDISTURBED = ENDS % {"budget": NO_BUDGET, "on_error": "stop", "stop": "wait: PT0S", "at": 0}


def let_parts_be_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Temporal carries is little: large values would only take time."""
    for module in (payloads, storage):
        monkeypatch.setattr(module, "MAX_INLINE_BYTES", 20_000)
    monkeypatch.setattr(parts, "USED_LENGTH", 0)
    monkeypatch.setattr(parts, "PIECE_BYTES", 12_000)
    monkeypatch.setattr(parts, "PART_BYTES", 15_000)


def same_number(request: ServedRequest) -> Reply:
    return Reply.json({"n": request.json()["n"]})


def holding_one(held: asyncio.Event) -> Callable[[ServedRequest], Reply]:
    """Answers all but one, and tells when that is asked for."""

    def answer(request: ServedRequest) -> Reply:
        if request.json()["n"] == 20:
            held.set()
            return Reply.silence()
        return same_number(request)

    return answer
