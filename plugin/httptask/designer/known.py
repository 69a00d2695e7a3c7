"""What is known of the values that the expressions of a task see: by schemas, and by a sample."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel

from httptask.calls.problem import TaskFault
from httptask.designer.sampling import binding_tasks
from httptask.dsl.checks.flow import earlier_tasks
from httptask.dsl.checks.known_shapes import bound_shape, declared, raw_inputs
from httptask.dsl.expression_parts import EXPORT
from httptask.dsl.expressions import ExpressionFailed, ExpressionLimitExceeded, expressions_of
from httptask.dsl.expressions.paths import Reading
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode
from httptask.dsl.value_shape import ValueShape
from httptask.json.types import is_array, is_object
from httptask.testrequest import Sample, values_read
from httptask.testrequest.naming import segments_of
from httptask.testrequest.sample import Place

__all__ = ["AskedValue", "Known", "KnownField", "ReadableValue"]

_STEP: Final = re.compile(r'\.?(?P<name>[A-Za-z_]\w*)|\["(?P<quoted>[^"]*)"\]|\[(?P<index>\d*)\]')


class KnownField(BaseModel):
    """A field that a schema declares."""

    name: str
    type: str
    """As JSON Schema names it; empty where it does not tell."""


class ReadableValue(BaseModel):
    """A value that expressions of a task can read."""

    expression: str
    source: Literal["input", "variable", "task", "context"]
    name: str
    """Of the task or the loop variable; empty for the others."""
    owner: str | None = None
    """Name of the loop that a variable is of, under which values of it are given as its own."""
    value: Any = None
    """Of a variable, in the sample."""
    told: str
    """What it is."""
    is_read: bool
    """Whether the task reads it."""
    fields: list[KnownField]


class AskedValue(BaseModel):
    """A value that a request reads and that nobody has given."""

    name: str
    """As `missing` has it: `input.caller`."""
    path: list[str | int] | None
    """Where it is in the workflow's input; None where it is not of it."""
    owner: str | None = None
    """Name of the task whose own it is: of the loop of a variable, of the task of its own input."""
    type: str


class Known:
    """What is known of the values that a task's expressions see."""

    def __init__(self, program: Program, node: TaskNode, sample: Sample) -> None:
        self._program = program
        self._node = node
        self._sample = sample
        self._binding = binding_tasks(program, node)

    def behind(self, path: str) -> Mapping[str, tuple[str, Any]]:
        """The members of a value, each with what it is and its value in the sample."""
        keys = [
            found["name"] or found["quoted"] or found["index"] or "0"
            for found in _STEP.finditer(path.lstrip("$"))
        ]
        is_variable = path.startswith("$")
        variable = keys.pop(0) if is_variable and keys else None
        if variable == "secrets" and not keys:
            return dict.fromkeys(self._program.definition.use.secrets, ("secret", None))
        if variable == "workflow" and not keys:
            return {
                "input": ("the workflow's input", self._sample.input),
                "definition": ("", None),
                "id": ("", None),
            }
        if variable == "tasks" and not keys:
            return dict(self._tasks())
        shape, value = self._begin(variable, keys)
        for key in keys:
            shape, value = _shape_behind(shape, key), _behind(value, key)
        found = {name: (detail, None) for name, detail in _members(shape)}
        if is_object(value):
            found |= {name: (_kind(member), member) for name, member in value.items()}
        return found

    def readable(self) -> list[ReadableValue]:
        """What of the run the task can read, in the order in which it comes to be."""
        found = [self._readable("$workflow.input", "input", "", "the workflow's input")]
        loops = sorted(self._node.variables)
        found += [self._readable(f"${name}", "variable", name, f"of {self._owner(name)}") for name in loops]
        exporting = [node.name for node in self._earlier().values() if EXPORT in node.parts]
        if exporting:
            told = f"what is exported by {', '.join(exporting)}"
            found.append(self._readable("$context", "context", "", told))
        for name, (told, _) in self._tasks():
            found.append(self._readable(f"$tasks{_step(name)}", "task", name, told))
        return found

    def asked(self) -> list[AskedValue]:
        """What the task's request reads, and the sample lacks.

        Raises:
            ExpressionFailed: an expression of a call around it failed on the sample.
            TaskFault: the sample is not what a schema wants.
        """
        found: list[AskedValue] = []
        for name in values_read(self._program, self._node.pointer, self._sample):
            path = segments_of(name)
            is_of_input = not name.startswith(".") and path[0] == "input"
            shape = declared(self._program.definition.input) if is_of_input else None
            for key in path[1:]:
                shape = _shape_behind(shape, str(key))
            kind = _type(shape.schema) if shape is not None else ""
            asked_of_input = path[1:] if is_of_input else None
            found.append(AskedValue(name=name, path=asked_of_input, owner=self._owner(name), type=kind))
        return found

    def _readable(
        self, expression: str, source: Literal["input", "variable", "task", "context"], name: str, told: str
    ) -> ReadableValue:
        keys = [name] if source == "task" else ["input"]
        variable = {"task": "tasks", "variable": name, "input": "workflow", "context": "context"}[source]
        shape, _ = self._begin(variable, keys)
        first = {"task": name, "input": "input"}.get(source)
        is_read = any(
            one.variable == variable and (first is None or one.path[:1] in ((), (first,)))
            for one in self._readings()
        )
        fields = [KnownField(name=field, type=kind) for field, kind in _members(shape)]
        found = ReadableValue(
            expression=expression, source=source, name=name, told=told, is_read=is_read, fields=fields
        )
        if source == "variable":
            found.owner, found.value = self._owner(name), self._sample.variables.get(name)
        return found

    def _owner(self, name: str) -> str | None:
        if name.startswith("."):
            return self._node.name
        binding = self._binding.get(str(segments_of(name)[0]))
        return None if binding is None else binding.name

    def _readings(self) -> Iterator[Reading]:
        for part in self._node.parts.values():
            for expression in expressions_of(part):
                yield from expression.readings

    def _tasks(self) -> Iterator[tuple[str, tuple[str, Any]]]:
        for name, node in self._earlier().items():
            told = f"{node.kind.name} {node.kind.headline(node)}".strip()
            yield name, (told, self._sample.outputs.get(name))

    def _earlier(self) -> dict[str, TaskNode]:
        return {node.name: node for node in earlier_tasks(self._program, self._node)}

    def _begin(self, variable: str | None, keys: list[str]) -> tuple[ValueShape | None, Any]:
        """Shape and value of what a path begins with; keys that lead there are taken away."""
        sample = self._sample
        if variable == "tasks":
            name = keys.pop(0)
            node = self._earlier().get(name)
            return (None if node is None else node.output_shape), sample.outputs.get(name)
        if variable == "workflow":
            keys.pop(0)
            return declared(self._program.definition.input), sample.input
        if variable == "context":
            return None, sample.context
        if variable in (None, "input"):
            source = self._node.task.input
            is_raw = source is None or source.from_ is None
            return raw_inputs(self._program).get(self._node.pointer) if is_raw else None, self._input()
        shape = bound_shape(self._program, self._node.pointer, variable or "")
        return shape, sample.variables.get(variable or "")

    def _input(self) -> Any:
        try:
            return Place.of(self._program, self._node, self._sample).execution.input
        except (ExpressionFailed, TaskFault, ExpressionLimitExceeded):
            return self._sample.task_input


def _shape_behind(shape: ValueShape | None, key: str) -> ValueShape | None:
    if shape is None:
        return None
    found = shape.item() if key.isdecimal() else shape.read(key)
    return found if isinstance(found, ValueShape) else None


def _behind(value: Any, key: str) -> Any:
    if is_array(value):
        return value[int(key)] if key.isdecimal() and int(key) < len(value) else None
    return value.get(key) if is_object(value) else None


def _members(shape: ValueShape | None) -> Iterator[tuple[str, str]]:
    """Names of what a shape declares, each with what it is."""
    for name, schema in () if shape is None else shape.declared():
        yield name, _type(schema)


def _type(schema: Any) -> str:
    kind = schema.get("type") if is_object(schema) else None
    return kind if isinstance(kind, str) else ""


def _step(name: str) -> str:
    return f".{name}" if re.fullmatch(r"[A-Za-z_]\w*", name) else f'["{name}"]'


def _kind(value: Any) -> str:
    if is_array(value):
        return f"list of {len(value)}"
    return "object" if is_object(value) else "" if value is None else type(value).__name__
