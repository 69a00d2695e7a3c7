import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from httptask.chat import complete as complete_module
from httptask.chat.complete import complete
from httptask.chat.models import ChatRequest, Completion
from httptask.chat.strictness import Level
from httptask.chat.usage import Usage
from httptask.client.edge import Edge
from httptask.connections.connection import Connection
from httptask.fixtures.transport import Fixture, Fixtures
from httptask.http.errors import HttpStatusError, OutputInvalid, RateLimited, RequestInvalid, ResponseInvalid
from httptask.http.limits import CHAT_DEFAULTS, HTTP_DEFAULTS
from httptask.http.models import HttpRequest, HttpResponse, Limits, SecretReference
from httptask.secrets.store import SecretStore
from httptask.testing import Reply, ScriptedServer
from support.chat import QUESTION
from support.connections import local_connection, secret_store
from support.event_streams import SSE

ANSWER = {"id": "c-1", "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "vendor": 1}


class ObservedEdge(Edge):
    """Remembers the defaults it was given."""

    observed: Limits | None = None

    async def send(
        self, request: HttpRequest, *, attempt: int = 1, defaults: Limits = HTTP_DEFAULTS
    ) -> HttpResponse:
        self.observed = defaults
        return await super().send(request, attempt=attempt, defaults=defaults)


@asynccontextmanager
async def edge_to(url: str, **rules: Any) -> AsyncGenerator[ObservedEdge]:
    names = {"OPENAI_API_KEY": "sk-0123456789", "MODEL": "secret-model"}
    bearer = {"bearer": {"token": "$secrets.OPENAI_API_KEY"}}
    openai = local_connection("openai", f"{url}/v1", authentication=bearer, **rules)
    edge = ObservedEdge({"openai": openai}, secret_store(names))
    try:
        yield edge
    finally:
        await edge.aclose()


async def test_asks_the_server_of_the_connection() -> None:
    async with ScriptedServer([Reply.json(ANSWER)]) as server, edge_to(server.url) as edge:
        completion = await complete(edge, ChatRequest(body=QUESTION))
        assert edge.observed == CHAT_DEFAULTS
    [request] = server.requests
    assert (request.method, request.target, request.json()) == ("POST", "/v1/chat/completions", QUESTION)
    assert request.headers["authorization"] == "Bearer sk-0123456789"
    assert (completion.text, completion.id, completion.response) == ("Hi", "c-1", None)


async def test_gives_the_whole_answer_on_request() -> None:
    async with ScriptedServer([Reply.json(ANSWER)]) as server, edge_to(server.url) as edge:
        completion = await complete(edge, ChatRequest(body=QUESTION, include_response=True))
    assert completion.response == ANSWER


@pytest.mark.parametrize("content_type", ["application/json", "application/problem+json", "text/plain", None])
@pytest.mark.parametrize("blank", ["", "\n\n\r\n \n"])
async def test_reads_json_whatever_stands_around_it(content_type: str | None, blank: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    reply = Reply.of((blank + json.dumps(ANSWER)).encode(), headers=headers)
    async with ScriptedServer([reply]) as server, edge_to(server.url) as edge:
        completion = await complete(edge, ChatRequest(body=QUESTION))
    assert completion.text == "Hi"


async def test_sends_nothing_that_cannot_be_right_and_says_all_that_is_wrong() -> None:
    async with ScriptedServer([Reply.json(ANSWER)]) as server, edge_to(server.url) as edge:
        with pytest.raises(RequestInvalid) as caught:
            await complete(edge, ChatRequest(body={"messages": [{"role": "usr"}]}))
    assert server.requests == []
    assert caught.value.message == (
        "the chat request can't be sent: /model: `model` is missing: "
        "name a model of the server, for example gpt-4.1-mini (and 1 more)"
    )
    pointers = [fault["pointer"] for fault in caught.value.details["faults"]]
    assert pointers == ["/model", "/messages/0/role"]


async def test_what_the_server_may_reject_is_sent_and_told() -> None:
    async with ScriptedServer([Reply.json(ANSWER)]) as server, edge_to(server.url) as edge:
        with capture_logs() as logs:
            completion = await complete(edge, ChatRequest(body={**QUESTION, "vendor": 1}))
    assert server.requests[0].json()["vendor"] == 1
    assert [(fault.pointer, fault.code) for fault in completion.warnings] == [("/vendor", "unknown-field")]
    assert [entry["faults"] for entry in logs if entry["event"] == "chat.request.doubtful"] == [
        ["/vendor: unknown-field"]
    ]


@pytest.mark.parametrize(
    ("rules", "sent", "warned"), [("strict", 0, []), ("warn", 1, ["/temperature"]), ("off", 1, [])]
)
async def test_a_request_is_checked_at_its_level(rules: Level, sent: int, warned: list[str]) -> None:
    request = ChatRequest(body={**QUESTION, "temperature": 3}, rules=rules)
    async with ScriptedServer([Reply.json(ANSWER)]) as server, edge_to(server.url) as edge:
        try:
            completion = await complete(edge, request)
        except RequestInvalid:
            completion = Completion()
    assert len(server.requests) == sent
    assert [fault.pointer for fault in completion.warnings] == warned


@pytest.mark.parametrize(("model_rules", "warned"), [({}, ["/stop"]), ({"o3": {"temperature": (1,)}}, [])])
async def test_a_connection_has_rules_for_models_of_its_own(
    model_rules: dict[str, Any], warned: list[str]
) -> None:
    request = ChatRequest(body={**QUESTION, "model": "o3", "stop": "x"})
    async with (
        ScriptedServer([Reply.json(ANSWER)]) as server,
        edge_to(server.url, model_rules=model_rules) as edge,
    ):
        completion = await complete(edge, request)
    assert [fault.pointer for fault in completion.warnings] == warned


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("also_retryable", "retryable"), [([], False), ([423], True)])
async def test_an_error_under_a_status_of_success_may_pass_where_the_connection_says_so(
    also_retryable: list[int], retryable: bool, stream: bool
) -> None:
    reply = Reply.json({"error": {"code": 423, "message": "the model is loading"}})
    async with (
        ScriptedServer([reply]) as server,
        edge_to(server.url, retryable_statuses=also_retryable) as edge,
    ):
        with pytest.raises(HttpStatusError) as caught:
            await complete(edge, ChatRequest(body={**QUESTION, "stream": stream}))
    assert caught.value.details["status"] == 423
    assert caught.value.retryable is retryable


@pytest.mark.parametrize("delivered", ["event", "choice", "stray"])
async def test_so_may_an_error_in_a_stream(delivered: str) -> None:
    error = {"code": 423, "message": "the model is loading"}
    chunk: dict[str, Any] = (
        {"choices": [{"index": 0, "error": error}]} if delivered == "choice" else {"error": error}
    )
    if delivered == "stray":
        chunk = {"detail": "the model is loading", "code": 423}
    reply = Reply.of(f"data: {json.dumps(chunk)}\n\n".encode(), headers=SSE)
    async with ScriptedServer([reply]) as server, edge_to(server.url, retryable_statuses=[423]) as edge:
        with pytest.raises(HttpStatusError) as caught:
            await complete(edge, ChatRequest(body={**QUESTION, "stream": True}))
    assert caught.value.retryable


async def test_a_secret_fills_a_field_that_looks_empty() -> None:
    request = ChatRequest(
        body={**QUESTION, "model": ""}, secrets=(SecretReference(pointer="/model", name="MODEL"),)
    )
    async with ScriptedServer([Reply.json(ANSWER)]) as server, edge_to(server.url) as edge:
        await complete(edge, request)
    assert server.requests[0].json()["model"] == "secret-model"


async def test_an_answer_of_a_fixture_is_marked() -> None:
    url = "http://127.0.0.1/v1/chat/completions"
    fixture = Fixture.model_validate(
        {"request": {"method": "POST", "url": url}, "responses": [{"body": ANSWER}]}
    )
    openai = Connection(name="openai", base_url="http://127.0.0.1/v1")
    edge = Edge({"openai": openai}, SecretStore({}, {}), fixtures=Fixtures([(Path("chat.yaml"), fixture)]))
    assert (await complete(edge, ChatRequest(body=QUESTION))).simulated


async def test_it_tells_how_it_was_answered() -> None:
    answer = Reply.json(ANSWER, headers={"x-request-id": "req-7"})
    async with ScriptedServer([answer]) as server, edge_to(server.url) as edge:
        completion = await complete(edge, ChatRequest(body=QUESTION))
    assert (completion.status, completion.headers["x-request-id"]) == (200, "req-7")
    assert completion.size == len(json.dumps(ANSWER))
    assert completion.timing is not None
    assert completion.timing.total >= completion.timing.first_byte > 0


@pytest.mark.parametrize(
    ("reply", "body", "error"),
    [
        ({"choices": []}, QUESTION, ResponseInvalid),
        ({"error": {"code": 429, "message": "slow down"}}, QUESTION, RateLimited),
        (ANSWER, {**QUESTION, "response_format": {"type": "json_object"}}, OutputInvalid),
    ],
)
async def test_an_unusable_answer_names_its_request_id(
    reply: Any, body: dict[str, Any], error: type[Exception]
) -> None:
    answer = Reply.json(reply, headers={"x-request-id": "req-7"})
    async with ScriptedServer([answer]) as server, edge_to(server.url) as edge:
        with pytest.raises(error) as caught:
            await complete(edge, ChatRequest(body=body))
    assert caught.value.details["request_id"] == "req-7"  # type: ignore[attr-defined]
    assert len(server.requests) == 1


async def test_an_answer_that_is_no_completion_names_its_connection() -> None:
    async with ScriptedServer([Reply.json({"choices": []})]) as server, edge_to(server.url) as edge:
        with pytest.raises(ResponseInvalid, match="the answer of openai is not a chat completion"):
            await complete(edge, ChatRequest(body=QUESTION))


@pytest.mark.parametrize("content", ['{"a": 1}', "no JSON"])
async def test_an_answer_that_names_no_model_has_the_price_of_the_one_asked(
    monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    async def cost_of(_usage: Usage | None, model: str | None, _connection: Connection) -> float | None:
        return {"m": 0.5}.get(model or "")

    monkeypatch.setattr(complete_module, "cost_of", cost_of)
    answer = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    request = ChatRequest(body={**QUESTION, "response_format": {"type": "json_object"}}, rules="off")
    async with ScriptedServer([Reply.json(answer)]) as server, edge_to(server.url) as edge:
        try:
            cost = (await complete(edge, request)).cost
        except OutputInvalid as refused:
            cost = refused.details["cost"]
    assert cost == 0.5
