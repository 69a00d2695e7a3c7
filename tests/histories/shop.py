"""A shop and a model, on one scripted server."""

from collections import Counter
from collections.abc import Sequence

from httptask.testing import Reply, ServedRequest

__all__ = ["Shop"]

_REFUSED = 4
"""What is no number to be doubled, where the shop is strict."""
_STREAMS = {
    "/sse": (
        "text/event-stream",
        b'data: {"text": "The lamp "}\n\ndata: {"text": "turned."}\n\ndata: [DONE]\n\n',
    ),
    "/ndjson": ("application/x-ndjson", b'{"state": "running"}\n{"state": "passed"}\n'),
}
_PAGES = {
    "/next": {"next": "/next?from=2", "items": [1, 2]},
    "/next?from=2": {"next": None, "items": [3]},
    "/page?p=1": {"last": False, "items": [1, 2]},
    "/page?p=2": {"last": True, "items": [3]},
    "/offset?skip=0": [1, 2],
    "/offset?skip=2": [3, 4],
    "/round": {"next": "/round", "items": [1]},
    "/link?p=2": [3],
}


class Shop:
    """Answers each path in its own way, and questions to the model in order; the last answer stays."""

    def __init__(self, answers: Sequence[Reply]) -> None:
        self._answers = answers
        self._asked = Counter[str]()

    def __call__(self, request: ServedRequest) -> Reply:
        path = request.target.partition("?")[0]
        times = self._asked[path]
        self._asked[path] += 1
        if request.target in _PAGES:
            return Reply.json(_PAGES[request.target])
        if path in _STREAMS:
            kind, body = _STREAMS[path]
            return Reply.of(body, headers={"Content-Type": kind})
        match path:
            case "/chat/completions":
                return self._answers[min(times, len(self._answers) - 1)]
            case "/flaky":
                replies = (Reply.status(503), Reply.status(429, retry_after=0), Reply.json({"id": 9}))
                return replies[min(times, len(replies) - 1)]
            case "/nothing":
                return Reply.json({"error": {"message": "there is nothing"}}, status=404)
            case "/silent":
                return Reply.silence()
            case "/picture":
                return Reply.of(b"\x89PNG", headers={"Content-Type": "image/png"})
            case "/link":
                return Reply.json([1, 2], headers={"Link": '</link?p=2>; rel="next"'})
            case "/long":
                return Reply.json({"text": "x" * 300_000})
            case "/openapi.json":
                operation = {"operationId": "change", "requestBody": {"content": {"application/json": {}}}}
                return Reply.json({"openapi": "3.1.0", "paths": {"/lamps/{id}": {"post": operation}}})
            case "/double" | "/strict" | "/cursor":
                return _computed(path, request)
            case _:
                return Reply.json({"id": 1, "name": "lamp", "on": True})


def _computed(path: str, request: ServedRequest) -> Reply:
    given = request.json()
    if path == "/cursor":
        return Reply.json({"after": None if given["after"] else "c2", "items": [given["after"]]})
    if path == "/strict" and given["value"] == _REFUSED:
        return Reply.json({"error": {"message": "not that one"}}, status=400)
    return Reply.json({"value": given["value"] * 2})
