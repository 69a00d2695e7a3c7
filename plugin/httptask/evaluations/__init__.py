"""Evaluations: a definition, or variants of it, run over a data set, and a table of what came of each row."""

from httptask.evaluations.batches import (
    Batch,
    Evaluation,
    fetch_results,
    find_batch,
    follow_batch,
    has_left,
    sha256_of_rows,
    start_batch,
)
from httptask.evaluations.dataset import DataRow, DatasetInvalid, check_rows, read_rows
from httptask.evaluations.table import Table, as_csv, as_jsonl, as_markdown, summary_text
from httptask.evaluations.variants import VariantsInvalid, variants_of

__all__ = [
    "Batch",
    "DataRow",
    "DatasetInvalid",
    "Evaluation",
    "Table",
    "VariantsInvalid",
    "as_csv",
    "as_jsonl",
    "as_markdown",
    "check_rows",
    "fetch_results",
    "find_batch",
    "follow_batch",
    "has_left",
    "read_rows",
    "sha256_of_rows",
    "start_batch",
    "summary_text",
    "variants_of",
]
