"""`httptask_env`, as authors of definitions and of workflows in Python use it."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.workflow import NondeterminismError

from httptask.testing import DefinitionFailed, HttpTaskEnvironment, Reply, ServedRequest
from support.definitions import parse
from support.odd_workflows import (
    Doubles,
    Fails,
    GoesAnotherWay,
    ParentOfOneThatGoesAnotherWay,
    WaitsBesideACall,
    WaitsForASignal,
)

GETS = parse(
    "do: [{ get: { call: http, with: { method: get, endpoint: https://api.example.com/orders?page=2 } } }]"
)
TELLS = parse("""
use: { secrets: [HOOK] }
do: [{ tell: { call: httpRequest, with: { method: post, endpoint: "${ $secrets.HOOK }", body: { n: "${ .n }" } } } }]
""")


async def test_a_retry_costs_no_time(httptask_env: HttpTaskEnvironment) -> None:
    httptask_env.script = [Reply.status(429, retry_after=300), Reply.json({"id": 7})]
    begin = time.monotonic()

    assert await httptask_env.run(GETS) == {"id": 7}
    assert time.monotonic() - begin < 200
    assert [request.url for request in httptask_env.requests] == ["https://api.example.com/orders?page=2"] * 2


async def test_time_is_not_skipped_while_a_call_is_under_way(httptask_env: HttpTaskEnvironment) -> None:
    async def late(_request: ServedRequest) -> Reply:
        await asyncio.sleep(0.3)
        return Reply.json({})

    httptask_env.script = late
    done, seconds = await httptask_env.run(WaitsBesideACall.run)
    assert done
    assert 0.3 <= seconds < 3600


async def test_waits_can_be_real(httptask_env: HttpTaskEnvironment) -> None:
    httptask_env.skips_time = False
    begin = time.monotonic()
    await httptask_env.run(parse("do: [{ pause: { wait: { milliseconds: 400 } } }]"))
    assert time.monotonic() - begin >= 0.4


async def test_a_definition_that_fails_raises_its_error(httptask_env: HttpTaskEnvironment) -> None:
    httptask_env.script = [Reply.status(404)]
    with pytest.raises(DefinitionFailed, match=r"/do/0/get: .*404 from api.example.com: Not Found") as failed:
        await httptask_env.run(GETS)
    assert (failed.value.problem["error"], failed.value.problem["status"]) == ("HttpStatusError", 404)


async def test_a_request_without_a_reply_is_named(httptask_env: HttpTaskEnvironment) -> None:
    told = r"no reply is left for GET https://api.example.com/orders\?page=2: the script has 0"
    with pytest.raises(DefinitionFailed, match=told):
        await httptask_env.run(GETS)
    assert httptask_env.requests == []


async def test_what_fails_in_a_script_fails_the_test(httptask_env: HttpTaskEnvironment) -> None:
    def refuses(request: ServedRequest) -> Reply:
        assert request.method == "POST", "a GET came"
        return Reply.json({})

    httptask_env.script = refuses
    with pytest.raises(AssertionError, match="a GET came"):
        await httptask_env.run(GETS)
    assert len(httptask_env.requests) == 1


async def test_secrets_have_the_values_of_the_test_or_none_of_mine(
    httptask_env: HttpTaskEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "https://mine.example.com/value")
    httptask_env.script = lambda _request: Reply.json({})
    await httptask_env.run(TELLS, input={"n": 1})
    httptask_env.secrets["HOOK"] = "https://hooks.example.com/abc"
    await httptask_env.run(TELLS, {"n": 2})

    urls = [request.url for request in httptask_env.requests]
    assert urls == ["https://hook.invalid/hook", "https://hooks.example.com/abc"]
    assert [request.json() for request in httptask_env.requests] == [{"n": 1}, {"n": 2}]


@activity.defn
async def price_of(article: str) -> int:
    return 5 * len(article)


async def test_the_configuration_counts(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it declares is there; a token is made up, and an activity runs here whatever queue it is on."""
    (tmp_path / "httptask.toml").write_text("""
[connections.shop]
base_url = "https://shop.example.com/v1"
headers = { X-Shop = "$secrets.SHOP" }
authentication.oauth2 = { authority = "https://login.example.com", grant = "client_credentials", client = { id = "a", secret = "$secrets.CLIENT" } }
[secrets.CLIENT]
file = "absent"
[secrets.SHOP]
environment = "KEY_OF_THE_SHOP"
[activities.price_of]
task_queue = "elsewhere"
""")
    (tmp_path / "pipeline.yaml").write_text("""
document: { dsl: 1.0.3, namespace: tests, name: pipeline, version: 1.0.0 }
do:
  - price: { call: activity, with: { type: price_of, arguments: [tea] } }
  - tell: { call: httpRequest, with: { method: post, connection: shop, path: /prices, body: { price: "${ . }" } } }
""")
    monkeypatch.chdir(tmp_path)
    env: HttpTaskEnvironment = request.getfixturevalue("httptask_env")
    env.activities = [price_of]
    env.secrets["SHOP"] = "s-1"
    env.script = [Reply.json("told")]

    assert await env.run("pipeline.yaml") == "told"
    [told] = env.requests
    assert (told.url, told.json()) == ("https://shop.example.com/v1/prices", {"price": 15})
    assert (told.headers["x-shop"], told.headers["authorization"]) == ("s-1", "Bearer simulated-token")


async def test_faults_of_a_definition_are_told(httptask_env: HttpTaskEnvironment, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        "document: { dsl: 1.0.3, namespace: a, name: b, version: 1.0.0 }\ndo: [{ one: { sett: {} } }]\n"
    )
    with pytest.raises(ValueError, match=r"broken.yaml:2:\d+: .*sett"):
        await httptask_env.run(broken)
    with pytest.raises(ValueError, match=r"/absent.yaml:1:1: .*can't be read"):
        await httptask_env.run("absent.yaml")


@pytest.mark.parametrize("workflow", [GoesAnotherWay, ParentOfOneThatGoesAnotherWay])
async def test_what_cannot_be_replayed_fails_the_test(
    httptask_env: HttpTaskEnvironment, workflow: Any
) -> None:
    httptask_env.script = lambda _request: Reply.json({})
    httptask_env.workflows = [GoesAnotherWay]
    with pytest.raises(NondeterminismError) as failed:
        await httptask_env.run(workflow.run)
    [note] = failed.value.__notes__
    assert note.startswith("when the history of ")


async def test_a_workflow_can_be_signalled(httptask_env: HttpTaskEnvironment) -> None:
    async with httptask_env.start(WaitsForASignal.run) as handle:
        await handle.signal(WaitsForASignal.say, "now")
        assert await handle.result() == "now"


async def test_what_still_runs_is_ended(httptask_env: HttpTaskEnvironment) -> None:
    started: list[WorkflowHandle[Any, Any]] = []

    async def fails() -> None:
        async with httptask_env.start(WaitsForASignal.run) as handle:
            started.append(handle)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    async with httptask_env.start(WaitsForASignal.run) as handle:
        started.append(handle)
    for ended in started:
        assert (await ended.describe()).status == WorkflowExecutionStatus.TERMINATED


async def test_a_workflow_whose_code_fails_fails_the_test(httptask_env: HttpTaskEnvironment) -> None:
    """A worker would try it again, until its code is another."""
    with pytest.raises(WorkflowFailureError) as failed:
        await httptask_env.run(Fails.run)
    assert "not mine to handle" in str(failed.value.cause)


ORDER = """
document: { dsl: 1.0.3, namespace: shop, name: order, version: 1.0.0 }
do: [{ price: { run: { workflow: { namespace: shop, name: price, version: latest, input: { n: "${ .n }" } } } } }]
"""
PRICE = """
document: { dsl: 1.0.3, namespace: shop, name: price, version: 1.0.0 }
do:
  - night: { wait: { hours: 8 } }
  - ask: { call: httpRequest, with: { method: get, endpoint: https://api.example.com/prices } }
  - times: { set: { price: "${ .each * $workflow.input.n }" } }
"""


async def test_a_definition_runs_others(httptask_env: HttpTaskEnvironment, tmp_path: Path) -> None:
    """Of its folder, where it is a file; else those that the test gives. Each is replayed."""
    (tmp_path / "order.yaml").write_text(ORDER)
    with pytest.raises(ValueError, match=r"order.yaml:3:\d+: .*there is no definition `shop/price:latest`"):
        await httptask_env.run(tmp_path / "order.yaml")
    (tmp_path / "price.yaml").write_text(PRICE)
    httptask_env.script = lambda _request: Reply.json({"each": 20})
    assert await httptask_env.run(tmp_path / "order.yaml", {"n": 2}) == {"price": 40}

    httptask_env.definitions = [parse(PRICE)]
    assert await httptask_env.run(parse(ORDER), {"n": 3}) == {"price": 60}


async def test_workflows_have_their_own_types(httptask_env: HttpTaskEnvironment) -> None:
    result: int = await httptask_env.run(Doubles.run, 3, 2)
    assert result == 12
