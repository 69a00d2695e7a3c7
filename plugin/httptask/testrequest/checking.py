"""What is known to be wrong with a planned call before anything of it is sent, and what it may use."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from httptask.activities.failure import to_application_error
from httptask.calls.problem import Problem, problem_of_failure
from httptask.client.edge import Edge
from httptask.diagnostics.fault import Fault, Severity
from httptask.http.errors import ConnectFailed, HttpTaskError, SecretUnavailable
from httptask.http.models import HttpRequest
from httptask.testrequest.planning import PlannedRequest
from httptask.testrequest.report import Estimate

__all__ = ["check_path", "check_planned", "check_sample", "check_way", "estimate_of"]


def check_planned(planned: PlannedRequest, edge: Edge) -> tuple[Sequence[Fault], Problem | None]:
    """Hold a chat completion to the rules of its model, its server and its level.

    Args:
        planned: the call.
        edge: has its connection.

    Returns:
        What the server may reject, and the problem that a run would end in.
    """
    request = planned.call.argument
    if isinstance(request, HttpRequest):
        return (), None
    from httptask.chat.check import require_sendable
    from httptask.chat.models import ChatRequest

    assert isinstance(request, ChatRequest)  # there are two kinds of calls
    try:
        return require_sendable(request, edge.connection(request.connection)), None
    except HttpTaskError as error:
        return (), _problem(planned, error)


def check_path(planned: PlannedRequest, edge: Edge) -> list[Fault]:
    """Whether a path repeats that of its connection's `base_url`, to which it is appended."""
    request = planned.request
    if request.connection is None or "://" in request.url:
        return []
    address = edge.connection(request.connection).written.base_url or ""
    base = urlsplit(address).path.rstrip("/")
    if not base or not f"{request.url.partition('?')[0]}/".startswith(f"{base}/"):
        return []
    message = f"the path begins with `{base}`, in which `base_url` of {request.connection} ends already"
    hint = f"write it without: it is sent to `{base}{request.url}`"
    return [Fault("/path", "base-url", message, hint, Severity.WARNING)]


def check_sample(planned: PlannedRequest) -> list[Fault]:
    """What the request reads and nobody has given."""
    message = "nothing is given for `{}`: null stands in its place"
    return [
        Fault("", "sample", message.format(name), f"give a value: `--set {name}=…`", Severity.WARNING)
        for name in planned.unset
    ]


async def check_way(planned: PlannedRequest, edge: Edge) -> tuple[Sequence[Fault], Problem | None]:
    """Look where a request would go, and whether its secrets have values. Nothing is sent.

    Args:
        planned: the call.
        edge: that would send it.

    Returns:
        What is missing here, which may be there where the run is; and the problem that a run would end in.
    """
    try:
        await edge.check(planned.request)
    except SecretUnavailable as error:
        return [_missing(error)], None
    except ConnectFailed as error:
        hint = "check `base_url`, and the name server of this machine"
        return [Fault("", "address", error.message, hint, Severity.WARNING)], None
    except HttpTaskError as error:
        before = error.__context__  # where it goes is looked at all the same when a secret is missing
        return [_missing(before)] if isinstance(before, SecretUnavailable) else (), _problem(planned, error)
    return (), None


async def estimate_of(planned: PlannedRequest, edge: Edge) -> Estimate | None:
    """What a chat completion may use and cost at most; None for other calls."""
    request = planned.call.argument
    if isinstance(request, HttpRequest):
        return None
    from httptask.chat.models import ChatRequest
    from httptask.chat.usage import Usage, cost_of, estimated_tokens

    assert isinstance(request, ChatRequest)  # there are two kinds of calls
    body = request.body
    prompt = round(estimated_tokens(body))
    each = body.get("max_completion_tokens") or body.get("max_tokens")
    choices = body.get("n") or 1
    if not isinstance(each, int) or not isinstance(choices, int):
        return Estimate(prompt_tokens=prompt)
    most = each * choices
    usage = Usage(prompt_tokens=prompt, completion_tokens=most, total_tokens=prompt + most)
    cost = await cost_of(usage, str(body.get("model")), edge.connection(request.connection))
    return Estimate(prompt_tokens=prompt, completion_tokens=most, cost=cost)


def _missing(error: SecretUnavailable) -> Fault:
    message = error.message if error.cure is None else error.message.removesuffix(f": {error.cure}")
    return Fault("", "secret", message, error.cure, Severity.WARNING)


def _problem(planned: PlannedRequest, error: HttpTaskError) -> Problem:
    attempts = planned.call.argument.attempts
    failure = to_application_error(error, attempt=planned.attempt, attempts=attempts)
    return problem_of_failure(failure).model_copy(update={"instance": planned.node.pointer})
