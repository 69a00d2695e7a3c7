"""Keys of values whose shape is known: `.json.pririty` against the schema that the answer must have."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from httptask.diagnostics.fault import Fault, Severity, TextFault
from httptask.diagnostics.suggest import closest, hint_for_unknown
from httptask.diagnostics.words import Kind
from httptask.dsl.checks.known_shapes import DESCRIPTORS, bound_shape, declared, raw_inputs
from httptask.dsl.expression_parts import ExpressionUse
from httptask.dsl.expressions.paths import Reading
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import KEYS_OF_TASK, TaskNode
from httptask.dsl.value_shape import MissingKey, ValueShape
from httptask.json.types import is_object

__all__ = ["check_shapes", "shape_read"]

Shapes = Mapping[str, ValueShape]


def check_shapes(program: Program) -> Iterator[Fault]:
    """Find keys that a value of a known shape can't have."""
    inputs = raw_inputs(program)
    for use in program.uses:
        dot = _dot(program, use, inputs)
        for reading in use.expression.readings:
            shape, skipped = _read(program, use, inputs, dot, reading)
            meant = _meant_task(program, reading)
            for fault in _key_faults(use, shape, reading, skipped):
                yield fault if meant is None else replace(fault, hint=f"write `$tasks.{meant}`")


def shape_read(program: Program, use: ExpressionUse, reading: Reading) -> tuple[ValueShape | None, int]:
    """The shape that a path of an expression is read from, None where it is not known, and how many keys lead there."""
    inputs = raw_inputs(program) if reading.variable in (None, "input") else {}
    dot = _dot(program, use, inputs) if reading.variable is None else None
    return _read(program, use, inputs, dot, reading)


def _read(
    program: Program, use: ExpressionUse, inputs: Shapes, dot: ValueShape | None, reading: Reading
) -> tuple[ValueShape | None, int]:
    return (dot, 0) if reading.variable is None else _variable(program, use, inputs, reading)


def _meant_task(program: Program, reading: Reading) -> str | None:
    """The task whose output a path was meant to read: `$task.issues`, `.tasks.issues`."""
    path = reading.path if reading.variable == "task" else ()
    if reading.variable is None and reading.path[:1] == ("tasks",):
        path = reading.path[1:]
    name = next(iter(path), None)
    return name if any(name == node.name for node in program.nodes.values()) else None


def _dot(program: Program, use: ExpressionUse, inputs: Shapes) -> ValueShape | None:
    """The shape of `.` where an expression stands (dsl.md, "Runtime expression arguments": evaluated on)."""
    if use.task is None:
        return declared(program.definition.input) if use.place == "workflow-input" else None
    node = program.nodes[use.task]
    match use.place:
        case "output":
            return node.kind.output(node)
        case "export":
            return node.output_shape
        case "event" | "filter" | "page" | "while":  # the condition of a loop sees what its tasks made
            return None
        case "definition":
            return _task_input(program, use.task, inputs)
        case _:
            return inputs.get(use.task)


def _task_input(program: Program, task: str, inputs: Shapes) -> ValueShape | None:
    source = program.nodes[task].task.input
    return inputs.get(task) if source is None or source.from_ is None else None


def _variable(
    program: Program, use: ExpressionUse, inputs: Shapes, reading: Reading
) -> tuple[ValueShape | None, int]:
    """The shape that a path is read from, and how many of its keys lead there."""
    variable, key = reading.variable, (*reading.path, None)[0]
    if variable == "workflow" and key == "input":
        return declared(program.definition.input), 1
    if variable is not None and variable in DESCRIPTORS:
        return DESCRIPTORS[variable], 0
    node = None if use.task is None else program.nodes[use.task]
    if variable == "tasks" and key is not None:
        found = program.resolve_task(node.scope if node else "", key)
        pointers = found.names[key] if found else []
        return program.nodes[pointers[0]].output_shape if len(pointers) == 1 else None, 1
    if node is None:
        return None, 0
    if variable == "response" and use.place == "page":
        return node.kind.page(node), 0
    if variable is not None and variable in use.variables | node.variables:
        return bound_shape(program, use.task, variable), 0
    if variable == "input":
        return _task_input(program, node.pointer, inputs), 0
    return (node.output_shape if variable == "output" else None), 0


def _key_faults(
    use: ExpressionUse, shape: ValueShape | None, reading: Reading, skipped: int
) -> Iterator[Fault]:
    """At most one fault for a path: behind a key that isn't there nothing is known."""
    text = "" if reading.variable is None else f"${reading.variable}"
    for index, key in enumerate(reading.path + reading.piped):
        before = text or "."
        text = f"{before}[]" if key is None else f"{text}.{key}"
        if index < skipped or shape is None:
            continue
        if key is None:
            shape = shape.item()
            continue
        if (fault := _fault_of_kind(use.pointer, shape, key, reading.offset)) is not None:
            asks = key in use.expression.tested
            yield replace(fault, severity=Severity.WARNING) if asks else fault
            return
        step = shape.read(key)
        if isinstance(step, MissingKey):
            if step.closed or closest(key, step.known):
                fault = _fault(use.pointer, before, key, step, reading.offset)
                # Whoever asks whether a key is there knows that it may not be.
                asks = step.kind is None and key in use.expression.tested
                yield replace(fault, severity=Severity.WARNING) if asks else fault
            return
        shape = step


def _fault_of_kind(pointer: str, shape: ValueShape, key: str, offset: int) -> Fault | None:
    """What the kind of a task has against a key, if the shape is one whose keys it knows."""
    task = shape.schema.get(KEYS_OF_TASK) if is_object(shape.schema) else None
    return task.kind.key_fault(task, pointer, key, offset) if isinstance(task, TaskNode) else None


def _fault(pointer: str, before: str, key: str, missing: MissingKey, offset: int) -> Fault:
    text = f"{before.removesuffix('.')}.{key}"
    if missing.kind is None:
        message = f"there is no `{text}`: unknown key `{key}`"
        return TextFault(
            pointer, "unknown-property", message, hint_for_unknown(key, missing.known, "keys"), offset=offset
        )
    message = f"`{text}` reads a key, but `{before}` is {missing.kind}"
    hint = (
        f"take an item first: `{before}[0].{key}`, or all: `[{before}[].{key}]`"
        if missing.kind == Kind.LIST
        else None
    )
    return TextFault(pointer, "not-an-object", message, hint, offset=offset)
