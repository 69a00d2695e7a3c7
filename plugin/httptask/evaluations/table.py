"""The table of a batch: a line for each row and variant, and what they come to together."""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httptask.diagnostics.cutting import in_one_line
from httptask.evaluations.dataset import DataRow
from httptask.http.errors import HttpStatusError
from httptask.interpreter.batch_state import RowResult
from httptask.scheduling.spending_state import DECIMALS

__all__ = ["Table", "as_csv", "as_jsonl", "as_markdown", "summary_text"]

_MOST_SHOWN: Final = 60
"""Characters of a cell that a person reads."""
_QUANTILES: Final = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class Table:
    """What came of a batch.

    Attributes:
        rows: the inputs, with the lines that they stand at.
        labels: of the variants; one empty label where nothing is compared.
        results: of those that have ended, by row and variant.
    """

    rows: Sequence[DataRow]
    labels: Sequence[str]
    results: Sequence[RowResult]

    @property
    def lines(self) -> Iterator[dict[str, Any]]:
        """Each result as JSON, a row that has none with the state `not run`."""
        found = {(result.row, result.variant): result for result in self.results}
        for number, row in enumerate(self.rows):
            for variant, label in enumerate(self.labels):
                line: dict[str, Any] = {"row": number + 1, "line": row.line}
                if label:
                    line["variant"] = label
                yield {**line, "input": row.input, **_told(found.get((number, variant)))}

    @property
    def differing(self) -> list[int]:
        """The rows, from 1, to which the variants gave different outputs, or not all of them an output."""
        by_row: dict[int, set[str]] = {}
        for result in self.results:
            told = json.dumps([result.output, result.error is None], sort_keys=True)
            by_row.setdefault(result.row, set()).add(told)
        return [row + 1 for row, told in sorted(by_row.items()) if len(told) > 1]

    def telling(self, most: int) -> list[int]:
        """Rows, from 1, that a person looks at first: those that failed, those that differ, then the others."""
        failed = [result.row + 1 for result in self.results if result.error is not None]
        every = [*failed, *self.differing, *range(1, len(self.rows) + 1)]
        return sorted(list(dict.fromkeys(every))[:most])

    def summary(self) -> dict[str, Any]:
        """How many rows came to what, their cost and latency; of each variant where several are compared."""
        whole = _summary(self.results, len(self.rows) * len(self.labels))
        if len(self.labels) == 1:
            return whole
        variants = {
            label: _summary([one for one in self.results if one.variant == number], len(self.rows))
            for number, label in enumerate(self.labels)
        }
        return {**whole, "variants": variants, "differing_rows": self.differing}


def as_jsonl(table: Table) -> str:
    """One JSON object a line."""
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in table.lines)


def as_csv(table: Table) -> str:
    """With a header; what is no text stands as JSON, and what a spreadsheet would compute as text."""
    lines = list(table.lines)
    names = list(dict.fromkeys(name for line in lines for name in line))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_csv_cell(line.get(name)) for name in names] for line in lines)
    return text.getvalue()


def as_markdown(table: Table, only: Iterable[int] | None = None) -> str:
    """A table for people: a line for each row, the variants side by side, long values cut, then the summary.

    Args:
        table: of the batch.
        only: the rows that are shown, from 1; None for all.
    """
    compared = len(table.labels) > 1
    heads = table.labels if compared else ["output"]
    last = ["differs"] if compared else []
    differing, shown = set(table.differing), None if only is None else set(only)
    lines = [["row", "input", *heads, *last, "cost", "tokens", "latency"]]
    lines.append(["---:", "---", *("---" for _ in [*heads, *last]), "---:", "---:", "---:"])
    of_row: dict[int, list[dict[str, Any]]] = {}
    for line in table.lines:
        of_row.setdefault(line["row"], []).append(line)
    for row, cells in of_row.items():
        if shown is None or row in shown:
            answers = [_cut(_answer(cell)) for cell in cells]
            mark = ["yes" if row in differing else ""] if compared else []
            seconds = [cell["seconds"] for cell in cells if "seconds" in cell]
            took = f"{max(seconds):.2f} s" if seconds else ""
            costs = [cell["cost_usd"] for cell in cells if "cost_usd" in cell]
            cost = "?" if None in costs else _dollars(sum(costs))
            tokens = f"{sum(cell.get('tokens') or 0 for cell in cells):,}"
            lines.append([str(row), _cut(_text(cells[0]["input"])), *answers, *mark, cost, tokens, took])
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{body}\n\n{summary_text(table)}\n"


def summary_text(table: Table) -> str:
    """The summary in a few lines."""
    summary = table.summary()
    parts = summary.get("variants") or {"": summary}
    lines = [_summary_line(label, part) for label, part in parts.items()]
    if "differing_rows" in summary:
        rows = summary["differing_rows"]
        named = ", ".join(map(str, rows[:20])) + (f" and {len(rows) - 20} more" if len(rows) > 20 else "")
        lines.append(
            f"outputs differ in {len(rows):,} of {len(table.rows):,} rows" + (f": {named}" if rows else "")
        )
    return "\n".join(lines)


def _told(result: RowResult | None) -> dict[str, Any]:
    if result is None:
        return {"state": "not run"}
    spent = result.spent
    used = {
        "cost_usd": None if spent.unpriced is not None else spent.cost_usd,
        "tokens": spent.tokens,
        "calls": spent.calls,
        "seconds": result.seconds,
    }
    if result.error is None:
        return {"state": "completed", "output": result.output, **used}
    return {"state": "faulted", "error": result.error, "task": result.error.get("instance"), **used}


def _summary(results: Sequence[RowResult], total: int) -> dict[str, Any]:
    failed = [result.error for result in results if result.error is not None]
    seconds = sorted(result.seconds for result in results)
    unpriced = next((one.spent.unpriced for one in results if one.spent.unpriced is not None), None)
    return {
        "rows": total,
        "completed": len(results) - len(failed),
        "failed": len(failed),
        "not_run": total - len(results),
        "errors": dict(Counter(_kind(error) for error in failed).most_common()),
        "cost_usd": round(sum(result.spent.cost_usd for result in results), DECIMALS),
        "unpriced": unpriced,
        "tokens": sum(result.spent.tokens for result in results),
        "calls": sum(result.spent.calls for result in results),
        "seconds": {f"p{quantile * 100:g}": _quantile(seconds, quantile) for quantile in _QUANTILES},
    }


def _kind(error: dict[str, Any]) -> str:
    """What errors have in common that are counted together."""
    name = str(error.get("error") or error["title"])
    return f"{name} {error['status']}" if name == HttpStatusError.__name__ else name


def _quantile(ordered: Sequence[float], quantile: float) -> float | None:
    """The least of some values that so large a part of them does not exceed."""
    return ordered[max(0, math.ceil(quantile * len(ordered)) - 1)] if ordered else None


def _summary_line(label: str, part: dict[str, Any]) -> str:
    counts = [f"{part['completed']:,} of {part['rows']:,} rows completed"]
    if part["failed"]:
        errors = ", ".join(f"{count:,} {name}" for name, count in part["errors"].items())
        counts.append(f"{part['failed']:,} failed ({errors})")
    if part["not_run"]:
        counts.append(f"{part['not_run']:,} not run")
    if part["tokens"]:
        counts.append(f"{part['tokens']:,} tokens")
    if part["tokens"] and part["unpriced"] is not None:
        counts.append(f"price of {part['unpriced']} not known")
    elif part["tokens"]:
        counts.append(_dollars(part["cost_usd"]))
    took = [f"{name} {value:.2f} s" for name, value in part["seconds"].items() if value is not None]
    told = "; ".join([", ".join(counts), *([f"latency {', '.join(took)}"] if took else [])])
    return f"{label}: {told}" if label else told


def _answer(line: dict[str, Any]) -> str:
    if line["state"] == "not run":
        return "not run"
    if line["state"] == "completed":
        return _text(line["output"])
    error = line["error"]
    at = f" at {str(line['task']).rpartition('/')[2]}" if line["task"] else ""
    return f"{error.get('error') or error['title']}{at}: {error.get('detail') or ''}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return in_one_line(text, _MOST_SHOWN).replace("|", "\\|")


def _csv_cell(value: Any) -> str:
    text = "" if value is None else _text(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _dollars(amount: float) -> str:
    return "$0" if amount == 0 else f"${amount:.{max(2, 1 - math.floor(math.log10(amount)))}f}"
