"""What a test request sends is what a run sends, byte for byte: 300 definitions by `--thorough`, each made by chance from a seed."""

import asyncio
import random
import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.common.v1 import Payload

from httptask.activities.connection_profile import ConnectionProfile, RunConfiguration, profile_of
from httptask.activities.names import CHAT_COMPLETION
from httptask.calls.problem import TaskFault
from httptask.chat.models import ChatRequest
from httptask.client.edge import Edge
from httptask.dsl.compile import compile_definition
from httptask.dsl.expressions import ExpressionFailed, ExpressionsBusy
from httptask.dsl.program import Program
from httptask.http.errors import RequestInvalid
from httptask.http.models import HttpRequest, Limits
from httptask.interpreter.workflow_types import keep_program
from httptask.plugin.data_converter import LeanPayloadConverter
from httptask.testrequest import Sample, plan_request
from support.connections import local_connection, secret_store
from support.definitions import document
from support.engine import first_call

DEFINITIONS = 300
_KEY = re.compile(rb"(?i)\r\nIdempotency-Key: [^\r]*")
_CONVERTER = LeanPayloadConverter()
_TEXTS = ("lamp", "a b", "ä/漢 𝄞", "100 % & more?", "x=1;y", 'say "hi"', "", "7", "line\nbreak", "../up")
_FILTERS = ("", "", "", " | tostring", ' // "none"', " | tojson", " | @base64", " | length")


class Chance(random.Random):
    """Makes data, and expressions that read it."""

    def data(self, depth: int = 2) -> Any:
        kinds: list[Any] = [
            self.choice(_TEXTS), self.randint(-5, 10**12), self.random() * 1e6, True, None, self.choice(_TEXTS)
        ]  # fmt: skip
        if depth:
            kinds += [{key: self.data(depth - 1) for key in ("id", "of")}, [self.data(depth - 1)]]
        return self.choice(kinds)

    def expression(self, *, text: bool = False) -> str:
        """Of what every task of these definitions finds."""
        source = self.choice(
            (
                "$workflow.input.id",
                "$tasks.first.id",
                "$tasks.first",
                "$item",
                "$index",
                ".id",
                "$context",
                "$input.of",
            )
        )
        return f"${{ {source}{' | tostring' if text else self.choice(_FILTERS)} }}"

    def written(self) -> str:
        """Text as authors write it."""
        return self.choice(
            (
                self.expression(text=True),
                f"{self.choice(('a', 'ä '))}{self.expression(text=True)}!",
                self.choice(_TEXTS),
            )
        )

    def tree(self, depth: int = 2) -> Any:
        """A body."""
        if depth and self.random() < 0.6:
            return {key: self.tree(depth - 1) for key in self.sample(("id", "of", "a b", "ä"), 2)}
        if depth and self.random() < 0.3:
            return [self.tree(depth - 1), self.expression()]
        return self.choice((self.expression(), self.written(), self.data()))


@dataclass
class Case:
    """A definition with one call inside a loop, behind a task that sets data, and what that call finds."""

    chance: Chance
    task: dict[str, Any]
    data: Any = field(init=False)
    first: Any = field(init=False)
    item: Any = field(init=False)

    def __post_init__(self) -> None:
        self.data = {"id": self.chance.data(), "of": self.chance.data()}
        self.first = {"id": self.chance.data(), "of": self.chance.data()}
        self.item = self.chance.data()

    @property
    def definition(self) -> dict[str, Any]:
        loop = {
            "in": "${ [$workflow.input.item] }",
            "each": "item",
            "at": "index",
            "do": [{"call": self.task}],
        }
        return document(
            use={"secrets": ["TOKEN"]},
            do=[{"first": {"set": self.first}}, {"each": {"call": "map", "with": loop}}],
        )

    @property
    def input(self) -> Any:
        return {**self.data, "item": self.item}

    @property
    def sample(self) -> Sample:
        return Sample(self.input, self.first, {"first": self.first}, {"item": self.item, "index": 0})


def http_task(chance: Chance) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "method": chance.choice(("get", "post", "put", "patch", "delete")),
        "connection": chance.choice(("plain", "keyed")),
        "path": chance.choice(
            ("/", "/orders/${ $item | tostring }", "/a b/${ .id | tostring }/ä", "/x?fixed=1")
        ),
    }
    if chance.random() < 0.6:
        arguments["query"] = {
            "q": chance.written(),
            "n": chance.expression(text=True),
            "l": ["a", chance.expression(text=True)],
        }
    if chance.random() < 0.5:
        arguments["headers"] = {"X-Of": "${ $index | tostring }", "X-Token": "t ${ $secrets.TOKEN }"}
    if chance.random() < 0.2:
        arguments["idempotencyKey"] = "order-${ $index }"
    if arguments["method"] in ("post", "put", "patch"):
        kind = chance.choice(("body", "body", "form", "multipart", "text"))
        if kind == "form":
            arguments["form"] = {"a": chance.written(), "b": ["x", chance.expression(text=True)]}
        elif kind == "multipart":
            arguments["multipart"] = [
                {"name": "note", "text": chance.written()},
                {"name": "file", "json": chance.tree(1), "filename": "ä.json"},
            ]
        else:
            arguments["body"] = chance.written() if kind == "text" else chance.tree()
    task: dict[str, Any] = {"call": "httpRequest", "with": arguments}
    if chance.random() < 0.3:
        task["input"] = {"from": chance.choice(("${ { id: $item, of: . } }", "${ $tasks.first }"))}
    return task


def chat_task(chance: Chance) -> dict[str, Any]:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"Of {chance.written()}"},
    ]
    fields: dict[str, Any] = {"connection": "plain", "model": "m", "messages": messages}
    options = {"temperature": 0.5, "max_tokens": 9, "stream": True, "metadata": {"of": chance.written()}}
    fields |= {name: value for name, value in options.items() if chance.random() < 0.3}
    return {"call": "chatCompletion", "with": fields}


def case(seed: int) -> Case:
    chance = Chance(seed)
    return Case(chance, chat_task(chance) if chance.random() < 0.2 else http_task(chance))


@asynccontextmanager
async def recording() -> AsyncGenerator[tuple[str, list[bytes]]]:
    """A server that keeps what it is sent, byte for byte."""
    sent: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = re.search(rb"(?i)content-length: (\d+)", head)
            sent.append(head + await reader.readexactly(int(length[1]) if length else 0))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

    async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(until_closed, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", sent


def decoded(activity: str, payload: Payload) -> HttpRequest:
    """What an activity gets of a payload, and sends."""
    if activity == CHAT_COMPLETION:
        [chat] = _CONVERTER.from_payloads([payload], [ChatRequest])
        return ChatRequest.model_validate(chat).to_http_request()
    [request] = _CONVERTER.from_payloads([payload], [HttpRequest])
    return HttpRequest.model_validate(request)


async def of_run(case: Case, known: RunConfiguration) -> HttpRequest | str:
    """What a run of the definition sends, or why it ends."""
    try:
        return decoded(*await first_call(case.definition, case.input, known))
    except TaskFault as fault:
        return f"{fault.problem.detail}"


async def of_test(
    case: Case, program: Program, profiles: Mapping[str, ConnectionProfile]
) -> HttpRequest | str:
    """What a test request of its call sends, or why it can't."""
    try:
        planned = plan_request(program, "call", case.sample, profiles)
    except TaskFault as fault:
        return f"{fault.problem.detail}"
    except ExpressionFailed as failed:
        return str(failed)
    [payload] = _CONVERTER.to_payloads([planned.call.argument])
    return decoded(planned.call.activity, payload)


async def patiently(
    make: Callable[..., Coroutine[Any, Any, HttpRequest | str]], *given: Any
) -> HttpRequest | str:
    """A machine that is too busy for expressions is asked again, as Temporal does."""
    while True:
        try:
            return await make(*given)
        except ExpressionsBusy:
            await asyncio.sleep(0.1)


async def test_a_test_request_sends_the_bytes_of_a_run(fewer: Callable[[int], int]) -> None:
    definitions, refused = fewer(DEFINITIONS), 0
    async with recording() as (url, sent):
        patient = Limits(connect=60, total=60)
        connections = {
            "plain": local_connection("plain", url, limits=patient),
            "keyed": local_connection("keyed", f"{url}/v1", headers={"X-Static": "1"}, limits=patient),
        }
        profiles = {name: profile_of(found) for name, found in connections.items()}
        edge = Edge(connections, secret_store({"TOKEN": "tok-123456"}))

        async def bytes_of(request: HttpRequest | str) -> bytes | str:
            if isinstance(request, str):
                return request
            try:
                await edge.send(request)
            except RequestInvalid as error:
                return error.message
            return _KEY.sub(b"", sent[-1])

        async with aclosing(edge):
            for seed in range(definitions):
                drawn = case(seed)
                program = compile_definition(drawn.definition).program
                assert program is not None, drawn.definition
                keep_program(drawn.definition, program)
                known = {name: profiles[name] for name in program.connections}
                run = await bytes_of(await patiently(of_run, drawn, RunConfiguration(connections=known)))
                test = await bytes_of(await patiently(of_test, drawn, program, profiles))
                assert test == run, f"seed {seed}: {drawn.definition}"
                refused += isinstance(run, str)
    assert refused < definitions / 5
    assert len(set(sent)) > definitions
