"""The workflow that the benchmarks compare a definition with."""

from typing import Any

from temporalio import workflow

from httptask.workflows import http_request


@workflow.defn
class ThreeCalls:
    """What one would write by hand."""

    @workflow.run
    async def run(self, data: dict[str, Any]) -> Any:
        first = await http_request("POST", "/first", connection="echo", json={"order": data["order"]})
        order = first.content["order"]
        body = {"after": order, "text": f"order {order}"}
        await http_request("POST", "/second", connection="echo", json=body)
        third = await http_request("POST", "/third", connection="echo", json={"total": order + 1})
        return third.content
