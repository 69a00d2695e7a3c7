"""What a definition comes to, told by plain recursion over it: nothing of the interpreter is used.

It knows the standard's data flow (dsl.md, Data Flow and Task Flow), its functions and `call: map`, and neither time nor
requests.
"""

# pyright: basic
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jq
import jsonschema_rs

__all__ = ["Ended", "Fault", "Undetermined", "evaluate"]

_MOST_TASKS = 200
_EXPRESSION = re.compile(r"\$\{((?:(?!\$\{).)*?)\}(?!\s*\})", re.DOTALL)


@dataclass
class Fault(Exception):
    """A run that ended in an error: what is sure to be told of it.

    Attributes:
        type: the last part of its URI, which is how the standard's own types are called.
        others: what the run may have ended in as well, where branches failed beside each other.
    """

    type: str
    status: int
    instance: str | None = None
    others: tuple["Fault", ...] = ()


@dataclass
class Ended(Exception):
    """A task's `then: end`."""

    output: Any


class Undetermined(Exception):
    """It runs more tasks than somebody has time for, or what it comes to depends on which branch is faster."""


@dataclass
class _Scope:
    """What `$tasks` sees of one list, and of the `do` lists in it."""

    names: frozenset[str]
    outer: "_Scope | None" = None
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])

    def all(self) -> dict[str, Any]:
        around = {} if self.outer is None else self.outer.all()
        return {**around, **dict.fromkeys(self.names), **self.outputs}


@dataclass
class _Branch:
    """One line of execution: what its tasks see and change."""

    scope: _Scope
    context: Any
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def within(self, scope: _Scope, variables: Mapping[str, Any]) -> "_Branch":
        return _Branch(scope, self.context, {**self.variables, **variables})


@dataclass
class _Seen:
    """What the expressions of a task see beside `.`."""

    branch: _Branch
    own: Mapping[str, Any]

    def arguments(self) -> dict[str, Any]:
        branch = self.branch
        return {"context": branch.context, "tasks": branch.scope.all(), **branch.variables, **self.own}


def evaluate(definition: Mapping[str, Any], data: Any) -> Any:
    """The output of a definition.

    Raises:
        Fault: it ends in an error.
        Undetermined: it runs more tasks than are waited for, or branches run into each other.
    """
    return _Evaluation(definition, data).run()


class _Evaluation:
    def __init__(self, definition: Mapping[str, Any], data: Any) -> None:
        self._definition = definition
        self._left = _MOST_TASKS
        self._workflow = {"workflow": {"definition": definition, "input": data}}
        self._input = data

    def run(self) -> Any:
        definition, tasks = self._definition, self._definition["do"]
        data = _shaped(definition.get("input"), "from", self._input, self._workflow, validate_first=True)
        branch = _Branch(_Scope(_names(tasks)), data)
        try:
            data = self._list(tasks, "/do", data, branch)
        except Ended as ended:
            data = ended.output
        seen = {**self._workflow, "context": branch.context, "tasks": branch.scope.all()}
        return _shaped(definition.get("output"), "as", data, seen)

    def _list(self, tasks: list[Any], pointer: str, data: Any, branch: _Branch) -> Any:
        names = [name for entry in tasks for name in entry]
        index = 0
        while index < len(tasks):
            [(name, task)] = tasks[index].items()
            data, directive = self._task(name, task, f"{pointer}/{index}/{name}", data, branch)
            match directive:
                case "continue" | "skipped":
                    index += 1
                case "exit":
                    return data
                case "end":
                    raise Ended(data)
                case other:
                    index = names.index(other)
        return data

    def _task(self, name: str, task: Any, pointer: str, raw: Any, branch: _Branch) -> tuple[Any, str]:
        self._left -= 1
        if self._left < 0:
            raise Undetermined
        try:
            return self._steps(name, task, pointer, raw, branch)
        except Fault as fault:
            fault.instance = fault.instance or pointer
            raise

    def _steps(self, name: str, task: Any, pointer: str, raw: Any, branch: _Branch) -> tuple[Any, str]:
        own = {
            **self._workflow,
            "task": {"name": name, "reference": pointer, "definition": task, "input": raw},
        }
        if "if" in task and not _holds(task["if"], raw, _Seen(branch, own).arguments()):
            branch.scope.outputs[name] = None
            return raw, "skipped"
        data = _shaped(task.get("input"), "from", raw, _Seen(branch, own).arguments(), validate_first=True)
        own["input"] = data
        made, directive = self._kind(task, pointer, data, _Seen(branch, own))
        own["task"] = {**own["task"], "output": made}
        output = _shaped(task.get("output"), "as", made, _Seen(branch, own).arguments())
        branch.scope.outputs[name] = output
        if "export" in task:
            seen = {**_Seen(branch, own).arguments(), "output": output}
            if "as" in task["export"]:
                branch.context = _shaped({"as": task["export"]["as"]}, "as", output, seen)
            _validate(task["export"], branch.context)  # after the context is updated (dsl.md, Data Flow)
        return output, directive or task.get("then", "continue")

    def _kind(self, task: Any, pointer: str, data: Any, seen: _Seen) -> tuple[Any, str | None]:
        match task:
            case {"set": template}:
                return _rendered(template, data, seen.arguments()), None
            case {"wait": _}:
                return data, None
            case {"for": loop, "do": tasks}:
                return self._for(loop, task.get("while"), tasks, pointer, data, seen), None
            case {"do": tasks}:
                return self._list(tasks, f"{pointer}/do", data, seen.branch), None
            case {"switch": cases}:
                return data, _chosen(cases, data, seen.arguments())
            case {"raise": {"error": error}}:
                raise self._raised(error, data, seen.arguments())
            case {"try": tasks, "catch": catch}:
                return self._try(tasks, catch, pointer, data, seen)
            case {"fork": {"branches": branches, "compete": True}}:
                quick = [entry for entry in branches if not any("wait" in task for task in entry.values())]
                return self._branches(quick, f"{pointer}/fork/branches", data, seen.branch)[0], None
            case {"fork": {"branches": branches}}:
                return self._branches(branches, f"{pointer}/fork/branches", data, seen.branch), None
            case {"call": "map", "with": arguments}:
                return self._map(arguments, pointer, data, seen), None
            case {"call": name}:
                return self._function(name, task.get("with", {}), pointer, data, seen), None
        raise AssertionError(task)

    def _raised(self, error: Any, data: Any, seen: Mapping[str, Any]) -> Fault:
        described = self._definition["use"]["errors"][error] if isinstance(error, str) else error
        told = _rendered(described, data, seen)
        return Fault(told["type"].rpartition("/")[2], told["status"], told.get("instance"))

    def _for(
        self, loop: Any, condition: str | None, tasks: list[Any], pointer: str, data: Any, seen: _Seen
    ) -> Any:
        for index, item in enumerate(_items(loop["in"], data, seen.arguments())):
            bound = {loop.get("each", "item"): item, loop.get("at", "index"): index}
            if condition is not None and not _holds(condition, data, {**seen.arguments(), **bound}):
                break
            inner = seen.branch.within(_Scope(_names(tasks), seen.branch.scope), bound)
            try:
                data = self._list(tasks, f"{pointer}/do", data, inner)
            finally:
                seen.branch.context = inner.context
        return data

    def _try(
        self, tasks: list[Any], catch: Any, pointer: str, data: Any, seen: _Seen
    ) -> tuple[Any, str | None]:
        attempts = 1 + catch.get("retry", {"limit": {"attempt": {"count": 0}}})["limit"]["attempt"]["count"]
        for left in reversed(range(attempts)):
            try:
                return self._list(tasks, f"{pointer}/try", data, seen.branch), None
            except Fault as fault:
                if fault.others:
                    raise Undetermined from None
                error = {"type": fault.type, "status": fault.status, "instance": fault.instance}
                wanted = catch.get("errors", {}).get("with", {})
                bound = {**seen.arguments(), catch.get("as", "error"): error}
                if any(error[key] != value for key, value in wanted.items()) or not all(
                    _holds(catch[key], data, bound) is wanted_value
                    for key, wanted_value in (("when", True), ("exceptWhen", False))
                    if key in catch
                ):
                    raise
                if not left and "retry" in catch and not catch.keys() & {"do", "then"}:
                    raise
        return self._caught(catch, pointer, data, seen, error)

    def _caught(self, catch: Any, pointer: str, data: Any, seen: _Seen, error: Any) -> tuple[Any, str | None]:
        if "do" not in catch:
            return data, catch.get("then")
        inner = seen.branch.within(seen.branch.scope, {catch.get("as", "error"): error})
        try:
            return self._list(catch["do"], f"{pointer}/catch/do", data, inner), catch.get("then")
        finally:
            seen.branch.context = inner.context

    def _branches(self, branches: list[Any], pointer: str, data: Any, around: _Branch) -> list[Any]:
        """The outputs of branches that run beside each other; of those that compete, only such as are quick."""
        outputs: list[Any] = []
        faults: list[Fault] = []
        ends: list[Ended] = []
        for index, entry in enumerate(branches):
            [(name, task)] = entry.items()
            inner = around.within(_Scope(_names([entry]), around.scope), {})
            try:
                output, directive = self._task(name, task, f"{pointer}/{index}/{name}", data, inner)
                if directive == "end":
                    ends.append(Ended(output))
                outputs.append(None if directive == "skipped" else output)
            except Fault as fault:
                faults += [fault, *fault.others]
            except Ended as ended:
                ends.append(ended)
        if len(ends) > 1 or (faults and ends):
            raise Undetermined
        if ends:
            raise ends[0]
        if faults:
            faults[0].others = tuple(faults[1:])
            raise faults[0]
        return outputs

    def _function(self, name: str, given: Any, pointer: str, data: Any, seen: _Seen) -> Any:
        """The output of a function, which sees its arguments, `$context` and its own tasks."""
        arguments = _rendered(given, data, seen.arguments())
        function = self._definition["use"]["functions"][name]
        inner = _Branch(_Scope(_names([{name: function}])), seen.branch.context)
        try:
            output, directive = self._task(name, function, f"{pointer}/call/{name}", arguments, inner)
        finally:
            seen.branch.context = inner.context
        if directive == "end":
            raise Ended(output)
        return output

    def _map(self, arguments: Any, pointer: str, data: Any, seen: _Seen) -> list[Any]:
        results: list[Any] = []
        tasks = arguments["do"]
        for index, item in enumerate(_items(arguments["in"], data, seen.arguments())):
            bound = {arguments.get("each", "item"): item, arguments.get("at", "index"): index}
            inner = seen.branch.within(_Scope(_names(tasks), seen.branch.scope), bound)
            try:
                results.append(self._list(tasks, f"{pointer}/with/do", data, inner))
            except Fault as fault:
                if arguments.get("onError") != "collect":
                    raise
                if fault.others:
                    raise Undetermined from None
                told = {"type": fault.type, "status": fault.status, "instance": fault.instance}
                results.append({"error": told})
        return results


def _names(tasks: list[Any]) -> frozenset[str]:
    """The names of a list, and of the `do` lists in it, which open no scope of their own."""
    return frozenset(_walk(tasks))


def _walk(tasks: list[Any]) -> Iterator[str]:
    for entry in tasks:
        for name, task in entry.items():
            yield name
            if "do" in task and "for" not in task:
                yield from _walk(task["do"])
            yield from _walk(task.get("try", []))
            yield from _walk(task.get("catch", {}).get("do", []))


def _standard(kind: str) -> Fault:
    return Fault(kind, 400)


def _shaped(
    part: Mapping[str, Any] | None, key: str, data: Any, seen: Mapping[str, Any], validate_first: bool = False
) -> Any:
    """Validate and transform, or the other way round, as an `input`, `output` or `export` says."""
    if part is None:
        return data
    if validate_first:
        _validate(part, data)
    if key in part:
        data = (
            _whole(part[key], data, seen) if isinstance(part[key], str) else _rendered(part[key], data, seen)
        )
    if not validate_first:
        _validate(part, data)
    return data


def _validate(part: Mapping[str, Any], data: Any) -> None:
    if "schema" in part and not jsonschema_rs.is_valid(part["schema"]["document"], data):
        raise _standard("validation")


def _items(given: Any, data: Any, seen: Mapping[str, Any]) -> list[Any]:
    items: Any = _whole(given, data, seen) if isinstance(given, str) else _rendered(given, data, seen)
    if not isinstance(items, list):
        raise _standard("expression")
    return items


def _chosen(cases: list[Any], data: Any, seen: Mapping[str, Any]) -> str | None:
    for entry in cases:
        for case in entry.values():
            if "when" not in case or _holds(case["when"], data, seen):
                then: str = case["then"]
                return then
    return None


def _holds(expression: str, data: Any, seen: Mapping[str, Any]) -> bool:
    value = _whole(expression, data, seen)
    if not isinstance(value, bool):
        raise _standard("expression")
    return value


def _whole(expression: str, data: Any, seen: Mapping[str, Any]) -> Any:
    """The value of a field that is one expression, with `${ }` or without."""
    found = _EXPRESSION.fullmatch(expression.strip())
    return _asked(found[1] if found else expression, data, seen)


def _rendered(template: Any, data: Any, seen: Mapping[str, Any]) -> Any:
    """Data with the expressions in it replaced by their values."""
    if isinstance(template, dict):
        return {key: _rendered(value, data, seen) for key, value in template.items()}
    if isinstance(template, list):
        return [_rendered(value, data, seen) for value in template]
    if not isinstance(template, str):
        return template
    alone = _EXPRESSION.fullmatch(template)
    if alone:
        return _asked(alone[1], data, seen)
    return _EXPRESSION.sub(lambda found: _as_text(_asked(found[1], data, seen)), template)


def _as_text(value: Any) -> str:
    if value is None:
        raise _standard("expression")
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _asked(source: str, data: Any, seen: Mapping[str, Any]) -> Any:
    try:
        values = jq.compile(source, args=dict(seen)).input_value(data).all()
    except ValueError:
        raise _standard("expression") from None
    if len(values) != 1:
        raise _standard("expression")
    return values[0]
