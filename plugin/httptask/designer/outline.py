"""A definition as nested blocks, and what is wrong with it, each with its place in the text."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, Final

from pydantic import BaseModel

from httptask.connections.connection import Connection
from httptask.designer.task_schema import ARGUMENTS, kind_of
from httptask.diagnostics.fault import Fault, Severity
from httptask.diagnostics.suggest import Suggestion
from httptask.dsl.loader import Loaded
from httptask.dsl.locate import tokens_of, value_at
from httptask.dsl.program import Program
from httptask.dsl.report import Report
from httptask.dsl.tasks.kind import TaskNode, TaskSequence
from httptask.dsl.tasks.try_catch import CATCH, TRY
from httptask.dsl.yaml.editing import EditRefused, Node, read_nodes
from httptask.dsl.yaml.tokens import YamlSyntaxError
from httptask.explain.findings import findings_of
from httptask.json.pointer import pointer_tokens
from httptask.json.types import is_object
from httptask.reruns.places import is_entered

__all__ = [
    "Block",
    "Branch",
    "Case",
    "Checked",
    "Finding",
    "Fix",
    "Offsets",
    "checked",
    "findings_at",
    "runs_name",
    "with_made_up",
]

TO_FILL_IN: Final = "to-fill-in"
"""Of findings, the code of a value that was made up."""
_BOM = "\ufeff"
_NAMED_BY = {"retries": "/catch/retry", "errors": "/raise/error", "timeouts": "/timeout"}
"""Where a task names a part of `use`, by its key."""


class Fix(BaseModel):
    """A word of the text that should be another one; `start` and `end` are UTF-16 code units."""

    start: int
    end: int
    word: str
    """As it stands there."""
    text: str
    """In its place."""


class Finding(BaseModel):
    """One fault, as `httptask validate` tells it; `start` and `end` are UTF-16 code units of the text."""

    code: str
    severity: Severity
    message: str
    hint: str | None
    pointer: str
    places: list[str]
    """The pointers by which blocks and forms know it: of a part of `use`, those of the tasks that call or name it."""
    line: int
    column: int
    start: int
    end: int
    fix: Fix | None = None
    """What puts it right, where one name was meant by another."""


class Case(BaseModel):
    """One way that a `switch` leads."""

    name: str
    when: str | None
    then: str


class Branch(BaseModel):
    """One list of tasks inside a task, or the place of one that it may have."""

    label: str
    """As the definition has it: `do`, `catch`, `branches/0`."""
    pointer: str
    """Of the list."""
    entered: bool
    """Whether a run can go on from a task in it; else it goes on from the task around."""
    blocks: "list[Block]"


class Block(BaseModel):
    """One task."""

    pointer: str
    name: str
    kind: str
    """`call.httpRequest`, `call.chatCompletion`, `set`, `switch`, `for`, `fork`, `try`, …"""
    summary: str
    condition: str | None
    """Its `if`."""
    then: str | None
    connections: list[str]
    start: int
    end: int
    cases: list[Case]
    branches: list[Branch]


class Checked(BaseModel):
    """A text, looked at."""

    definition: str | None = None
    """`namespace/name`, by which runs call it."""
    blocks: list[Block]
    """Empty where the text can't be read."""
    findings: list[Finding]
    to_fill_in: list[str] = []
    """Pointers of values that were made up when their task was added, and are what they were."""
    runnable: bool


class Offsets:
    """Places in a text as UTF-16 code units, by which browsers count."""

    def __init__(self, text: str) -> None:
        self._bom = 1 if text.startswith(_BOM) else 0
        self._text = text[self._bom :]
        self._astral = (
            [] if text.isascii() else [i for i, sign in enumerate(self._text) if ord(sign) > 0xFFFF]
        )
        self._lines = [0, *accumulate(len(line) for line in self._text.split("\n"))]

    def of_index(self, index: int) -> int:
        """Of an index of the text without its byte order mark."""
        return self._bom + index + bisect_right(self._astral, index - 1)

    def index_of(self, offset: int) -> int:
        """The index of the text without its byte order mark, of an offset."""
        index = offset - self._bom
        for place, astral in enumerate(self._astral):
            if astral + place < offset - self._bom:
                index -= 1
        return max(0, index)

    def of_place(self, line: int, column: int) -> int:
        """Of a line and column, counted from 1."""
        line = min(line, len(self._lines) - 1)
        return self.of_index(min(self._lines[line - 1] + line - 1 + column - 1, len(self._text)))

    def end_of_line(self, line: int) -> int:
        """Behind the last character of a line."""
        line = min(line, len(self._lines) - 1)
        return self.of_index(self._lines[line] + line - 1)


def checked(
    loaded: Loaded,
    connections: Mapping[str, Connection],
    of_operations: Iterable[Fault] = (),
    reports: Iterable[Report] = (),
) -> Checked:
    """Look at a definition.

    Args:
        loaded: the definition.
        connections: that the project has.
        of_operations: what it wants of API documents that these do not have.
        reports: what else is wrong with it.
    """
    program = loaded.program or loaded.draft
    outline = _Outline(loaded, program)
    found = [*findings_of(loaded, connections, of_operations), *reports]
    return Checked(
        definition=runs_name(loaded.data),
        blocks=[] if program is None else outline.blocks(program.root),
        findings=[outline.finding(report) for report in found],
        runnable=loaded.program is not None,
    )


def runs_name(data: Any) -> str | None:
    """`namespace/name` of a definition, as far as its text has them."""
    document = data.get("document") if is_object(data) else None
    names = [document.get(key) for key in ("namespace", "name")] if is_object(document) else [None]
    return "/".join(map(str, names)) if all(isinstance(name, str) for name in names) else None


def findings_at(loaded: Loaded, faults: Iterable[Fault]) -> list[Finding]:
    """Further faults of a definition, with their places in its text."""
    reports = loaded.report(faults)
    if not reports:
        return []
    outline = _Outline(loaded, loaded.program or loaded.draft)
    return [outline.finding(report) for report in reports]


def with_made_up(loaded: Loaded, looked: Checked, places: list[str]) -> Checked:
    """What was looked at, with the values that are to be filled in: each told in one way, whatever else is wrong there.

    Whether the definition can run is another matter: a name that was made up may do for a trial, no expression does.

    Args:
        loaded: the definition.
        looked: what is wrong with it.
        places: pointers of such values.
    """
    told = [
        Fault(
            place,
            TO_FILL_IN,
            f"`{'.'.join(_named(place))}` is to be filled in: it was made up when the task was added",
            "write what is meant, or pick it out of the data",
            Severity.WARNING,
        )
        for place in places
    ]
    others = [one for one in looked.findings if not set(one.places).intersection(places)]
    return looked.model_copy(update={"to_fill_in": places, "findings": [*others, *findings_at(loaded, told)]})


def _named(place: str) -> list[str]:
    """A value of a task, by the names in it."""
    tokens = pointer_tokens(place)
    last = max((number for number, token in enumerate(tokens) if token == ARGUMENTS), default=0)
    return [*(tokens[last + 1 :] if last else tokens[-1:])]


class _Outline:
    def __init__(self, loaded: Loaded, program: Program | None) -> None:
        self._name = loaded.name
        self._data = loaded.data
        self._files = {str(file.path): pointer for pointer, file in loaded.functions.items()}
        self._program = program
        self._offsets = Offsets(loaded.text)
        self._text = loaded.text.removeprefix(_BOM)
        try:
            self._root: Node | None = read_nodes(self._text)
        except (EditRefused, YamlSyntaxError):
            self._root = None

    def blocks(self, sequence: TaskSequence) -> list[Block]:
        return [self._block(node) for node in sequence.tasks]

    def finding(self, report: Report) -> Finding:
        places = self._places(self._files.get(report.file, "") + report.pointer)
        if report.file != self._name:  # in the file of a function
            report = replace(
                report, message=f"{report.file}:{report.line}: {report.message}", line=1, column=1
            )
        start = self._offsets.of_place(report.line, report.column)
        end = self._offsets.end_of_line(report.line)
        value = self._node(report.pointer)
        if value is not None and value.token.place[:2] == (report.line, report.column):
            end = min(self._offsets.of_index(value.end), end)
        return Finding(
            code=report.code,
            severity=report.severity,
            message=report.message,
            hint=report.hint,
            pointer=report.pointer,
            places=places,
            line=report.line,
            column=report.column,
            start=start,
            end=max(start, end),
            fix=self._fix(report.hint, start, end) if report.file == self._name else None,
        )

    def _fix(self, hint: str | None, start: int, end: int) -> Fix | None:
        if not isinstance(hint, Suggestion):
            return None
        word = re.compile(rf"(?<!\w){re.escape(hint.word)}(?!\w)")
        found = word.search(self._text, *map(self._offsets.index_of, (start, end)))
        if found is None or (self._text[: found.start()].endswith(".") and not hint.name.isidentifier()):
            return None  # which a path of an expression has in quotes
        first, last = map(self._offsets.of_index, found.span())
        return Fix(start=first, end=last, word=hint.word, text=hint.name)

    def _block(self, node: TaskNode) -> Block:
        start, end = self._range(node.pointer)
        kind = kind_of(self._at(node.pointer)) or node.kind
        return Block(
            pointer=node.pointer,
            name=node.name,
            kind=kind.name,
            summary=node.kind.headline(node) if kind is node.kind else "",
            condition=node.task.if_,
            then=node.task.then,
            connections=list(dict.fromkeys(name for _, name in node.connections)),
            start=start,
            end=end,
            cases=[
                Case(name=jump.case, when=self._when(jump.pointer), then=jump.target)
                for jump in node.jumps
                if jump.case is not None
            ],
            branches=self._branches(node),
        )

    def _branches(self, node: TaskNode) -> list[Branch]:
        found = [
            Branch(
                label=key,
                pointer=inner.pointer,
                entered=is_entered(node, key),
                blocks=self.blocks(inner),
            )
            for key, inner in node.sequences.items()
        ]
        if node.kind is TRY and CATCH not in node.sequences:
            found.append(Branch(label=CATCH, pointer=f"{node.pointer}/catch/do", entered=False, blocks=[]))
        return found

    def _when(self, pointer: str) -> str | None:
        """The condition of a case, by the pointer of where it leads."""
        found = self._at(pointer.rpartition("/")[0])
        condition = found.get("when") if is_object(found) else None
        return None if condition is None else str(condition)

    def _at(self, pointer: str) -> Any:
        return value_at(self._data, tokens_of(self._data, self._written_at(pointer)))

    def _places(self, written: str) -> list[str]:
        """Where blocks have what is written somewhere: the reverse of `Program.written_at`."""
        functions: Mapping[str, str] = {} if self._program is None else self._program.functions
        found = [
            call + written[len(function) :]
            for call, function in functions.items()
            if f"{written}/".startswith(f"{function}/")
        ]
        return found or [*self._naming(pointer_tokens(written))] or [written]

    def _naming(self, written: Sequence[str]) -> Iterator[str]:
        """Where tasks name a part of `use`."""
        if self._program is None or len(written) < 3 or written[0] != "use":
            return
        place = _NAMED_BY.get(written[1])
        for task in self._program.nodes if place is not None else ():
            if self._at(f"{task}{place}") == written[2]:
                yield f"{task}{place}"

    def _written_at(self, pointer: str) -> str:
        return pointer if self._program is None else self._program.written_at(pointer)

    def _range(self, pointer: str) -> tuple[int, int]:
        """Of a task with its name; of one that stands in no list, of a function, with its key."""
        written = self._written_at(pointer)
        around, task = self._node(written.rpartition("/")[0]), self._node(written)
        if around is None or task is None:  # in a file of its own
            return 0, 0
        first, last = around, around
        if len(around.keys) > 1:
            first, last = next(
                pair for pair in zip(around.keys, around.values, strict=True) if pair[1] is task
            )
        return self._offsets.of_index(first.token.start), self._offsets.of_index(last.end)

    def _node(self, pointer: str) -> Node | None:
        found = self._root
        for key in pointer_tokens(pointer):
            if found is None:
                return None
            found = found.child(key)
        return found
