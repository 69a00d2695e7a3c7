"""Branches that run at the same time, and that compete."""

from temporalio.testing import WorkflowEnvironment

from support.runs import running

SETS = """
do:
  - both: { fork: { branches: [{ a: { set: { n: "${ .n + 1 }" } } }, { b: { set: { n: "${ .n + 2 }" } } }] } }
"""


async def test_the_output_is_the_list_of_the_branches_outputs(temporal: WorkflowEnvironment) -> None:
    async with running(temporal) as runner:
        outcome = await runner.run(SETS, {"n": 1})
    assert outcome.output == [{"n": 2}, {"n": 3}]
