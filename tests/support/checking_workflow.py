"""A workflow that checks a request itself; its imports would come before those of workflows as users write them."""

from typing import Any

from temporalio import workflow

from httptask.chat.check import check_body


@workflow.defn
class ChecksARequest:
    @workflow.run
    async def run(self, request: dict[str, Any]) -> list[str | None]:
        return [fault.hint for fault in check_body(request)]
