"""Tools and functions, and the choice among them."""

from typing import Any

from support.chat_rows.row import doubtful, function, sound, wrong

CUSTOM = {"type": "custom", "custom": {"name": "c"}}


def allowed(*tools: dict[str, Any]) -> dict[str, Any]:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [*tools]}}
    return {"tools": [function()], "tool_choice": choice}


def custom(format_: Any) -> dict[str, Any]:
    return {"tools": [{"type": "custom", "custom": {"name": "c", "format": format_}}]}


TOOLS = [
    sound("a function", tools=[function(description="d", parameters={"type": "object"}, strict=None)]),
    sound("128 functions", tools=[function(f"f{index}") for index in range(128)]),
    sound("a custom tool", tools=[CUSTOM]),
    sound("a custom tool of text", **custom({"type": "text"})),
    sound(
        "a custom tool with a grammar",
        **custom({"type": "grammar", "grammar": {"definition": "a", "syntax": "lark"}}),
    ),
    wrong("129 functions", "/tools", "length", tools=[function(f"f{index}") for index in range(129)]),
    wrong("tools null", "/tools", "null", tools=None),
    wrong("tools is an object", "/tools", "type", tools=function()),
    wrong("a tool is text", "/tools/0", "type", tools=["f"]),
    wrong("a tool without a type", "/tools/0/type", "missing", tools=[{"function": {"name": "f"}}]),
    doubtful("a tool of a server's own", "/tools/0/type", "choice", tools=[{"type": "web_search"}]),
    wrong("a tool without its function", "/tools/0/function", "missing", tools=[{"type": "function"}]),
    wrong(
        "a function without a name",
        "/tools/0/function/name",
        "missing",
        tools=[{"type": "function", "function": {}}],
    ),
    wrong("a function with a dot in its name", "/tools/0/function/name", "form", tools=[function("a.b")]),
    wrong(
        "a function with a line end in its name", "/tools/0/function/name", "form", tools=[function("a\n")]
    ),
    wrong("a function with a name of 65", "/tools/0/function/name", "form", tools=[function("f" * 65)]),
    wrong(
        "a function, description a list",
        "/tools/0/function/description",
        "type",
        tools=[function(description=[])],
    ),
    wrong(
        "a function, parameters as text",
        "/tools/0/function/parameters",
        "type",
        tools=[function(parameters="{}")],
    ),
    wrong("a function, strict 1", "/tools/0/function/strict", "type", tools=[function(strict=1)]),
    wrong("a custom tool is missing", "/tools/0/custom", "missing", tools=[{"type": "custom"}]),
    wrong(
        "a custom tool without a name",
        "/tools/0/custom/name",
        "missing",
        tools=[{"type": "custom", "custom": {}}],
    ),
    wrong(
        "a custom tool, description a number",
        "/tools/0/custom/description",
        "type",
        tools=[{"type": "custom", "custom": {"name": "c", "description": 1}}],
    ),
    wrong("a custom tool, format as text", "/tools/0/custom/format", "type", **custom("lark")),
    wrong("a custom tool, format without a type", "/tools/0/custom/format/type", "missing", **custom({})),
    wrong(
        "a custom tool, grammar is missing",
        "/tools/0/custom/format/grammar",
        "missing",
        **custom({"type": "grammar"}),
    ),
    wrong(
        "a grammar without its definition",
        "/tools/0/custom/format/grammar/definition",
        "missing",
        **custom({"type": "grammar", "grammar": {"syntax": "regex"}}),
    ),
    wrong(
        "a grammar of no such language",
        "/tools/0/custom/format/grammar/syntax",
        "choice",
        **custom({"type": "grammar", "grammar": {"definition": "a", "syntax": "ebnf"}}),
    ),
]

CHOICES = [
    *[
        sound(f"tool_choice {choice}", tools=[function()], tool_choice=choice)
        for choice in ("none", "auto", "required")
    ],
    sound("tool_choice of a function", tools=[function()], tool_choice=function()),
    sound("tool_choice of a custom tool", tools=[CUSTOM], tool_choice=CUSTOM),
    sound(
        "tool_choice of allowed tools",
        tools=[function(), CUSTOM],
        tool_choice={
            "type": "allowed_tools",
            "allowed_tools": {"mode": "auto", "tools": [function(), CUSTOM]},
        },
    ),
    wrong("tool_choice null", "/tool_choice", "null", tools=[function()], tool_choice=None),
    wrong("tool_choice any", "/tool_choice", "choice", tools=[function()], tool_choice="any"),
    wrong("tool_choice true", "/tool_choice", "type", tools=[function()], tool_choice=True),
    wrong(
        "tool_choice without a type",
        "/tool_choice/type",
        "missing",
        tools=[function()],
        tool_choice={"function": {"name": "f"}},
    ),
    doubtful(
        "tool_choice of a server's own",
        "/tool_choice/type",
        "choice",
        tools=[function()],
        tool_choice={"type": "web_search"},
    ),
    wrong(
        "tool_choice without its function",
        "/tool_choice/function",
        "missing",
        tools=[function()],
        tool_choice={"type": "function"},
    ),
    wrong(
        "tool_choice without a name",
        "/tool_choice/function/name",
        "missing",
        tools=[function()],
        tool_choice={"type": "function", "function": {}},
    ),
    wrong(
        "tool_choice without its custom tool",
        "/tool_choice/custom",
        "missing",
        tools=[function()],
        tool_choice={"type": "custom"},
    ),
    wrong(
        "tool_choice without a custom name",
        "/tool_choice/custom/name",
        "missing",
        tools=[function()],
        tool_choice={"type": "custom", "custom": {}},
    ),
    wrong(
        "allowed_tools is missing",
        "/tool_choice/allowed_tools",
        "missing",
        tools=[function()],
        tool_choice={"type": "allowed_tools"},
    ),
    wrong(
        "allowed_tools without tools",
        "/tool_choice/allowed_tools/tools",
        "missing",
        tools=[function()],
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto"}},
    ),
    wrong(
        "allowed_tools without a mode",
        "/tool_choice/allowed_tools/mode",
        "missing",
        tools=[function()],
        tool_choice={"type": "allowed_tools", "allowed_tools": {"tools": [function()]}},
    ),
    wrong(
        "an allowed tool without a type",
        "/tool_choice/allowed_tools/tools/0/type",
        "missing",
        **allowed({"function": {"name": "f"}}),
    ),
    wrong(
        "an allowed tool without its function",
        "/tool_choice/allowed_tools/tools/0/function",
        "missing",
        **allowed({"type": "function"}),
    ),
    wrong(
        "an allowed tool without its custom tool",
        "/tool_choice/allowed_tools/tools/0/custom",
        "missing",
        **allowed({"type": "custom"}),
    ),
    wrong(
        "an allowed custom tool without a name",
        "/tool_choice/allowed_tools/tools/0/custom/name",
        "missing",
        **allowed({"type": "custom", "custom": {}}),
    ),
    wrong("allowed tools of none", "/tool_choice/allowed_tools/tools", "length", **allowed()),
    sound(
        "allowed tools, one of them required",
        tools=[function()],
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [function()]}},
    ),
    wrong(
        "allowed tools in a mode of no such name",
        "/tool_choice/allowed_tools/mode",
        "choice",
        tools=[function()],
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "any", "tools": [function()]}},
    ),
    wrong(
        "a custom tool with a blank in its name",
        "/tools/0/custom/name",
        "form",
        tools=[{"type": "custom", "custom": {"name": "my tool"}}],
    ),
    sound("functions of 128", functions=[{"name": f"f{index}"} for index in range(128)]),
    wrong("functions with a dot in a name", "/functions/0/name", "form", functions=[{"name": "a.b"}]),
    sound("functions", functions=[{"name": "f", "description": "d", "parameters": {}}]),
    wrong("functions null", "/functions", "null", functions=None),
    wrong("functions of none", "/functions", "length", functions=[]),
    wrong(
        "functions of 129", "/functions", "length", functions=[{"name": f"f{index}"} for index in range(129)]
    ),
    wrong("functions without a name", "/functions/0/name", "missing", functions=[{}]),
    wrong(
        "functions, description a number",
        "/functions/0/description",
        "type",
        functions=[{"name": "f", "description": 1}],
    ),
    wrong(
        "functions, parameters as text",
        "/functions/0/parameters",
        "type",
        functions=[{"name": "f", "parameters": "{}"}],
    ),
    *[
        sound(f"function_call {name}", functions=[{"name": "f"}], function_call=choice)
        for name, choice in {"none": "none", "auto": "auto", "of a function": {"name": "f"}}.items()
    ],
    wrong("function_call null", "/function_call", "null", functions=[{"name": "f"}], function_call=None),
    wrong(
        "function_call required",
        "/function_call",
        "choice",
        functions=[{"name": "f"}],
        function_call="required",
    ),
    wrong(
        "function_call without a name",
        "/function_call/name",
        "missing",
        functions=[{"name": "f"}],
        function_call={},
    ),
]

ROWS = [*TOOLS, *CHOICES]
