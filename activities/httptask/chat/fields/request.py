"""The request body of `POST /chat/completions`, field for field."""

from typing import Annotated, Literal, Required, TypedDict

from httptask.chat.fields.annotations import REVISION, About, AnyOther, Length, Own, Range
from httptask.chat.fields.messages import Message
from httptask.chat.fields.options import (
    AudioOutput,
    Moderation,
    Prediction,
    PromptCacheOptions,
    ResponseFormat,
    StreamOptions,
    WebSearchOptions,
)
from httptask.chat.fields.tools import FunctionChoice, FunctionDefinition, Tool, ToolChoice

__all__ = ["ChatBody", "ChatParams"]

_INT64 = Range(-(2**63), 2**63 - 1)
_Tokens = Annotated[int | None, Range(1)]


class _Question(TypedDict, total=False):
    model: Required[
        Annotated[
            str,
            Length(1),
            About("The model that answers.", hint="name a model of the server, for example gpt-4.1-mini"),
        ]
    ]
    messages: Required[
        Annotated[
            list[Message],
            Length(1),
            About(
                "The conversation so far.",
                hint="write a list of messages, for example [{ role: user, content: Hello }]",
            ),
        ]
    ]


class ChatParams(TypedDict, total=False):
    """Every field of the request but `model` and `messages`."""

    temperature: Annotated[
        float | None, Range(0, 2), About("How freely tokens are chosen: 0 takes the likeliest.", default=1)
    ]
    top_p: Annotated[
        float | None,
        Range(0, 1),
        About("Chooses among the likeliest tokens that together have this probability.", default=1),
    ]
    n: Annotated[
        int | None, Range(1, 128), About("How many alternative answers to write; all are paid.", default=1)
    ]
    max_completion_tokens: Annotated[
        _Tokens, About("Most tokens that are written, those of reasoning included.")
    ]
    max_tokens: Annotated[_Tokens, About("Most tokens that are written.", deprecated="max_completion_tokens")]
    stop: Annotated[
        str | Annotated[list[str], Length(1, 4)] | None,
        About("Text, or up to four, at which the answer ends; it is not part of the answer.", default=None),
    ]
    seed: Annotated[
        int | None,
        _INT64,
        About("The same seed tends to give the same answer.", deprecated=""),
    ]
    frequency_penalty: Annotated[
        float | None, Range(-2, 2), About("Above 0, words that came often become less likely.", default=0)
    ]
    presence_penalty: Annotated[
        float | None, Range(-2, 2), About("Above 0, words that came at all become less likely.", default=0)
    ]
    logit_bias: Annotated[
        dict[str, Annotated[int, Range(-100, 100)]] | None,
        About("Makes tokens, by their id, likelier (to 100) or less likely (to -100).", default=None),
    ]
    logprobs: Annotated[bool | None, About("Whether to tell how likely each token was.", default=False)]
    top_logprobs: Annotated[
        int | None, Range(0, 20), About("How many likely alternatives of each token to tell, too.")
    ]
    response_format: Annotated[
        ResponseFormat,
        About(
            "Text, a JSON object, or JSON that fits a schema.",
            hint="one of { type: text }, { type: json_object }, { type: json_schema, json_schema: {...} }",
        ),
    ]
    tools: Annotated[
        list[Tool],
        Length(0, 128),
        About(
            "What the model may ask for.",
            hint="write a list: [{ type: function, function: { name: ... } }]",
        ),
    ]
    tool_choice: Annotated[
        ToolChoice,
        About("Whether tools may or must be used, or which; by default auto where there are tools."),
    ]
    parallel_tool_calls: Annotated[
        bool, About("Whether several tools may be asked for at once.", default=True)
    ]
    functions: Annotated[
        list[FunctionDefinition],
        Length(1, 128),
        About("Functions that the model may ask for.", deprecated="tools"),
    ]
    function_call: Annotated[
        FunctionChoice, About("Whether a function may be asked for, or which.", deprecated="tool_choice")
    ]
    stream: Annotated[bool | None, About("Whether the answer comes piece by piece.", default=False)]
    stream_options: Annotated[
        StreamOptions | None, About("What a stream has beside the answer.", default=None)
    ]
    modalities: Annotated[
        list[Annotated[Literal["text", "audio"], Own("openrouter", ("image",))]] | None,
        About("Kinds of output that are wanted.", default=["text"]),
    ]
    audio: Annotated[AudioOutput | None, About("Voice and format of a spoken answer.")]
    prediction: Annotated[
        Prediction | None, About("Text that the answer will mostly repeat, which makes it come faster.")
    ]
    reasoning_effort: Annotated[
        Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None,
        AnyOther(),
        Own("groq", ("default",)),
        About(
            "How long a reasoning model thinks; none, minimal, xhigh and max came with 2026-08-21.",
            default="medium",
        ),
    ]
    verbosity: Annotated[
        Literal["low", "medium", "high"] | None,
        AnyOther(),
        About("How many words the answer takes.", default="medium", since=REVISION),
    ]
    service_tier: Annotated[
        Literal["auto", "default", "flex", "scale", "priority", "fast"] | None,
        AnyOther(),
        Own("groq", ("on_demand", "performance")),
        About(
            "How it is processed and priced; scale, priority and fast came with 2026-08-21.",
            default="auto",
        ),
    ]
    store: Annotated[bool | None, About("Whether the server keeps the answer for later use.", default=False)]
    metadata: Annotated[
        dict[Annotated[str, Length(0, 64)], Annotated[str, Length(0, 512)]] | None,
        Length(0, 16),
        About("Texts by name, to find a stored answer by."),
    ]
    user: Annotated[
        str,
        About(
            "Stands for the person behind the request.", deprecated="safety_identifier or prompt_cache_key"
        ),
    ]
    safety_identifier: Annotated[
        str | None,
        Length(0, 64),
        About("Stands for the person behind the request, where abuse is looked for.", since=REVISION),
    ]
    prompt_cache_key: Annotated[
        str | None, About("Requests with the same key find each other's cached prompts.", since=REVISION)
    ]
    prompt_cache_retention: Annotated[
        Literal["in_memory", "24h"] | None,
        AnyOther(),
        About("How long prompts stay cached.", since=REVISION, deprecated="prompt_cache_options"),
    ]
    prompt_cache_options: Annotated[
        PromptCacheOptions, About("How the beginning of the prompt is cached.", since=REVISION)
    ]
    moderation: Annotated[
        Moderation | None, About("Moderates request and answer in the same call.", since=REVISION)
    ]
    web_search_options: Annotated[
        WebSearchOptions, About("Lets the model search the web first; `{}` is enough.")
    ]


class ChatBody(_Question, ChatParams, total=False):
    """The whole body."""
