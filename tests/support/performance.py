"""The tables of docs/performance.md, made of what the benchmarks measured last."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .measurements import Measured, history

__all__ = ["PERFORMANCE_PAGE", "PERFORMANCE_TABLES", "figures_of"]

PERFORMANCE_PAGE = Path(__file__).parents[2] / "docs/performance.md"

Figures = Mapping[tuple[str, str], float]
"""The newest of each name, by its benchmark."""
Row = tuple[str, ...]

_UNKNOWN = "\N{EN DASH}"

_SHARES = {
    "call": "the call itself: connection, secrets, guards, HTTP, its line of the log",
    "payloads": "its request and its answer, from payloads and to payloads",
    "activity": "what else an activity needs: counting attempts, heartbeats, the type of its errors",
    "sdk": "Temporal's SDK in Python: polling, handing out activities, their answers",
    "workflows": "workflow tasks: the interpreter, expressions, payloads of the workflow",
    "core": "Temporal's core in Rust: the protocol, its state machines, the network to the server",
    "helpers": "helper processes, for expressions that may take long",
}
_DEFINITIONS = {
    "three-calls": "three calls in a row",
    "twenty-calls": "twenty calls in a row",
    "loop": "a loop of 100 turns without a call",
    "switch": "one of two calls",
}
_WITHOUT_CALLS = ("loop",)
_STARTS = {
    "import_plugin": "importing the plugin",
    "validate": "`httptask validate`",
    "run": "`httptask run` of one `set`",
}


def figures_of(lines: Iterable[Measured]) -> Figures:
    """The newest value of each ratio, by benchmark and name."""
    return {(line["benchmark"], name): value for line in lines for name, value in line["ratios"].items()}


def _figures() -> Figures:
    return figures_of(history())


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)


def _times(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.2f}"


def _over(figures: Figures, benchmark: str, name: str, under: str) -> float | None:
    """The ratio of two ratios to the same."""
    above, below = figures.get((benchmark, name)), figures.get((benchmark, under))
    return None if above is None or not below else above / below


def _inverse(value: float | None) -> float | None:
    return None if not value else 1 / value


def _runs() -> str:
    figures = _figures()
    columns = ("over_{}_10", "over_{}_50", "cpu_over_{}_50", "history_over_{}")
    rows: list[Row] = []
    for name, what in _DEFINITIONS.items():
        for prefix, how in (("", ""), ("local_", ", `calls: local`")):
            if prefix and name in _WITHOUT_CALLS:
                continue
            for peer, label in (("by_hand_httpx", "a workflow by hand"), ("zigflow", "Zigflow")):
                keys = (f"{name}.{prefix}{column.format(peer)}" for column in columns)
                rows.append((what + how, label, *(_times(figures.get(("peers", key))) for key in keys)))
    head = ("Runs of", "Beside", "Rate, 10 at once", "Rate, 50 at once", "CPU, 50 at once", "History")
    return _table(head, rows)


def _calls() -> str:
    figures = _figures()
    rows: list[Row] = []
    for what, label, benchmark, name in (
        ("an HTTP request, 32 at once", "one by hand with httpx", "edge", "activity_over_httpx_32"),
        ("", "one by hand with aiohttp", "edge", "activity_over_aiohttp_32"),
        ("a chat completion, 50 at once", "one by hand with openai-python", "chat", "plain_over_openai"),
        ("a streamed one, 50 at once", "one by hand with openai-python", "chat", "stream_over_openai"),
        (
            "runs of three calls, 50 at once",
            "by hand, in Temporal's sandbox",
            "engine",
            "by_name_over_httpx_sandboxed",
        ),
        ("", "by hand, out of it", "engine", "by_name_over_httpx"),
    ):
        cpu = figures.get((benchmark, f"{name}_cpu"))  # of theirs over ours
        told = (figures.get((benchmark, name)), None if cpu is None else 1 / cpu)
        rows.append((what, label, *map(_times, told)))
    return _table(("Activities of", "Beside", "Rate", "CPU"), rows)


def _shares() -> str:
    figures = _figures()
    shares = {name: figures.get(("shares", f"share_{name}")) for name in _SHARES}
    told = {name: _UNKNOWN if share is None else f"{share:.1%}" for name, share in shares.items()}
    return _table(("Part", "Of the worker's CPU"), ((what, told[name]) for name, what in _SHARES.items()))


def _options() -> str:
    figures = _figures()
    rows: list[tuple[str, str, float | None]] = [
        ("`calls: local`", "rate, 10 runs at once", _over_activities(figures, "over_by_hand_httpx_10")),
        ("", "rate, 50 runs at once", _over_activities(figures, "over_by_hand_httpx_50")),
        ("", "CPU of a run", _over_activities(figures, "cpu_over_by_hand_httpx_50")),
        ("", "bytes of its history", _over_activities(figures, "history_over_by_hand_httpx")),
        ("`worker --processes 2`", "CPU for a call, of each", figures.get(("processes", "cpu_per_call"))),
        ("", "memory of both, idle", figures.get(("processes", "idle_memory"))),
        ("10 runs at once", "rate, over one after the other", figures.get(("shares", "rate_10_over_1"))),
        ("", "CPU of a run", figures.get(("shares", "cpu_10_over_1"))),
        ("50 runs at once", "rate, over one after the other", figures.get(("shares", "rate_50_over_1"))),
        ("", "CPU of a run", figures.get(("shares", "cpu_50_over_1"))),
    ]
    for place, (name, what) in enumerate(_STARTS.items()):
        option = "" if place else "packages without bytecode"
        rows.append((option, f"time of {what}", _over(figures, "startup", f"{name}_without_bytecode", name)))
    return _table(
        ("Option", "What changes", "Times"), ((one, what, _times(value)) for one, what, value in rows)
    )


def _over_activities(figures: Figures, ratio: str) -> float | None:
    """What a run of local calls has, over the same run with activities."""
    return _over(figures, "peers", f"three-calls.local_{ratio}", f"three-calls.{ratio}")


def _costs() -> str:
    figures = _figures()
    rows = [
        ("CPU of a run beside its calls, over that of a call", ("shares", "run_over_call")),
        ("CPU of a task without a call, over that of a call", ("shares", "task_over_call")),
        ("CPU of a request with 1 at once, over one with 32", ("edge", "cpu_1_over_32")),
        ("CPU of a request with 256 at once, over one with 32", ("edge", "cpu_256_over_32")),
        ("CPU of a streamed chat completion, over one as a whole", ("chat", "stream_over_plain_cpu")),
        (
            "history of an item of a `map` of 20,000, over one of a `map` of 100",
            ("scale", "over_100.map-of-20000-integers"),
        ),
    ]
    return _table(("Cost", "Times"), ((what, _times(figures.get(key))) for what, key in rows))


def _measurements() -> str:
    newest = {line["benchmark"]: line for line in history()}
    rows = ((f"`{name}`", line["date"], f"`{line['commit']}`") for name, line in sorted(newest.items()))
    return _table(("Benchmark", "Run last", "Of"), rows)


PERFORMANCE_TABLES: Mapping[str, Callable[[], str]] = {
    "shares": _shares,
    "options": _options,
    "costs": _costs,
    "calls": _calls,
    "runs": _runs,
    "measurements": _measurements,
}
