"""The first page of a list, and what a run would ask for after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from httptask.activities.connection_profile import ConnectionProfile
from httptask.calls.pages import Pages
from httptask.calls.planners import Planner
from httptask.dsl.expression_parts import Part
from httptask.dsl.expressions import Expression
from httptask.dsl.expressions.evaluation import evaluate, evaluate_condition
from httptask.dsl.tasks.kind import TaskNode
from httptask.http.models import HttpRequest, HttpResponse
from httptask.interpreter.variables import Variables, bind, scope_for

__all__ = ["FirstPage", "first_page_of"]


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The page that a test request asks for.

    Attributes:
        limit: how many items the task wants.
    """

    pages: Pages
    limit: int | None

    def items(self, response: HttpResponse) -> list[Any]:
        """Its items, as many of them as the task wants."""
        return self.pages.read(None, response).items[: self.limit]

    def following(self, response: HttpResponse) -> HttpRequest | None:
        """The request for the page after it; None when a run would be content with this one."""
        page = self.pages.read(None, response)
        if page.next is None or (self.limit is not None and len(page.items) >= self.limit):
            return None
        return self.pages.request(page.next)


def first_page_of(
    planner: Planner, node: TaskNode, request: HttpRequest, profile: ConnectionProfile, variables: Variables
) -> FirstPage | None:
    """The first page of a task that has pages.

    Args:
        planner: of its kind.
        node: the task.
        request: for the page.
        profile: of the connection that it is sent through.
        variables: that the task's expressions see.
    """
    paginate = planner.paginate(node)
    if paginate is None:
        return None
    pages = Pages(paginate, request, _Expressions(node, variables), profile.query_key)
    return FirstPage(pages, paginate.limit)


@dataclass(frozen=True, slots=True)
class _Expressions:
    node: TaskNode
    variables: Variables

    def value(self, part: Part, *, dot: Any, bound: Mapping[str, Any]) -> Any:
        expression = self._expression(part)
        return evaluate(expression, scope_for(expression, dot, {**self.variables, **bind(bound)}))

    def holds(self, part: Part, *, dot: Any, bound: Mapping[str, Any]) -> bool:
        expression = self._expression(part)
        return evaluate_condition(expression, scope_for(expression, dot, {**self.variables, **bind(bound)}))

    def _expression(self, part: Part) -> Expression:
        found = self.node.expression(part)
        assert found is not None  # what is evaluated on a page is never a template
        return found
