"""A workflow that is interrupted while it evaluates leaves the helpers to others as they were."""

import gc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from httptask.dsl.expressions import Expression, helper_process, pool
from httptask.dsl.expressions.evaluation import Scope, evaluate
from httptask.dsl.expressions.pool import shutdown
from support.interruption import was_interrupted

FILES = {pool.__file__, helper_process.__file__}


@pytest.fixture(autouse=True)
def one_helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pool, "_MOST_HELPERS", 1)
    shutdown()
    yield
    monkeypatch.undo()
    shutdown()


# A helper that was nobody's yet ends with the last reference to it, of which Python tells.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_others_go_on_wherever_one_is_interrupted(
    parse: Callable[[str], Expression], value_of: Callable[..., Any]
) -> None:
    work, number = partial(evaluate, parse(". + 1"), Scope(-1, {})), 1
    while was_interrupted(work, number, FILES):
        assert value_of(". + 1", number) == number + 1, number
        number += 1
    assert number > 20
    gc.collect()
