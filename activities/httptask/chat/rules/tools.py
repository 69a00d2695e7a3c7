"""Rules about tools and functions."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from httptask.chat.fields.unknown import has_unknown
from httptask.chat.rules.rule import Breach, Rule, is_absent, rule
from httptask.diagnostics.fault import Severity
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.diagnostics.words import quoted
from httptask.json.tree import objects_in
from httptask.json.types import is_object

__all__ = ["RULES"]

Body = Mapping[str, Any]
_TOOLS_MISSING: Final = "add `tools`, or leave it out"
_TEXTS: Final = ("none", "auto")
_FORCED: Final = ("required", "any")
"""Each means that some tool has to be called; the second is Mistral's."""


@rule(Severity.WARNING, "tools")
def some_tools(body: Body) -> Iterator[Breach]:
    """A list of `tools` is not empty."""
    if body.get("tools") == []:
        yield Breach(("tools",), "`tools` is empty", "leave it out")


@rule(Severity.WARNING, "tools")
def tools_have_distinct_names(body: Body) -> Iterator[Breach]:
    """No two tools have the same name."""
    seen: set[tuple[str, str]] = set()
    for index, kind, name in _names_of_tools(body):
        if isinstance(name, str) and (kind, name) in seen:
            message = f"there is another tool {quoted(name)} before this one"
            yield Breach(("tools", index, kind, "name"), message, "give each tool a name of its own")
        elif isinstance(name, str):
            seen.add((kind, name))


@rule(Severity.ERROR, "tool_choice")
def tool_choice_needs_tools(body: Body) -> Iterator[Breach]:
    """A `tool_choice` that asks for a tool needs `tools`."""
    choice = body.get("tool_choice")
    if is_absent(body, "tools") and (is_object(choice) or choice in _FORCED):
        yield Breach(
            ("tool_choice",), "`tool_choice` asks for a tool, and there are no `tools`", _TOOLS_MISSING
        )


@rule(Severity.WARNING, "tool_choice")
def tool_choice_without_tools(body: Body) -> Iterator[Breach]:
    """`tool_choice` of none or auto says nothing without `tools`."""
    if is_absent(body, "tools") and body.get("tool_choice") in _TEXTS:
        yield Breach(("tool_choice",), "`tool_choice` is given, and there are no `tools`", "leave it out")


@rule(Severity.ERROR, "tool_choice")
def tool_choice_names_a_tool(body: Body) -> Iterator[Breach]:
    """A tool that `tool_choice` names is among `tools`."""
    if is_absent(body, "tools") or has_unknown(body["tools"]):
        return
    known = {(kind, name) for _, kind, name in _names_of_tools(body)}
    for path, kind, name in _chosen(body.get("tool_choice")):
        if isinstance(name, str) and (kind, name) not in known:
            names = [other for of_kind, other in known if of_kind == kind and isinstance(other, str)]
            hint = hint_for_unknown(name, sorted(names), "tools of this kind")
            yield Breach(path, f"there is no tool {quoted(name)}", hint)


@rule(Severity.ERROR, "parallel_tool_calls")
def parallel_tool_calls_need_tools(body: Body) -> Iterator[Breach]:
    """`parallel_tool_calls` needs `tools`."""
    if is_absent(body, "tools") and not is_absent(body, "parallel_tool_calls"):
        yield Breach(
            ("parallel_tool_calls",),
            "`parallel_tool_calls` is given, and there are no `tools`",
            _TOOLS_MISSING,
        )


@rule(Severity.ERROR, "function_call")
def function_call_needs_functions(body: Body) -> Iterator[Breach]:
    """A `function_call` that names a function needs `functions`."""
    if is_absent(body, "functions") and is_object(body.get("function_call")):
        hint = "write `tools` and `tool_choice`, which replace both"
        yield Breach(
            ("function_call",), "`function_call` names a function, and there are no `functions`", hint
        )


@rule(Severity.WARNING, "function_call")
def function_call_without_functions(body: Body) -> Iterator[Breach]:
    """`function_call` of none or auto says nothing without `functions`."""
    if is_absent(body, "functions") and body.get("function_call") in _TEXTS:
        yield Breach(
            ("function_call",), "`function_call` is given, and there are no `functions`", "leave it out"
        )


@rule(Severity.ERROR, "function_call")
def function_call_names_a_function(body: Body) -> Iterator[Breach]:
    """A function that `function_call` names is among `functions`."""
    choice, functions = body.get("function_call"), body.get("functions")
    name = choice.get("name") if is_object(choice) else None
    if is_absent(body, "functions") or has_unknown(functions) or not isinstance(name, str):
        return
    known = [other["name"] for _, other in objects_in(functions) if isinstance(other.get("name"), str)]
    if name not in known:
        hint = hint_for_unknown(name, known, "functions")
        yield Breach(("function_call", "name"), f"there is no function {quoted(name)}", hint)


@rule(Severity.WARNING, "functions", "function_call")
def tools_replace_functions(body: Body) -> Iterator[Breach]:
    """`tools` and `tool_choice` replace `functions` and `function_call`: a request has the ones or the others."""
    for old, new in (("functions", "tools"), ("function_call", "tool_choice")):
        if not is_absent(body, old) and not is_absent(body, new):
            yield Breach((old,), f"`{old}` and `{new}` are both given", f"keep `{new}`")


RULES: Final[tuple[Rule, ...]] = (
    some_tools,
    tools_have_distinct_names,
    tool_choice_needs_tools,
    tool_choice_without_tools,
    tool_choice_names_a_tool,
    parallel_tool_calls_need_tools,
    function_call_needs_functions,
    function_call_without_functions,
    function_call_names_a_function,
    tools_replace_functions,
)


def _named(tool: dict[str, Any]) -> tuple[str, Any] | None:
    """Kind and name of a tool or of a choice of one; None when that can't be told."""
    kind = tool.get("type")
    inner = tool.get(kind) if isinstance(kind, str) else None
    return (kind, inner.get("name")) if isinstance(kind, str) and is_object(inner) else None


def _names_of_tools(body: Body) -> Iterator[tuple[int, str, Any]]:
    for index, tool in objects_in(body.get("tools")):
        named = _named(tool)
        if named is not None:
            yield (index, *named)


def _chosen(choice: Any) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    """Where `tool_choice` names tools, and which."""
    if not is_object(choice):
        return
    allowed = choice.get("allowed_tools")
    if is_object(allowed):
        for index, tool in objects_in(allowed.get("tools")):
            named = _named(tool)
            if named is not None:
                yield ("tool_choice", "allowed_tools", "tools", index, named[0], "name"), *named
    elif (named := _named(choice)) is not None:
        yield ("tool_choice", named[0], "name"), *named
