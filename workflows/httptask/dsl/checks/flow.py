"""Which task comes after which: `then`, switch cases, duplicate names, tasks that nothing leads to.

dsl-reference.md, Flow Directive: a directive names a task of the same list, or `continue`, `exit` or `end`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.faults import Fault, Severity, child_pointer
from httptask.dsl.model import FLOW_DIRECTIVES, RaiseTask, SwitchTask
from httptask.dsl.program import Program, TaskNode, TaskSequence

__all__ = ["Jump", "check_flow", "jumps_of"]


@dataclass(frozen=True, slots=True)
class Jump:
    """A flow directive: where it stands, and the directive or task that it names."""

    pointer: str
    target: str
    case: str | None = None
    is_default: bool = False


def jumps_of(node: TaskNode) -> Iterator[Jump]:
    """The flow directives of a task: those of a switch's cases, then its own."""
    if isinstance(node.task, SwitchTask):
        for index, entry in enumerate(node.task.switch):
            for name, case in entry.items():
                pointer = f"{child_pointer(f'{node.pointer}/switch/{index}', name)}/then"
                yield Jump(pointer, case.then, name, is_default=case.when is None)
    if node.task.then is not None:
        yield Jump(f"{node.pointer}/then", node.task.then)


def check_flow(program: Program) -> Iterator[Fault]:
    """Find targets that don't exist, names that stand twice, cases that run on into another, dead tasks."""
    everywhere = {node.name for node in program.nodes.values()}
    for sequence in program.sequences.values():
        positions: dict[str, int] = {}
        for index, node in enumerate(sequence.tasks):
            if positions.setdefault(node.name, index) != index:
                message = f"two tasks of this list have the name `{node.name}`"
                yield Fault(
                    node.pointer, "duplicate-task", message, "give one of them another name", at_key=True
                )
        unknown = list(_unknown_targets(sequence, positions, everywhere))
        yield from unknown
        yield from _fall_through(sequence)
        yield from () if unknown else _unreachable(sequence, positions)


def _unknown_targets(
    sequence: TaskSequence, positions: Mapping[str, int], everywhere: set[str]
) -> Iterator[Fault]:
    for node in sequence.tasks:
        for jump in jumps_of(node):
            if jump.target in FLOW_DIRECTIVES or jump.target in positions:
                continue
            message = f"`then` names `{jump.target}`, which is no task of this list"
            hint = hint_for_unknown(jump.target, [*positions, *FLOW_DIRECTIVES], "possible targets")
            if jump.target in everywhere:
                hint = f"`{jump.target}` is in another list; `then` reaches tasks of its own list only"
            yield Fault(jump.pointer, "unknown-target", message, hint)


def _fall_through(sequence: TaskSequence) -> Iterator[Fault]:
    """A case's tasks run on in order until one says where to go: into another case's tasks by accident."""
    for switch in sequence.tasks:
        if not isinstance(switch.task, SwitchTask):
            continue
        cases = {jump.target: jump.case for jump in jumps_of(switch) if jump.case is not None}
        case: str | None = None
        for node, following in pairwise(sequence.tasks):
            case = cases.get(node.name, case)
            if node.task.then is not None or isinstance(node.task, RaiseTask | SwitchTask):
                case = None
            elif case is not None and following.name in cases:
                where = f"from `{node.name}` into `{following.name}`, the case `{cases[following.name]}`"
                message = f"the case `{case}` of `{switch.name}` runs on {where}"
                hint = (
                    f"add `then: end` or `then: NAME` to `{node.name}`; `then: continue` if both are to run"
                )
                yield Fault(node.pointer, "fall-through", message, hint, Severity.WARNING, at_key=True)


def _unreachable(sequence: TaskSequence, positions: Mapping[str, int]) -> Iterator[Fault]:
    """The first of each run of tasks that nothing leads to; a wrong target could lead anywhere."""
    reached: set[int] = set()
    pending = [0]
    while pending:
        index = pending.pop()
        if index not in reached and index < len(sequence.tasks):
            reached.add(index)
            pending += _successors(sequence, positions, index)
    for index, node in enumerate(sequence.tasks):
        if index not in reached and index - 1 in reached:
            message = f"nothing leads to `{node.name}`"
            hint = "name it in the `then` of a task or case, or remove it"
            yield Fault(node.pointer, "unreachable", message, hint, Severity.WARNING, at_key=True)


def _successors(sequence: TaskSequence, positions: Mapping[str, int], index: int) -> Iterator[int]:
    """Positions that can come next; a task that its `if` skips goes on to the next one."""
    node = sequence.tasks[index]
    jumps = list(jumps_of(node))
    goes_on = node.task.if_ is not None or not (jumps or isinstance(node.task, RaiseTask))
    if isinstance(node.task, SwitchTask):
        goes_on = goes_on or not (node.task.then or any(jump.is_default for jump in jumps))
    for jump in jumps:
        if jump.target in positions:
            yield positions[jump.target]
        goes_on = goes_on or jump.target == "continue"
    if goes_on:
        yield index + 1
