"""Definitions of all sorts, for hypothesis: each is one that the checks let pass, and most of them run to their end."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

__all__ = ["DATA", "definitions"]

Draw = Callable[[st.SearchStrategy[Any]], Any]

DATA = st.sampled_from([None, 1, "text", {"n": 0}, {"n": 2, "x": "a"}, [1, 2], [{"n": 1}], {}])
_NAMES = ("a", "b", "c", "d", "e")
_VALUES = (
    ".",
    ".n",
    "(.n? // 0) + 1",
    "{n: 1}",
    "[1, .n?]",
    "$context",
    "$workflow.input",
    "$task.name",
    "length",
)
_CONDITIONS = (". == null", 'type == "object"', "(.n? // 0) == 1", "$context == .", '$task.name > "b"', ".n")
_LISTS = ("[1, 2]", "[range(3)]", "[.]", "[]", ".", "$context")
_SCHEMAS = ({"type": "object"}, {"type": ["object", "array", "null"]}, {"required": ["n"]}, True)
_DEPTH = 3


@st.composite
def definitions(draw: Draw) -> dict[str, Any]:
    """A definition of up to a few dozen tasks, three levels deep."""
    functions = _functions(draw)
    made: dict[str, Any] = {
        "document": {"dsl": "1.0.3", "namespace": "tests", "name": "random", "version": "1.0.0"},
        "use": {
            "errors": {"known": {"type": "https://example.com/known", "status": 409, "title": "Known"}},
            "functions": functions,
        },
        "do": _tasks(draw, _Place(functions=tuple(functions))),
    }
    if _seldom(draw):
        made["input"] = {"schema": {"document": draw(st.sampled_from(_SCHEMAS))}, "from": "{n: 1, given: .}"}
    if _seldom(draw):
        made["output"] = {"as": "[., $context]", "schema": {"document": draw(st.sampled_from(_SCHEMAS))}}
    return made


class _Place:
    """Where a task list stands: how deep, what its tasks see of the loops and lists around it, and what they may call."""

    def __init__(
        self,
        depth: int = 0,
        names: tuple[str, ...] = (),
        variables: tuple[str, ...] = (),
        functions: tuple[str, ...] = (),
    ) -> None:
        self.depth = depth
        self.names = names
        self.variables = variables
        self.functions = functions

    def within(self, names: Sequence[str], variables: Sequence[str] = ()) -> "_Place":
        return _Place(self.depth + 1, (*self.names, *names), (*self.variables, *variables), self.functions)


def _functions(draw: Draw) -> dict[str, Any]:
    """Up to two functions, of which the second may call the first."""
    made: dict[str, Any] = {}
    for name in ("f", "g")[: draw(st.integers(0, 2))]:
        made[name] = _task(draw, _Place(1, (name,), functions=tuple(made)), [])
    return made


def _tasks(draw: Draw, place: _Place) -> list[dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=4, unique=True))
    inside = place.within(names)
    return [{name: _task(draw, inside, names)} for name in names]


def _task(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    kinds = _LEAVES if place.depth >= _DEPTH else (*_LEAVES, *_NESTS)
    kinds = (*kinds, _call) if place.functions else kinds
    task: dict[str, Any] = draw(st.sampled_from(kinds))(draw, place, names)
    if _seldom(draw):
        task["if"] = _condition(draw, place)
    if _seldom(draw):
        task["input"] = {"from": _value(draw, place), **_schema(draw)}
    if _seldom(draw):
        task["output"] = {"as": _value(draw, place), **_schema(draw), **task.get("output", {})}
    if _seldom(draw):
        task["export"] = {
            "as": draw(st.sampled_from(["$output", ".", "[$output, $context] | length"])),
            **_schema(draw),
        }
    if _seldom(draw):
        task["then"] = _directive(draw, names)
    return task


def _set(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    value = f"${{ {_value(draw, place)} }}"
    return {"set": draw(st.sampled_from([value, {"n": value}, {"n": 1, "text": f"is {value}"}, {"n": 0}]))}


def _wait(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    return {"wait": "PT0S"}


def _raise(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    own = {"type": "https://example.com/own", "status": 418, "title": "Own", "detail": "of ${ $task.name }"}
    return {"raise": {"error": draw(st.sampled_from(["known", own]))}, "if": _condition(draw, place)}


def _switch(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    cases: list[dict[str, Any]] = [
        {"one": {"when": _condition(draw, place), "then": _directive(draw, names)}},
        {"two": {"when": _condition(draw, place), "then": _directive(draw, names)}},
        {"other": {"then": _directive(draw, names)}},
    ]
    return {"switch": cases[: draw(st.integers(1, 3))]}


def _do(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    return {"do": _tasks(draw, place)}


def _for(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    each, at = draw(st.sampled_from([("item", "index"), ("x", "i")]))
    inside = place.within((), (f"${each}", f"${at}"))
    items: Any = f"${{ {draw(st.sampled_from(_LISTS))} }}"
    if draw(st.booleans()):
        items = [{"n": 1}, {"n": f"${{ {_value(draw, place)} }}"}]
    loop: dict[str, Any] = {"for": {"in": items, "each": each, "at": at}, "do": _tasks(draw, inside)}
    if _seldom(draw):
        loop["while"] = draw(st.sampled_from([f"${at} < 1", _condition(draw, place)]))
    return loop


def _map(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    inside = place.within((), ("$item", "$index"))
    arguments = {"in": f"${{ {draw(st.sampled_from(_LISTS))} }}", "do": _tasks(draw, inside)}
    if draw(st.booleans()):
        arguments["onError"] = "collect"
    told = 'map(if type == "object" and has("error") then .error | {error: [.status, .instance]} else . end)'
    return {"call": "map", "with": arguments, "output": {"as": told}}


def _fork(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    branches = draw(st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True))
    if _seldom(draw):
        quick, slow = {"quick": {"set": "${ . }"}}, {"slow": {"wait": {"hours": 1}}}
        return {"fork": {"branches": draw(st.permutations([quick, slow])), "compete": True}}
    return {"fork": {"branches": [{name: _task(draw, place.within([name]), [])} for name in branches]}}


def _try(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    catch: dict[str, Any] = {"as": draw(st.sampled_from(["error", "problem"]))}
    if draw(st.booleans()):
        catch["errors"] = {"with": draw(st.sampled_from([{"status": 400}, {"status": 409}, {"status": 418}]))}
    if _seldom(draw):
        catch["when"] = f"${catch['as']}.status < 410"
    if _seldom(draw):
        catch["exceptWhen"] = _condition(draw, place)
    if _seldom(draw):
        catch["retry"] = {"limit": {"attempt": {"count": draw(st.integers(1, 2))}}}
    if draw(st.booleans()):
        inside = place.within((), [f"${catch['as']} | [.status, .instance]"])
        catch["do"] = _tasks(draw, inside)
    if _seldom(draw):
        catch["then"] = _directive(draw, names)
    return {"try": _tasks(draw, place), "catch": catch}


def _call(draw: Draw, place: _Place, names: Sequence[str]) -> dict[str, Any]:
    call: dict[str, Any] = {"call": draw(st.sampled_from(place.functions))}
    if draw(st.booleans()):
        call["with"] = {"n": f"${{ {_value(draw, place)} }}", "x": 1}
    return call


_LEAVES = (_set, _set, _set, _switch, _wait, _raise)
_NESTS = (_do, _for, _map, _fork, _try, _try)


def _seldom(draw: Draw) -> bool:
    return bool(draw(st.integers(0, 4)) == 4)


def _schema(draw: Draw) -> Mapping[str, Any]:
    return {"schema": {"document": draw(st.sampled_from(_SCHEMAS))}} if _seldom(draw) else {}


def _value(draw: Draw, place: _Place) -> str:
    tasks = [f"$tasks.{name}" for name in dict.fromkeys(place.names)]
    value: str = draw(st.sampled_from([*_VALUES, *place.variables, *tasks]))
    return value


def _condition(draw: Draw, place: _Place) -> str:
    tasks = [f"$tasks.{name} == null" for name in dict.fromkeys(place.names)]
    condition: str = draw(st.sampled_from([*_CONDITIONS, *tasks]))
    return condition


def _directive(draw: Draw, names: Sequence[str]) -> str:
    directive: str = draw(st.sampled_from(["continue", "exit", "end", *names]))
    return directive
