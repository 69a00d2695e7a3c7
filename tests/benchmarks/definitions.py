"""What the benchmarks of whole runs have done, as definitions that Zigflow takes as they are, too.

`hand_written` has a workflow for each of them.
"""

from typing import Any

__all__ = ["NAMES", "definition", "input_of"]

NAMES = ("three-calls", "twenty-calls", "loop", "switch")
ITERATIONS = 100


def definition(name: str, namespace: str, url: str, **settings: Any) -> dict[str, Any]:
    """The definition of that name.

    Args:
        name: one of `NAMES`.
        namespace: of the document, which Zigflow takes for its task queue.
        url: of the server that is called.
        settings: for httptask, of the whole definition.
    """

    def call(task: str, path: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        sent = {"method": "post", "endpoint": url + path, "body": body}
        return {task: {"call": "http", "with": sent, **more}}

    order = "${ $input.order }"
    tasks: dict[str, list[dict[str, Any]]] = {
        "three-calls": [
            call("first", "/first", {"order": order}, export={"as": "${ . }"}),
            call(
                "second",
                "/second",
                {"after": "${ $context.order }", "text": '${ "order " + ($context.order | tostring) }'},
            ),
            call("third", "/third", {"total": "${ $context.order + 1 }"}),
        ],
        "twenty-calls": [
            call("call0", "/call", {"order": order, "number": 0}, export={"as": "${ . }"}),
            *(
                call(f"call{number}", "/call", {"order": "${ $context.order }", "number": number})
                for number in range(1, 20)
            ),
        ],
        "loop": [
            {"each": {"for": {"in": "${ $input.items }"}, "do": [{"one": {"set": {"done": True}}}]}},
        ],
        "switch": [
            {
                "route": {
                    "switch": [
                        {"over": {"when": "${ $input.order >= 10 }", "then": "large"}},
                        {"other": {"then": "small"}},
                    ]
                }
            },
            {"large": {"do": [call("callLarge", "/large", {"order": order})], "then": "end"}},
            {"small": {"do": [call("callSmall", "/small", {"order": order})], "then": "end"}},
        ],
    }
    document: dict[str, Any] = {"dsl": "1.0.0", "namespace": namespace, "name": name, "version": "0.0.1"}
    if settings:
        document["metadata"] = {"httptask": settings}
    return {"document": document, "do": tasks[name]}


def input_of(name: str, number: int) -> dict[str, Any]:
    """What a run of that definition is started with."""
    return {"items": list(range(ITERATIONS))} if name == "loop" else {"order": number}
