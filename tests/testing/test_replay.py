"""`replay`: what a busy machine takes from an expression says nothing about the history."""

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.dsl.expressions import ExpressionsBusy, evaluation
from httptask.dsl.expressions.pool import run_program
from httptask.testing.replay import replay
from support.definitions import parse
from support.runs import running

ADDS = parse("do: [{ add: { set: { sum: '${ 1 + 1 }' } } }]")


@pytest.mark.parametrize(("busy", "is_replayed"), [(2, True), (100, False)])
async def test_an_expression_without_a_processor_is_replayed_again(
    temporal: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, busy: int, is_replayed: bool
) -> None:
    async with running(temporal) as runner:
        handle = (await runner.run(ADDS)).handle
        left = iter(range(busy))

        def without_a_processor(*arguments: Any) -> Any:
            if next(left, None) is not None:
                raise ExpressionsBusy("the machine has too much to do")
            return run_program(*arguments)

        monkeypatch.setattr(evaluation, "run_program", without_a_processor)
        if is_replayed:
            await replay(runner.client, handle, runner.plugin)
        else:
            with pytest.raises(RuntimeError, match="too much to do"):
                await replay(runner.client, handle, runner.plugin)
