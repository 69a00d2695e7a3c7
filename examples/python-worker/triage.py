"""A Temporal workflow written by hand that asks a model, and gets its answer as a pydantic object."""

from typing import Literal

from pydantic import BaseModel
from temporalio import workflow

from httptask.workflows import chat_completion, http_request
from httptask.workflows.errors import QuotaExhausted


class Ticket(BaseModel):
    """What the workflow is started with."""

    id: int
    text: str


class Label(BaseModel):
    """What the model answers with."""

    priority: Literal["low", "normal", "urgent"]
    reason: str


@workflow.defn
class Triage:
    """Labels a ticket and tells the ticket system."""

    @workflow.run
    async def run(self, ticket: Ticket) -> Label | None:
        """Each call is an activity: durable, retried, and visible in the workflow's history."""
        try:
            answer = await chat_completion(
                model="gpt-4.1-mini",
                messages=[
                    {"role": "system", "content": "Label the support ticket."},
                    {"role": "user", "content": ticket.text},
                ],
                output_type=Label,
            )
        except QuotaExhausted:
            return None  # somebody else has to look at it
        await http_request(
            "PUT",
            f"/tickets/{ticket.id}/label",
            connection="tickets",
            json={"priority": answer.json.priority},
        )
        return answer.json
