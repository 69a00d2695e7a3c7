"""What stands in for the world in a test: answers for servers, results for activities, made-up values for secrets."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.event_sink import EventSink
from httptask.catalog.project_documents import ProjectDocuments
from httptask.config import Config
from httptask.config.config import for_own_runs
from httptask.definitiontests.loading import LoadedTest
from httptask.fixtures.transport import Fixture, FixtureResponse, Fixtures
from httptask.http.errors import FixtureMissing
from httptask.plugin import HttpTaskPlugin
from httptask.plugin.definitions import registry_of
from httptask.request.preview import PreparedRequest
from httptask.secrets.store import SecretStore

__all__ = ["Answers", "activity_of", "plugin_of"]

_NOWHERE: Final = {"environment": None, "file": None}


class Answers(Fixtures):
    """The answers of one run, and what was asked for.

    Attributes:
        requests: each attempt for itself, in order.
        missing: what was told of those that have no answer.
    """

    def __init__(self, fixtures: Sequence[tuple[Path, Fixture]]) -> None:
        super().__init__(fixtures)
        self.requests: list[PreparedRequest] = []
        self.missing: list[FixtureMissing] = []

    def take(self, prepared: PreparedRequest) -> FixtureResponse:
        """See base class."""
        self.requests.append(prepared)
        try:
            return super().take(prepared)
        except FixtureMissing as error:
            self.missing.append(error)
            raise


def plugin_of(test: LoadedTest, config: Config, answers: Answers, events: EventSink) -> HttpTaskPlugin:
    """The plugin of a worker for one test: with the connections and policy of the project, and no credential.

    Args:
        test: what it runs.
        config: of the project.
        answers: to its requests.
        events: where events go that are emitted.
    """
    programs = [one.program for one in (test.definition, *test.inside) if one.program is not None]
    own = for_own_runs(config, {name for program in programs for name in program.definition.use.secrets})
    sources = {name: source.model_copy(update=_NOWHERE) for name, source in own.secrets.items()}
    inside = registry_of(test.inside) if test.inside else None
    return HttpTaskPlugin(
        connections=own.connections,
        secrets=SecretStore(sources, {}, placeholder=True),
        fixtures=answers,
        definitions=inside,
        allow_inline=True,
        allowed_activities=[
            AllowedActivity(name=name)
            for name in sorted({name for program in programs for name in program.activities})
        ],
        allowed_hosts=own.policy.allowed_hosts,
        allow_private=own.policy.allow_private,
        event_sink=events,
        documents=ProjectDocuments(
            config.root, config.state_directory, Path(test.definition.name).parent, inside
        ),
        share_queue=False,
    )


def activity_of(results: Mapping[str, Any]) -> Callable[[Sequence[RawValue]], Awaitable[Any]]:
    """An activity in place of all those that are not this package's.

    Args:
        results: what they give, by their types.
    """

    @activity.defn(dynamic=True)
    async def give_result(_arguments: Sequence[RawValue]) -> Any:
        name = activity.info().activity_type
        if name not in results:
            raise ApplicationError(
                f"the test has no result for the activity {name}: write it under `activities`",
                type="ActivityMissing",
                non_retryable=True,
            )
        return results[name]

    return give_result
