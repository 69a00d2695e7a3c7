"""Orders: how they are asked for, and a shop that takes each of their three steps once however often it is asked."""

import asyncio
from dataclasses import dataclass, field

from httptask.testing import Reply, ServedRequest

__all__ = ["GET_EACH_ORDER", "GET_ORDERS", "ORDERS", "STEPS", "Shop"]

GET_ORDERS = "do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: /orders } } }]"

GET_EACH_ORDER = """
input: { schema: { document: { type: integer } } }
do:
  - all:
      call: map
      with:
        in: ${ [range(.)] }
        concurrency: 200
        do: [{ get: { call: httpRequest, with: { method: get, connection: shop, path: "/orders/${ $item }" } } }]
  - count: { set: "${ length }" }
"""
"""As many orders as the input says, at once."""

STEPS = ("reserve", "charge", "ship")

ORDERS = """
document: { dsl: 1.0.3, namespace: tests, name: orders, version: 1.0.0 }
do:
  - reserve: { call: httpRequest, with: { method: post, connection: shop, path: /reserve, body: { order: "${ .order }" } } }
  - charge:
      call: httpRequest
      with: { method: post, connection: shop, path: /charge, body: { after: "${ $tasks.reserve.receipt }" } }
  - ship:
      call: httpRequest
      with: { method: post, connection: shop, path: /ship, body: { after: "${ $tasks.charge.receipt }" } }
output: { as: "${ [$workflow.input.order, .receipt] }" }
"""


@dataclass
class Shop:
    """A server that honours Idempotency-Key: an effect whose key it knows it does not have again.

    At some requests it has the worker killed instead of answering: the effect has happened, and nobody knows.
    """

    kill_at: frozenset[int] = frozenset()
    receipts: dict[str, str] = field(default_factory=dict[str, str])
    effects: list[str] = field(default_factory=list[str])
    received: int = 0
    kill: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: ServedRequest) -> Reply:
        self.received += 1
        key = request.headers["idempotency-key"]
        if key not in self.receipts:
            effect = f"{request.target} {request.body.decode()}"
            self.effects.append(effect)
            self.receipts[key] = f"receipt of {effect}"
        if self.received in self.kill_at:
            self.kill.set()
            return Reply.silence()
        return Reply.json({"receipt": self.receipts[key]})
