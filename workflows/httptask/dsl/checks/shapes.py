"""Keys of values whose shape is known: `.json.pririty` against the schema that the answer must have."""

from collections.abc import Iterator, Mapping

from httptask.dsl.checks.outputs import PAGE_RESPONSE, declared, raw_inputs, raw_output, transformed_output
from httptask.dsl.checks.places import offset_in
from httptask.dsl.checks.schema_shape import MissingKey, SchemaShape
from httptask.dsl.faults import Fault
from httptask.dsl.program import ExpressionUse, Program
from httptask.dsl.suggest import closest, hint_for_unknown

__all__ = ["check_shapes"]

Shapes = Mapping[str, SchemaShape]


def check_shapes(program: Program) -> Iterator[Fault]:
    """Find keys that a value of a known shape can't have."""
    inputs = raw_inputs(program)
    for use in program.uses:
        dot = _dot(program, use, inputs)
        for path in use.expression.dot_paths if dot is not None else ():
            yield from _key_faults(program, use, dot, path, "")
        for variable, path in use.expression.paths:
            shape, skipped = _variable(program, use, inputs, variable, path)
            known = "".join(f"{key}." for key in path[:skipped])
            yield from _key_faults(
                program, use, shape, path[skipped:], f"${variable}.{known}".removesuffix(".")
            )


def _dot(program: Program, use: ExpressionUse, inputs: Shapes) -> SchemaShape | None:
    """The shape of `.` where an expression stands (dsl.md, "Runtime expression arguments": evaluated on)."""
    if use.task is None:
        return declared(program.definition.input) if use.place == "workflow-input" else None
    node = program.nodes[use.task]
    match use.place:
        case "output":
            return raw_output(node)
        case "export":
            return transformed_output(node)
        case "event" | "page":
            return None
        case "definition" if use.pointer != f"{node.pointer}/while":
            return _task_input(program, use.task, inputs)
        case "definition":
            return None  # a loop's condition sees what its tasks made
        case _:
            return inputs.get(use.task)


def _task_input(program: Program, task: str, inputs: Shapes) -> SchemaShape | None:
    source = program.nodes[task].task.input
    return inputs.get(task) if source is None or source.from_ is None else None


def _variable(
    program: Program, use: ExpressionUse, inputs: Shapes, variable: str, path: tuple[str, ...]
) -> tuple[SchemaShape | None, int]:
    """The shape that a path is read from, and how many of its keys lead there."""
    if variable == "workflow" and path[:1] == ("input",):
        return declared(program.definition.input), 1
    node = None if use.task is None else program.nodes[use.task]
    if variable == "tasks" and path:
        found = program.resolve_task(node.scope if node else "", path[0])
        pointers = found.names[path[0]] if found else []
        return transformed_output(program.nodes[pointers[0]]) if len(pointers) == 1 else None, 1
    if node is None:
        return None, 0
    if variable == "response" and use.place == "page":
        return PAGE_RESPONSE, 0
    if variable == "input":
        return _task_input(program, node.pointer, inputs), 0
    return (transformed_output(node) if variable == "output" else None), 0


def _key_faults(
    program: Program, use: ExpressionUse, shape: SchemaShape | None, path: tuple[str, ...], start: str
) -> Iterator[Fault]:
    """At most one fault for a path: behind a key that isn't there nothing is known."""
    text = start
    for key in path:
        step = None if shape is None else shape.read(key)
        text += f".{key}"
        if isinstance(step, MissingKey):
            if step.closed or closest(key, step.known):
                yield _fault(use.pointer, text, key, step, offset_in(use.expression, text))
            return
        shape = step


def _fault(pointer: str, text: str, key: str, missing: MissingKey, offset: int) -> Fault:
    if missing.kind is None:
        message = f"there is no `{text}`: unknown key `{key}`"
        return Fault(
            pointer, "unknown-property", message, hint_for_unknown(key, missing.known, "keys"), offset=offset
        )
    before = text.removesuffix(f".{key}") or "."
    message = f"`{text}` reads a key, but `{before}` is {missing.kind}"
    hint = (
        f"take an item first: `{before}[0].{key}`, or all: `[{before}[].{key}]`"
        if missing.kind == "a list"
        else None
    )
    return Fault(pointer, "not-an-object", message, hint, offset=offset)
