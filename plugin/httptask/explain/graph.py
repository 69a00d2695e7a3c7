"""A definition as a flowchart: its tasks, what leads where, and which of them run inside others."""

from collections.abc import Iterator, Mapping
from typing import Final

from httptask.diagnostics.cutting import in_one_line
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import Jump, TaskNode, TaskSequence

__all__ = ["NotDrawable", "mermaid_of", "svg_of"]

_LONGEST_LABEL = 80
_LONGEST_REASON = 300
_THEME: Final = "default"
_FONT: Final = "Noto Sans"
"""By whose letters boxes are measured; where it is not installed, a serif would take its place."""
_CODES: Final = str.maketrans(
    {"#": "#35;", "&": "#amp;", "<": "#lt;", ">": "#gt;", '"': "#quot;", "`": "#96;"}
)
"""What Mermaid would take for markup, by its entity codes."""


def mermaid_of(program: Program) -> str:
    """The flowchart of a definition, in the language of Mermaid.

    A task is a box with its name and what tells it from others of its kind, one that decides a rhombus, and one with
    tasks of its own a frame around them. An error that tasks inside may be caught with leads on by a dotted line.
    """
    return "\n".join(_Flowchart(program).lines()) + "\n"


class NotDrawable(Exception):
    """A flowchart of which no picture can be drawn, and why."""


def svg_of(chart: str) -> str:
    """A flowchart as an SVG document, drawn without a browser and without the network.

    Args:
        chart: in the language of Mermaid.

    Raises:
        ModuleNotFoundError: what draws it, the extra `svg`, is not installed.
        NotDrawable: it is too large.
    """
    from mermaid_render import convert  # megabytes, which only a picture needs

    try:
        drawn: str = convert(chart, format="svg", theme=_THEME).decode()
    except ValueError as error:
        raise NotDrawable(in_one_line(str(error), _LONGEST_REASON)) from error
    return drawn.replace(f"font-family:{_FONT}", f"font-family:{_FONT},sans-serif", 1) + "\n"


class _Flowchart:
    def __init__(self, program: Program) -> None:
        self._root = program.root
        self._ids = {pointer: f"n{number}" for number, pointer in enumerate(program.nodes)}
        self._ends = {
            pointer: f"e{number}"
            for number, (pointer, sequence) in enumerate(program.sequences.items())
            if sequence is not program.root and any(_leads_elsewhere(node) for node in sequence.tasks)
        }

    def lines(self) -> Iterator[str]:
        yield "flowchart TB"
        yield '  start(["start"])'
        yield from self._boxes(self._root, "  ")
        yield '  finish(["end"])'
        yield f"  start --> {self._ids[self._root.tasks[0].pointer]}"
        yield from self._arrows(self._root, "finish")

    def _boxes(self, sequence: TaskSequence, indent: str) -> Iterator[str]:
        for node in sequence.tasks:
            id_, label = self._ids[node.pointer], _label(node)
            if not node.sequences:
                opens, closes = ("{", "}") if _cases(node) else ("[", "]")
                yield f'{indent}{id_}{opens}"{label}"{closes}'
                continue
            yield f'{indent}subgraph {id_}["{label}"]'
            for key, inner in node.sequences.items():
                if len(node.sequences) == 1 or inner.is_branch:
                    yield from self._boxes(inner, f"{indent}  ")
                    continue
                yield f'{indent}  subgraph {self._list_id(node, key)}["{_text(key)}"]'
                yield from self._boxes(inner, f"{indent}    ")
                yield f"{indent}  end"
            yield f"{indent}end"
        if sequence.pointer in self._ends:
            yield f'{indent}{self._ends[sequence.pointer]}((" "))'

    def _arrows(self, sequence: TaskSequence, behind: str | None) -> Iterator[str]:
        """The arrows between the tasks of a list, and inside them.

        Args:
            sequence: the list.
            behind: where it ends; None where no arrow needs to say so.
        """
        ids = [self._ids[node.pointer] for node in sequence.tasks]
        places: dict[str, str | None] = dict(zip((node.name for node in sequence.tasks), ids, strict=True))
        places |= {"end": "finish", "exit": behind}
        for node, after in zip(sequence.tasks, [*ids[1:], behind], strict=True):
            yield from self._leading_on(node, {**places, "continue": after})
            for inner in node.sequences.values():
                yield from self._arrows(inner, self._ends.get(inner.pointer))
            if node.kind.catches and len(node.sequences) > 1:
                tried, *caught = (self._list_id(node, key) for key in node.sequences)
                yield from (f'  {tried} -. "error" .-> {id_}' for id_ in caught)

    def _leading_on(self, node: TaskNode, places: Mapping[str, str | None]) -> Iterator[str]:
        id_, jumps = self._ids[node.pointer], list(node.jumps)
        ways = [(places[jump.target], _reason(node, jump)) for jump in jumps]
        if node.task.then is None and not any(jump.is_default for jump in jumps):
            if node.kind.leads_on:
                ways.append((places["continue"], ""))
            elif jumps:
                ways.append((places["continue"], "otherwise"))
        for place, reason in ways:
            if place is not None:
                arrow = f'-- "{reason}" -->' if reason else "-->"
                yield f"  {id_} {arrow} {place}"

    def _list_id(self, node: TaskNode, key: str) -> str:
        return f"{self._ids[node.pointer]}_{list(node.sequences).index(key)}"


def _cases(node: TaskNode) -> list[Jump]:
    return [jump for jump in node.jumps if jump.case is not None]


def _leads_elsewhere(node: TaskNode) -> bool:
    """Whether a task may end its list before the last one, or by one of its cases."""
    return bool(_cases(node)) or any(jump.target == "exit" for jump in node.jumps)


def _label(node: TaskNode) -> str:
    """A task's name, what it is, and when it runs, in lines."""
    told = node.kind.headline(node)
    lines = [node.name, f"{node.kind.name}: {told}" if told else node.kind.name]
    if node.task.if_ is not None:
        lines.append(f"if {node.task.if_}")
    return "<br/>".join(map(_text, lines))


def _reason(node: TaskNode, jump: Jump) -> str:
    """Why a task leads there: its case, or that an error was caught."""
    if jump.case is not None:
        return _text(jump.case)
    return "" if jump.pointer == f"{node.pointer}/then" else "error"


def _text(text: str) -> str:
    """A text within a label, in one line."""
    return in_one_line(text, _LONGEST_LABEL).translate(_CODES)
