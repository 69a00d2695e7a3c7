"""`switch`: the first case that holds decides where to go."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import DefinitionModel, TaskBase
from httptask.dsl.tasks.kind import Jump, TaskKind, TaskNode
from httptask.json.pointer import child_pointer

__all__ = ["SWITCH", "condition_of"]


def condition_of(case: int) -> Part:
    """The condition of a case, by its index."""
    return Part(f"when/{case}", is_condition=True)


class SwitchCase(DefinitionModel):
    when: str | None = None
    """Condition of the case; a case without one is the default."""
    then: str
    """What comes next when the case matches: `continue`, `exit`, `end` or a task of the same list."""


class SwitchTask(TaskBase):
    """Goes on where the first matching case says."""

    switch: tuple[dict[str, SwitchCase], ...] = Field(min_length=1)
    """Cases by name; the first that matches counts."""


class _Switch(TaskKind[SwitchTask]):
    keyword = "switch"
    spec_model = SwitchTask
    does = "goes on where the first case that holds says"
    yields = "its input"
    leads_on = False
    passes_on = True

    def compile(self, parts: PartsBuilder, pointer: str, spec: SwitchTask) -> None:
        for index, entry in enumerate(spec.switch):
            for name, case in entry.items():
                at = f"{child_pointer(f'{pointer}/switch/{index}', name)}/when"
                parts.expression(condition_of(index), at, case.when)

    def jumps(self, node: TaskNode) -> Iterator[Jump]:
        for index, entry in enumerate(self.spec(node).switch):
            for name, case in entry.items():
                pointer = f"{child_pointer(f'{node.pointer}/switch/{index}', name)}/then"
                yield Jump(pointer, case.then, name, is_default=case.when is None)


SWITCH: Final = _Switch()
