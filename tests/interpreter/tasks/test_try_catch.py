"""`try`: what is caught, what is done then, and what comes of it."""

from typing import Any

import pytest

from httptask.connections import Connection, Retry
from httptask.scheduling import deadlines
from httptask.testing import DefinitionFailed, HttpTaskEnvironment, Reply
from support.definitions import parse

SHOP = Connection(name="shop", base_url="https://shop.example.com")
GET = "get: { call: httpRequest, with: { method: get, connection: shop, path: /pet } }"
POST = "post: { call: httpRequest, with: { method: post, connection: shop, path: /pet } }"
FAIL = "fail: { raise: { error: { type: 'https://example.com/errors/odd', status: 418, title: Odd } } }"
TOLD = "do: [{ tell: { set: '${ $error.title }' } }]"
AGAIN = "retry: { delay: PT2S, backoff: { exponential: {} }, limit: { attempt: { count: 3 } } }"
STANDARD = "https://open-workflow-specification.org/dsl/errors/types/communication"


@pytest.fixture
def env(httptask_env: HttpTaskEnvironment) -> HttpTaskEnvironment:
    httptask_env.connections["shop"] = SHOP
    return httptask_env


def trying(catch: str, tasks: str = FAIL, *, more: str = "", then: str = "") -> dict[str, Any]:
    return parse(f"do: [{{ attempt: {{ try: [{{ {tasks} }}], catch: {{ {catch} }} {then} }} }}{more}]")


async def test_fallback_sees_the_error(env: HttpTaskEnvironment) -> None:
    env.script = [Reply.of(status=404)]
    output = await env.run(trying("as: why, do: [{ tell: { set: { was: '${ $why }' } } }]", GET))
    details = output["was"].pop("details")
    assert (details["status"], details["retryable"]) == (404, False)
    assert output["was"] == {
        "type": "https://serverlessworkflow.io/spec/1.0.0/errors/communication",
        "status": 404,
        "title": "HttpStatusError",
        "detail": "404 from shop.example.com",
        "instance": "/do/0/attempt/try/0/get",
        "error": "HttpStatusError",
    }


def in_turn(*attempts: dict[str, Any]) -> dict[str, Any]:
    """A definition that makes a list of what comes of others, each with the input of the whole."""
    tasks: list[dict[str, Any]] = [
        {f"case{number}": {"do": attempt["do"], "input": {"from": "$workflow.input"}}}
        for number, attempt in enumerate(attempts)
    ]
    outputs = ", ".join(f"$tasks.case{number}" for number, _ in enumerate(attempts))
    return {**attempts[0], "do": [*tasks, {"all": {"set": f"${{ [{outputs}] }}"}}]}


async def test_what_is_caught(env: HttpTaskEnvironment) -> None:
    fitting = (
        f"errors: {{ with: {{ status: 418 }} }}, {TOLD}",
        f"errors: {{ with: {{ status: 418, title: Odd }} }}, when: $error.status == 418, {TOLD}",
        f"exceptWhen: $error.status == 500, {TOLD}",
        f"as: odd, when: .a == 1 and $odd.status == 418, {TOLD.replace('$error', '$odd')}",
    )
    assert await env.run(in_turn(*map(trying, fitting)), {"a": 1}) == ["Odd"] * len(fitting)


async def test_what_is_not_caught(env: HttpTaskEnvironment) -> None:
    others = (
        f"errors: {{ with: {{ status: 503 }} }}, {TOLD}",
        f"errors: {{ with: {{ status: 418, title: Even }} }}, {TOLD}",
        f"errors: {{ with: {{ type: '{STANDARD}' }} }}, {TOLD}",
        f"when: $error.status == 500, {TOLD}",
        f"exceptWhen: $error.status == 418, {TOLD}",
    )
    around = [
        trying(
            "do: [{ out: { set: '${ $error.instance }' } }]",
            f"inner: {{ try: [{{ {FAIL} }}], catch: {{ {catch} }} }}",
        )
        for catch in others
    ]
    assert await env.run(in_turn(*around)) == [
        f"/do/{number}/case{number}/do/0/attempt/try/0/inner/try/0/fail" for number, _ in enumerate(others)
    ]
    with pytest.raises(DefinitionFailed) as failed:
        await env.run(trying(others[0]))
    assert failed.value.problem["instance"] == "/do/0/attempt/try/0/fail"


@pytest.mark.parametrize(
    ("definition", "output"),
    [
        (
            trying("errors: { with: { status: 418 } }", more=", { next: { set: '${ [., $tasks.fail] }' } }"),
            [{"n": 1}, None],
        ),
        (
            trying("then: last", more=", { next: { set: '${ 1 }' } }, { last: { set: '${ [.] }' } }"),
            [{"n": 1}],
        ),
        (trying(f"then: end, {TOLD}", more=", { next: { set: '${ 1 }' } }"), "Odd"),
        (trying("then: end", "fine: { set: '${ 2 }' }", more=", { next: { set: '${ . + 1 }' } }"), 3),
        (trying(f"{TOLD}", then=", then: end", more=", { next: { set: '${ 1 }' } }"), "Odd"),
        (
            trying(
                "do: [{ keep: { set: '${ [., $tasks.first] }' } }]",
                f"first: {{ set: '${{ 7 }}' }} }}, {{ {FAIL}",
            ),
            [{"n": 1}, 7],
        ),
    ],
    ids=[
        "nothing to do",
        "then of catch",
        "then end",
        "no error",
        "then of the task",
        "outputs before the error",
    ],
)
async def test_what_comes_next(env: HttpTaskEnvironment, definition: dict[str, Any], output: Any) -> None:
    assert await env.run(definition, {"n": 1}) == output


async def test_errors_go_from_the_inside_out(env: HttpTaskEnvironment) -> None:
    inner = f"inner: {{ try: [{{ {FAIL} }}], catch: {{ errors: {{ with: {{ status: 1 }} }}, {TOLD} }} }}"
    handler = (
        "do: [{ again: { try: [{ worse: { raise: { error: { type: 'https://e.example/x', status: 500, title: Worse } } } }], "
        "catch: { do: [{ tell: { set: '${ $error.title }' } }] } } }, { both: { set: '${ [., $error.title] }' } }]"
    )
    assert await env.run(trying(handler, inner)) == ["Worse", "Odd"]
    in_catch = f"do: [{{ {FAIL.replace('Odd', 'Late')} }}]"
    with pytest.raises(DefinitionFailed) as failed:
        await env.run(trying(in_catch))
    assert failed.value.problem["instance"] == "/do/0/attempt/catch/do/0/fail"
    assert failed.value.problem["title"] == "Late"


async def test_every_fault_of_a_task_is_caught(env: HttpTaskEnvironment) -> None:
    titles = {
        "bad: { set: '${ .n.m }' }": "The expression failed",
        "bad: { if: '${ .n }', set: { a: 1 } }": "The expression failed",
        "bad: { set: { a: 1 }, input: { schema: { document: { type: string } } } }": "Not valid",
        "bad: { set: { a: 1 }, output: { schema: { document: { type: string } } } }": "Not valid",
        "late: { wait: PT1H, timeout: { after: PT1S } }": "Timed out",
        f"each: {{ call: map, with: {{ in: '[1]', do: [{{ {FAIL} }}] }} }}": "Odd",
        f"each: {{ for: {{ in: '[1, 2]' }}, do: [{{ {FAIL} }}] }}": "Odd",
        f"both: {{ fork: {{ branches: [{{ a: {{ set: '${{ 1 }}' }} }}, {{ {FAIL} }}] }} }}": "Odd",
    }
    definition = in_turn(*(trying(TOLD, tasks) for tasks in titles))
    assert await env.run(definition, {"n": 1}) == list(titles.values())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (trying(TOLD, "late: { wait: PT1H }", then=", timeout: { after: PT1S }"), "Timed out"),
        (
            {
                **trying(TOLD, f"many: {{ call: map, with: {{ in: '[1, 2]', do: [{{ {GET} }}] }} }}"),
                "document": {
                    **trying(TOLD)["document"],
                    "metadata": {"httptask": {"budget": {"calls": 1}}},
                },
            },
            "Budget exceeded",
        ),
        ({**trying(TOLD, "late: { wait: PT1H }"), "timeout": {"after": "PT1S"}}, "Timed out"),
    ],
    ids=["its own timeout", "budget", "timeout of the workflow"],
)
async def test_what_no_catch_takes(env: HttpTaskEnvironment, text: dict[str, Any], title: str) -> None:
    env.script = [Reply.json(1)]
    with pytest.raises(DefinitionFailed) as failed:
        await env.run(text)
    assert failed.value.problem["title"] == title


async def test_timeout_around_a_try_ends_it(
    env: HttpTaskEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "_AHEAD", 60.0)  # a call is cut off before it passes: time to catch that
    env.script = [Reply.silence()]
    inner = trying(TOLD, GET)["do"][0]
    definition = trying("do: [{ tell: { set: '${ $error.instance }' } }]")
    definition["do"][0]["attempt"]["try"] = [{"outer": {"do": [inner], "timeout": {"after": "PT61S"}}}]
    assert await env.run(definition) == "/do/0/attempt/try/0/outer"


async def test_tried_again_with_the_same_key(env: HttpTaskEnvironment) -> None:
    env.connections["shop"] = SHOP.model_copy(update={"retry": Retry(attempts=1)})
    env.script = [Reply.of(status=503), Reply.of(status=503), Reply.json({"id": 7})]
    catch = f"errors: {{ with: {{ status: 503, type: '{STANDARD}' }} }}, {AGAIN}"
    assert await env.run(trying(catch, POST)) == {"id": 7}
    keys = {request.headers["idempotency-key"] for request in env.requests}
    assert (len(env.requests), len(keys)) == (3, 1)


async def test_attempts_that_do_not_help(env: HttpTaskEnvironment) -> None:
    env.script = [Reply.of(status=503)] * 4
    with pytest.raises(DefinitionFailed) as failed:
        await env.run(trying(AGAIN, GET))
    assert len(env.requests) == 4
    detail = failed.value.problem["detail"]
    assert detail == "503 from shop.example.com: the last of 4 attempts of `attempt`"
    env.script = [Reply.of(status=503)] * 4
    assert await env.run(trying(f"{AGAIN}, {TOLD}", GET)) == "HttpStatusError"


async def test_policy_by_name_and_its_conditions(env: HttpTaskEnvironment) -> None:
    definition = trying(f"retry: often, as: e, {TOLD.replace('$error', '$e')}", GET)
    policy: dict[str, Any] = {
        "when": "$e.status == 503",
        "exceptWhen": "$e.details.attempt == 9",
        "delay": {"seconds": 10},
        "limit": {"attempt": {"count": 5}, "duration": "PT40S"},
        "backoff": {"linear": {}},
        "jitter": {"from": "PT0S", "to": "PT0.1S"},
    }
    definition["use"] = {"retries": {"often": policy}}
    env.script = [Reply.of(status=503)] * 2 + [Reply.of(status=404)]
    assert await env.run(definition) == "HttpStatusError"
    assert len(env.requests) == 3
    env.requests.clear()
    env.script = [Reply.of(status=503)] * 9
    assert await env.run(definition) == "HttpStatusError"
    assert len(env.requests) == 3  # at 0, 10 and 30 s; the next would be after 60


async def test_longest_attempt(env: HttpTaskEnvironment) -> None:
    policy = "retry: { limit: { attempt: { count: 2, duration: PT10S } } }"
    slow = "slow: { wait: PT1H }"
    with pytest.raises(DefinitionFailed) as failed:
        await env.run(trying(f"errors: {{ with: {{ status: 408 }} }}, {policy}", slow))
    problem = failed.value.problem
    assert problem["instance"] == "/do/0/attempt/try"
    assert (
        problem["detail"] == "the attempt did not end within its timeout: the last of 3 attempts of `attempt`"
    )
