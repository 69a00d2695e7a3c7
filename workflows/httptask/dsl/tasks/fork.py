"""`fork`: branches that run at the same time."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from httptask.diagnostics.fault import Fault, TextFault
from httptask.dsl.model import DefinitionModel, TaskBase, Use
from httptask.dsl.tasks.kind import Body, TaskKind, TaskNode
from httptask.dsl.value_shape import ValueShape

if TYPE_CHECKING:
    from httptask.dsl.tasks import TaskList

__all__ = ["FORK"]


class Branches(DefinitionModel):
    """What a `fork` runs."""

    branches: "TaskList"
    """Tasks to run at the same time, each a branch of its own."""
    compete: bool = False
    """Whether the first branch that completes wins: the others are cancelled, and its output is the task's."""


class ForkTask(TaskBase):
    """Runs branches at the same time."""

    fork: Branches
    """The branches."""


class _Fork(TaskKind[ForkTask]):
    keyword = "fork"
    spec_model = ForkTask
    does = "runs branches at the same time, or has them compete"
    yields = "the list of their outputs, in the order in which they stand; the winner's with `compete: true`"
    passes_on = True

    def bodies(self, pointer: str, spec: ForkTask) -> Iterator[Body]:
        for index, entry in enumerate(spec.fork.branches):
            at = f"{pointer}/fork/branches/{index}"
            yield Body(
                f"branches/{index}",
                at,
                [entry],
                at,
                runs="beside its other branches",
                is_branch=True,
                output="" if spec.fork.compete else f"[{index}]",
            )

    def output(self, node: TaskNode) -> ValueShape:
        branches = (branch for sequence in node.sequences.values() for branch in sequence.tasks)
        shape = ValueShape.any_of(branch.output_shape for branch in branches)
        return shape if self.is_race(node) else shape.listed()

    def is_race(self, node: TaskNode) -> bool:
        return self.spec(node).fork.compete

    def takes(self, node: TaskNode, error: Mapping[str, Any]) -> str | None:
        if not self.is_race(node):
            return None
        return "goes on with its other branches, and ends in an error when none of them completes (`compete: true`)"

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        seen: set[str] = set()
        for sequence in node.sequences.values():
            for branch in sequence.tasks:
                if branch.name in seen:
                    message = f"two branches of `{node.name}` have the name `{branch.name}`"
                    hint = "give one of them another name"
                    yield TextFault(branch.pointer, "duplicate-task", message, hint, at_key=True)
                seen.add(branch.name)


FORK: Final = _Fork()
