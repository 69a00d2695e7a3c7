"""Tools, functions, and which of them the model may or must use."""

from typing import Annotated, Any, Literal, Required, TypedDict

from httptask.chat.fields.annotations import REVISION, About, Length, Matches, Own

__all__ = ["NAME_PATTERN", "FunctionChoice", "FunctionDefinition", "Tool", "ToolChoice"]

NAME_PATTERN = Matches(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, `_` and `-`")

_NAME = Annotated[str, NAME_PATTERN, About("Name by which the model calls it.")]
_DESCRIPTION = Annotated[str, About("Tells the model what it does and when to use it.")]
_PARAMETERS = Annotated[
    dict[str, Any],
    About(
        "JSON Schema of its arguments; without it there are none.", hint="write a JSON Schema of type object"
    ),
]


class FunctionDefinition(TypedDict, total=False):
    """A function of the older `functions`."""

    name: Required[_NAME]
    description: _DESCRIPTION
    parameters: _PARAMETERS


class ToolFunction(FunctionDefinition, total=False):
    """A function that the model may ask for."""

    strict: Annotated[
        bool | None, About("Whether the arguments are held to the schema exactly.", default=False)
    ]


class FunctionTool(TypedDict, total=False):
    """A function as a tool."""

    type: Required[Literal["function"]]
    function: Required[Annotated[ToolFunction, About("The function.")]]


class TextFormat(TypedDict, total=False):
    """Any text is a valid input."""

    type: Required[Literal["text"]]


class Grammar(TypedDict, total=False):
    """Which texts are valid."""

    definition: Required[Annotated[str, About("The grammar itself.")]]
    syntax: Required[Annotated[Literal["lark", "regex"], About("Language of the grammar.")]]


class GrammarFormat(TypedDict, total=False):
    """A valid input follows a grammar."""

    type: Required[Literal["grammar"]]
    grammar: Required[Annotated[Grammar, About("Which texts are valid.")]]


class CustomToolDefinition(TypedDict, total=False):
    """A tool that takes text instead of JSON."""

    name: Required[_NAME]
    description: _DESCRIPTION
    format: Annotated[
        TextFormat | GrammarFormat, About("What its input looks like.", default={"type": "text"})
    ]


class CustomTool(TypedDict, total=False):
    """A custom tool."""

    type: Required[Literal["custom"]]
    custom: Required[Annotated[CustomToolDefinition, About("The tool.", since=REVISION)]]


Tool = FunctionTool | CustomTool


class Named(TypedDict, total=False):
    """A tool by its name."""

    name: Required[Annotated[str, About("Name of one of the request's tools.")]]


class NamedFunctionTool(TypedDict, total=False):
    """This function has to be called."""

    type: Required[Literal["function"]]
    function: Required[Annotated[Named, About("The function.", hint="write { name: ... } under `function`")]]


class NamedCustomTool(TypedDict, total=False):
    """This custom tool has to be called."""

    type: Required[Literal["custom"]]
    custom: Required[
        Annotated[Named, About("The tool.", hint="write { name: ... } under `custom`", since=REVISION)]
    ]


class AllowedTools(TypedDict, total=False):
    """A choice of the request's tools."""

    mode: Required[Annotated[Literal["auto", "required"], About("Whether one of them has to be called.")]]
    tools: Required[
        Annotated[
            list[NamedFunctionTool | NamedCustomTool], Length(1), About("The tools that may be called.")
        ]
    ]


class AllowedToolsChoice(TypedDict, total=False):
    """Only some of the tools may be called."""

    type: Required[Literal["allowed_tools"]]
    allowed_tools: Required[
        Annotated[AllowedTools, About("Which ones, and whether one must be.", since=REVISION)]
    ]


ToolChoice = (
    Annotated[Literal["none", "auto", "required"], Own("mistral", ("any",))]
    | NamedFunctionTool
    | NamedCustomTool
    | AllowedToolsChoice
)

FunctionChoice = Literal["none", "auto"] | Named
