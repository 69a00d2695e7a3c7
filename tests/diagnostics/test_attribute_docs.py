"""Docstrings of a model's attributes."""

import ast
import threading
import time
from typing import Any

import pytest

from httptask.config.sections import Policy
from httptask.diagnostics import attribute_docs as module
from httptask.diagnostics.attribute_docs import attribute_docs
from httptask.dsl.definition import Definition


@pytest.fixture(autouse=True)
def nothing_is_read_yet() -> None:
    module.attribute_docs.cache_clear()
    module._docs_of_module.cache_clear()


def test_two_threads_parse_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, inside, at_once = ast.parse, threading.Semaphore(1), threading.Event()

    def parsed(*arguments: Any) -> Any:
        if not inside.acquire(blocking=False):
            at_once.set()
        time.sleep(0.05)  # the other one has the time to come
        inside.release()
        return parse(*arguments)

    monkeypatch.setattr(ast, "parse", parsed)
    threads = [threading.Thread(target=attribute_docs, args=[model]) for model in (Definition, Policy)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not at_once.is_set()
    assert attribute_docs(Definition)["do"]
    assert attribute_docs(Policy)["allow_private"]
