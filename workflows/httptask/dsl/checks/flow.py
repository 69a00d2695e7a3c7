"""Which task comes after which: `then`, switch cases, names that stand twice, dead tasks, outputs read too early.

dsl-reference.md, Flow Directive: a directive names a task of the same list, or `continue`, `exit` or `end`.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.model import FLOW_DIRECTIVES
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode, TaskSequence

__all__ = ["check_flow", "check_order", "earlier_tasks"]


def check_flow(program: Program) -> Iterator[Fault]:
    """Find targets that don't exist, names that stand twice, cases that run on into another, dead tasks."""
    everywhere = {node.name for node in program.nodes.values()}
    for sequence in program.sequences.values():
        positions: dict[str, int] = {}
        for index, node in enumerate(sequence.tasks):
            if positions.setdefault(node.name, index) != index:
                message = f"two tasks of this list have the name `{node.name}`"
                yield TextFault(
                    node.pointer, "duplicate-task", message, "give one of them another name", at_key=True
                )
        unknown = list(_unknown_targets(program, sequence, positions, everywhere))
        yield from unknown
        yield from _fall_through(sequence)
        yield from () if unknown else _unreachable(sequence, positions)


def check_order(program: Program) -> Iterator[Fault]:
    """Find outputs that are read before their task can have run: null stands in their place."""
    for use in program.uses:
        node = None if use.task is None else program.nodes[use.task]
        for reading in () if node is None else use.expression.readings:
            name = reading.path[0] if reading.variable == "tasks" and reading.path else None
            found = None if name is None or node is None else program.resolve_task(node.scope, name)
            if node is None or name is None or found is None or reading.tested:
                continue
            pointers = found.names[name]
            apart = _apart(program, node.pointer, pointers[0]) if len(pointers) == 1 else None
            if apart is None or not _is_too_early(program, *apart):
                continue
            sequence, at, read_at = apart
            reader, read = sequence.tasks[at].name, sequence.tasks[read_at].name
            message = f"`$tasks.{name}` is read before `{name}` has run: it is null here"
            hint = f"move `{reader}` behind `{read}`"
            yield TextFault(
                use.pointer, "read-too-early", message, hint, Severity.WARNING, offset=reading.offset
            )


def _apart(program: Program, one: str, other: str) -> tuple[TaskSequence, int, int] | None:
    """The innermost list that has two tasks or those around them, and their positions; None of one inside the other."""
    ones, others = one.split("/"), other.split("/")
    same = next((at for at, (a, b) in enumerate(zip(ones, others, strict=False)) if a != b), None)
    sequence = None if same is None else program.sequences.get("/".join(ones[:same]))
    if same is None or sequence is None:
        return None
    return sequence, int(ones[same]), int(others[same])


def _is_too_early(program: Program, sequence: TaskSequence, at: int, read_at: int) -> bool:
    """Whether a task stands behind another, and can't have run before: nothing leads back, and no loop is around."""
    if read_at < at or sequence.is_branch or read_at in _leading_to(sequence, at):
        return False
    for node in program.nodes.values():
        if not sequence.pointer.startswith(f"{node.pointer}/"):
            continue
        if any(f"{sequence.pointer}/".startswith(f"{body.pointer}/") and body.runs for body in node.bodies):
            return False
        around = program.sequences.get(node.pointer.rsplit("/", 2)[0])
        index = None if around is None else around.index_of(node.name)
        if around is not None and index is not None and index in _leading_to(around, index):
            return False
    return True


def earlier_tasks(program: Program, node: TaskNode) -> list[TaskNode]:
    """The tasks whose outputs a task may read: those that it sees and that may have ended before it begins."""
    found = [(one, program.resolve_task(node.scope, one.name)) for one in _ended_before(program.root, node)]
    return [one for one, scope in found if scope is not None and scope.pointer == one.scope]


def _ended_before(sequence: TaskSequence, node: TaskNode) -> Iterator[TaskNode]:
    index = next((at for at, one in enumerate(sequence.tasks) if _is_within(node, one)), None)
    if index is None:
        return
    for at in sorted(_leading_to(sequence, index) - {index}):
        yield from _with_inner(sequence.tasks[at])
    around = sequence.tasks[index]
    if around is node:
        return
    for inner in around.sequences.values():  # of a `try`, what it tries before what it does after an error
        if any(_is_within(node, one) for one in inner.tasks):
            yield from _ended_before(inner, node)
            return
        for one in inner.tasks:
            yield from _with_inner(one)


def _is_within(node: TaskNode, other: TaskNode) -> bool:
    return node.pointer == other.pointer or node.pointer.startswith(f"{other.pointer}/")


def _with_inner(node: TaskNode) -> Iterator[TaskNode]:
    yield node
    for sequence in node.sequences.values():
        for one in sequence.tasks:
            yield from _with_inner(one)


def _leading_to(sequence: TaskSequence, index: int) -> set[int]:
    """Positions of a list from which the flow can come to a task of it."""
    positions = {node.name: at for at, node in enumerate(sequence.tasks)}
    before: dict[int, list[int]] = {}
    for at in range(len(sequence.tasks)):
        for following in _successors(sequence, positions, at):
            before.setdefault(following, []).append(at)
    found: set[int] = set()
    pending = [index]
    while pending:
        for at in before.get(pending.pop(), ()):
            if at not in found:
                found.add(at)
                pending.append(at)
    return found


def _unknown_targets(
    program: Program, sequence: TaskSequence, positions: Mapping[str, int], everywhere: set[str]
) -> Iterator[Fault]:
    for node in sequence.tasks:
        for jump in node.jumps:
            if jump.target in FLOW_DIRECTIVES or jump.target in positions:
                continue
            message = f"`then` names `{jump.target}`, which is no task of this list"
            hint = hint_for_unknown(jump.target, [*positions, *FLOW_DIRECTIVES], "possible targets")
            if jump.target in everywhere:
                hint = f"`{jump.target}` is in another list; `then` reaches tasks of its own list only"
            if sequence.is_branch:
                what = "function" if node.pointer in program.functions else "branch"
                message = f"`then` names `{jump.target}`, but a {what} leads to no other task"
                hint = f"`exit` ends the {what}, `end` the workflow; put tasks that follow each other into a `do`"
            yield Fault(jump.pointer, "unknown-target", message, hint)


def _fall_through(sequence: TaskSequence) -> Iterator[Fault]:
    """A case's tasks run on in order until one says where to go: into another case's tasks by accident."""
    for switch in sequence.tasks:
        cases = {jump.target: jump.case for jump in switch.jumps if jump.case is not None}
        if not cases:
            continue
        case: str | None = None
        for node, following in pairwise(sequence.tasks):
            case = cases.get(node.name, case)
            if node.task.then is not None or not node.kind.leads_on:
                case = None
            elif case is not None and following.name in cases:
                where = f"from `{node.name}` into `{following.name}`, the case `{cases[following.name]}`"
                message = f"the case `{case}` of `{switch.name}` runs on {where}"
                hint = (
                    f"add `then: end` or `then: NAME` to `{node.name}`; `then: continue` if both are to run"
                )
                yield TextFault(node.pointer, "fall-through", message, hint, Severity.WARNING, at_key=True)


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
            yield TextFault(node.pointer, "unreachable", message, hint, Severity.WARNING, at_key=True)


def _successors(sequence: TaskSequence, positions: Mapping[str, int], index: int) -> Iterator[int]:
    """Positions that can come next; a task that its `if` skips goes on to the next one."""
    node = sequence.tasks[index]
    jumps = list(node.jumps)
    has_cases = any(jump.case is not None for jump in jumps)
    decides = node.task.then is not None or any(jump.is_default for jump in jumps)
    goes_on = node.task.if_ is not None or ((node.kind.leads_on or has_cases) and not decides)
    for jump in jumps:
        if jump.target in positions:
            yield positions[jump.target]
        goes_on = goes_on or jump.target == "continue"
    if goes_on:
        yield index + 1
