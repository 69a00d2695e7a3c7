"""Messages: six roles, and the parts that their content may have."""

from typing import Annotated, Literal, Required, TypedDict

from httptask.chat.fields.annotations import REVISION, About, AnyOther, Length, Own

__all__ = ["Message", "TextPart"]

_CALL_ID = "the id of the tool call that it answers"


class CacheBreakpoint(TypedDict, total=False):
    """Where the server may end a cached prefix of the prompt."""

    mode: Required[Annotated[Literal["explicit"], AnyOther(), About("How the breakpoint is set.")]]


_Breakpoint = Annotated[
    CacheBreakpoint, About("Marks the part as the end of a prefix to cache.", since=REVISION)
]


class TextPart(TypedDict, total=False):
    """A piece of text."""

    type: Required[Literal["text"]]
    text: Required[Annotated[str, About("The text.", hint="write the text of this part")]]
    prompt_cache_breakpoint: _Breakpoint


class ImageUrl(TypedDict, total=False):
    """Where an image is."""

    url: Required[Annotated[str, About("Address of the image, or the image itself as a data URL.")]]
    detail: Annotated[
        Literal["auto", "low", "high"],
        About("How closely the model looks, which is paid for in tokens.", default="auto"),
    ]


class ImagePart(TypedDict, total=False):
    """An image for the model to see."""

    type: Required[Literal["image_url"]]
    image_url: Required[Annotated[ImageUrl, About("The image.", hint="write { url: https://... }")]]
    prompt_cache_breakpoint: _Breakpoint


class InputAudio(TypedDict, total=False):
    """A recording."""

    data: Required[Annotated[str, About("The recording in base64.")]]
    format: Required[
        Annotated[
            Literal["wav", "mp3"],
            Own("openrouter", ("aac", "aiff", "flac", "m4a", "ogg", "pcm16", "pcm24")),
            Own("vllm", ("flac", "ogg")),
            About("How the recording is encoded."),
        ]
    ]


class AudioPart(TypedDict, total=False):
    """A recording for the model to hear."""

    type: Required[Literal["input_audio"]]
    input_audio: Required[Annotated[InputAudio, About("The recording.")]]
    prompt_cache_breakpoint: _Breakpoint


class InputFile(TypedDict, total=False):
    """A file: an uploaded one by its id, or its content."""

    filename: Annotated[str, About("Name that the model sees.")]
    file_data: Annotated[str, About("Content of the file in base64, as a data URL.")]
    file_id: Annotated[str, About("Id of a file that was uploaded before.")]


class FilePart(TypedDict, total=False):
    """A file for the model to read."""

    type: Required[Literal["file"]]
    file: Required[Annotated[InputFile, About("The file.")]]
    prompt_cache_breakpoint: _Breakpoint


class RefusalPart(TypedDict, total=False):
    """The model's own words for not answering."""

    type: Required[Literal["refusal"]]
    refusal: Required[Annotated[str, About("What the model said.")]]


class CalledFunction(TypedDict, total=False):
    """Which function the model asked for, and with what."""

    name: Required[Annotated[str, About("Name of the function.")]]
    arguments: Required[
        Annotated[str, About("The arguments as the model wrote them.", hint="write them as JSON text")]
    ]


class FunctionToolCall(TypedDict, total=False):
    """A function that the model asked for."""

    id: Required[Annotated[str, About("Names the call for the message that answers it.")]]
    type: Required[Literal["function"]]
    function: Required[Annotated[CalledFunction, About("The function and its arguments.")]]


class CalledTool(TypedDict, total=False):
    """Which custom tool the model asked for, and with what."""

    name: Required[Annotated[str, About("Name of the tool.")]]
    input: Required[Annotated[str, About("What the model wrote for the tool.")]]


class CustomToolCall(TypedDict, total=False):
    """A custom tool that the model asked for."""

    id: Required[Annotated[str, About("Names the call for the message that answers it.")]]
    type: Required[Literal["custom"]]
    custom: Required[Annotated[CalledTool, About("The tool and its input.", since=REVISION)]]


class AnsweredAudio(TypedDict, total=False):
    """An earlier spoken answer."""

    id: Required[Annotated[str, About("Id that the earlier answer gave its audio.")]]


_TEXT = About("The text, or a list of text parts.")
_NAME = About("Tells apart participants of the same role.")
_Texts = Annotated[list[TextPart], Length(1), Own("vllm", ("image_url", "input_audio"))]


class DeveloperMessage(TypedDict, total=False):
    """Instructions to the model from whoever builds the application; reasoning models take them for `system`."""

    role: Required[Literal["developer"]]
    content: Required[Annotated[str | _Texts, _TEXT]]
    name: Annotated[str, _NAME]


class SystemMessage(TypedDict, total=False):
    """Instructions to the model, in the older role."""

    role: Required[Literal["system"]]
    content: Required[Annotated[str | _Texts, _TEXT]]
    name: Annotated[str, _NAME]


class UserMessage(TypedDict, total=False):
    """What the person says or shows."""

    role: Required[Literal["user"]]
    content: Required[
        Annotated[
            str | Annotated[list[TextPart | ImagePart | AudioPart | FilePart], Length(1)],
            About("The text, or a list of texts, images, recordings and files."),
        ]
    ]
    name: Annotated[str, _NAME]


class AssistantMessage(TypedDict, total=False):
    """What the model said before."""

    role: Required[Literal["assistant"]]
    content: Annotated[
        str | Annotated[list[TextPart | RefusalPart], Length(1)] | None,
        About("What it said; may be left out of a message that calls tools, refuses or speaks."),
    ]
    refusal: Annotated[str | None, About("Its words for not answering.")]
    name: Annotated[str, _NAME]
    audio: Annotated[AnsweredAudio | None, About("The spoken answer that it gave.")]
    tool_calls: Annotated[
        list[FunctionToolCall | CustomToolCall],
        Length(1),
        About("Tools that it asked for.", hint="leave it out where there are none"),
    ]
    function_call: Annotated[
        CalledFunction | None, About("The function that it asked for.", deprecated="tool_calls")
    ]


class ToolMessage(TypedDict, total=False):
    """The result of a tool that the model asked for."""

    role: Required[Literal["tool"]]
    content: Required[Annotated[str | _Texts, About("The result as text, or a list of text parts.")]]
    tool_call_id: Required[Annotated[str, About("Which call it answers.", hint=_CALL_ID)]]


class FunctionMessage(TypedDict, total=False):
    """The result of a function, in the form that tools have replaced."""

    role: Required[Literal["function"]]
    content: Required[
        Annotated[str | None, About("The result as text.", deprecated="a message of role tool")]
    ]
    name: Required[
        Annotated[str, About("Name of the function.", hint="the name of the function that was called")]
    ]


Message = DeveloperMessage | SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage
