"""Where tasks stand in a definition, by names, which stay when tasks come and go; and where they stood before."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from httptask.dsl.canonical import canonical_json
from httptask.dsl.program import Program
from httptask.dsl.tasks.kind import TaskNode, TaskSequence

__all__ = ["Path", "Place", "Places", "is_entered"]

Path = tuple[str, ...]
"""Names of the tasks around a task, each with the list of it that is meant, and the task's own name."""

_ENTERED: Final = {("do", "do"), ("try", "try")}
"""Task lists that run in their turn, and hold no state but that of the task that is next."""


def is_entered(node: TaskNode, key: str) -> bool:
    """Whether a run can begin with a task in one of the lists of a task; else it begins with that task as a whole."""
    return (node.kind.keyword, key) in _ENTERED


@dataclass(frozen=True)
class Place:
    """One task and where it stands.

    Attributes:
        node: the task.
        sequence: the list that it stands in.
        index: its position there.
        around: the task that the list belongs to; None for the definition's own.
        key: which list of that task it is.
    """

    node: TaskNode
    sequence: TaskSequence
    index: int
    around: "Place | None"
    key: str

    @cached_property
    def path(self) -> Path:
        """It, by names."""
        return (self.node.name,) if self.around is None else (*self.around.path, self.key, self.node.name)

    @cached_property
    def chain(self) -> tuple["Place", ...]:
        """The tasks around it, outermost first, and itself."""
        return (self,) if self.around is None else (*self.around.chain, self)

    @property
    def outermost_loop(self) -> "Place | None":
        """The outermost task around it that a run can't begin inside of: a loop, branches, what handles an error."""
        for inner in self.chain[1:]:
            around = inner.around
            if around is not None and not is_entered(around.node, inner.key):
                return around
        return None


class Places:
    """The tasks of a program, in the order of the definition."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.by_pointer = {place.node.pointer: place for place in _places(program.root, None, "")}
        self.by_path = {place.path: place for place in self.by_pointer.values()}

    def text(self, place: Place) -> str:
        """A task as it is written, whatever it is called."""
        return canonical_json(self.program.written(place.node.pointer))

    def before(self, place: Place) -> list[Place]:
        """The tasks that stand before one, without those around it."""
        found: list[Place] = []
        for other in self.by_pointer.values():
            if other is place:
                break
            if other not in place.chain:
                found.append(other)
        return found

    def matched(self, earlier: "Places") -> Mapping[Path, Path]:
        """Where each task stood in an earlier version: by its place, its name, or its text where it was renamed."""
        known = {path: path for path in self.by_path if path in earlier.by_path}
        for key in (_name, _text):
            new = _unique(self, known.keys(), key)
            old = _unique(earlier, set(known.values()), key)
            known |= {new[value]: old[value] for value in new if value in old}
        return known


def _places(sequence: TaskSequence, around: Place | None, key: str) -> Iterator[Place]:
    for index, node in enumerate(sequence.tasks):
        place = Place(node, sequence, index, around, key)
        yield place
        for inner_key, inner in node.sequences.items():
            yield from _places(inner, place, inner_key)


def _name(places: Places, place: Place) -> str:
    return place.node.name


def _text(places: Places, place: Place) -> str:
    return places.text(place)


def _unique(places: Places, known: Any, key: Any) -> dict[str, Path]:
    """The tasks that are not known yet and the only ones of their kind."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for path, place in places.by_path.items():
        if path not in known:
            found[key(places, place)].append(path)
    return {value: paths[0] for value, paths in found.items() if len(paths) == 1}
