"""Which values may still be read when a task has ended: liveness analysis, as compilers do it, for what a run keeps.

It errs towards keeping: the task behind another may always follow it, and a loop may always begin its body once more.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from httptask.dsl.tasks.kind import TaskSequence

__all__ = ["CONTEXT", "RAW_TASK_DATA", "TASK_DATA", "WORKFLOW_DATA", "Liveness", "Value"]

Value = tuple[str, str]
"""An output: its scope, and the name of its task. Or one of those below."""
CONTEXT: Final[Value] = ("$", "context")
TASK_DATA: Final[Value] = ("$", "input")
"""The task's own input, which is `$input`, or `.` of what it is made of."""
RAW_TASK_DATA: Final[Value] = ("$", "task.input")
WORKFLOW_DATA: Final[Value] = ("$", "workflow.input")


class Liveness:
    """What the tasks of a definition read of the values that a run keeps, and until when.

    Args:
        root: the definition's own task list.
        reads: what the expressions of each task read, by its pointer; None stands for the workflow's output.
    """

    def __init__(self, root: TaskSequence, reads: Mapping[str | None, Collection[Value]]) -> None:
        values = sorted({value for found in reads.values() for value in found})
        self._bits: Mapping[Value, int] = {value: 1 << number for number, value in enumerate(values)}
        self._reads = {task: self._mask(found) for task, found in reads.items()}
        self._after: dict[str, int] = {}
        self._bodies: dict[str, int] = {}
        at_end = self._reads.get(None, 0)
        self._follow(root, at_end)
        self._at_start = self._inside(root) | at_end

    def is_read(self, value: Value) -> bool:
        """Whether anything in the whole definition reads it."""
        return bool(self._bits.get(value, 0) & self._at_start)

    def is_read_by(self, task: str, value: Value) -> bool:
        """Whether a task, by its pointer, reads it itself."""
        return bool(self._bits.get(value, 0) & self._reads.get(task, 0))

    def is_read_inside(self, task: str, value: Value) -> bool:
        """Whether the tasks inside of a task, by its pointer, read it."""
        return bool(self._bits.get(value, 0) & self._bodies[task])

    def is_taken(self, sequence: TaskSequence) -> bool:
        """Whether a task list reads what it is given, or passes it on."""
        if not sequence.tasks:
            return True
        first = sequence.tasks[0]
        if first.kind.passes_on or first.task.if_ is not None or first.task.input is not None:
            return True
        return self.is_read_by(first.pointer, TASK_DATA) or self.is_read_by(first.pointer, RAW_TASK_DATA)

    def is_read_after(self, task: str, value: Value) -> bool:
        """Whether anything may read it when a task, by its pointer, has ended."""
        return bool(self._bits.get(value, 0) & self._after[task])

    def _mask(self, values: Collection[Value]) -> int:
        mask = 0
        for value in values:
            mask |= self._bits[value]
        return mask

    def _inside(self, sequence: TaskSequence) -> int:
        """What the tasks of a list read, nested ones included."""
        read = 0
        for node in sequence.tasks:
            read |= self._reads.get(node.pointer, 0) | _union(map(self._inside, node.sequences.values()))
        return read

    def _follow(self, sequence: TaskSequence, behind: int) -> None:
        """Note what is read after each task of a list; `behind` is what is read when the list has ended."""
        count = len(sequence.tasks)
        positions = {node.name: index for index, node in reversed(list(enumerate(sequence.tasks)))}
        read_from, back_to = [behind] * (count + 1), [count] * (count + 1)
        of_bodies: dict[str, dict[str, int]] = {}
        for index, node in reversed(list(enumerate(sequence.tasks))):
            of_bodies[node.name] = {key: self._inside(nested) for key, nested in node.sequences.items()}
            inside = self._bodies[node.pointer] = _union(of_bodies[node.name].values())
            read_from[index] = read_from[index + 1] | inside | self._reads.get(node.pointer, 0)
            targets = [positions.get(jump.target, count) for jump in node.jumps]
            back_to[index] = min([back_to[index + 1], *targets])
        for index, node in enumerate(sequence.tasks):
            first = min(index + 1, back_to[index])
            while back_to[first] < first:  # a task that is gone back to may lead further back
                first = back_to[first]
            self._after[node.pointer] = read_from[first]
            for body in node.bodies:  # where one may run again, so may those beside it
                again = self._bodies[node.pointer] if body.runs else 0
                if body.is_branch:
                    again = _union(read for key, read in of_bodies[node.name].items() if key != body.key)
                beside = self._reads.get(node.pointer, 0) | again
                self._follow(node.sequences[body.key], read_from[first] | beside)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
