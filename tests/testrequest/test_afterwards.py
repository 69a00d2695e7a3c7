"""What a run does next, in words."""

import pytest

from httptask.testrequest.afterwards import end_of_list
from httptask.testrequest.wording import handled_in_words
from support.definitions import compiled

NESTED = """
use: { functions: { f: { set: { n: 1 } } } }
do:
  - call: { call: f }
  - race: { fork: { compete: true, branches: [{ one: { set: { n: 1 } } }] } }
  - both: { fork: { branches: [{ two: { set: { n: 1 } } }, { more: { do: [{ inner: { set: { n: 1 } } }] } }] } }
  - last: { set: { n: 1 } }
"""


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("one", "end race with this and cancel its other branches, unless one of them has won before"),
        ("two", "end this branch of both, and wait for the others"),
        ("inner", "go on behind the list of tasks that it is the last of"),
        ("f", "give this to call, which calls the function, as its output"),
        ("last", "end with this: it is the last task"),
    ],
)
def test_what_follows_the_last_task(task: str, words: str) -> None:
    program = compiled(NESTED).program
    assert program is not None
    [node] = program.find(task)
    assert end_of_list(program, node) == words


@pytest.mark.parametrize(
    ("fault", "turns", "words"),
    [
        (None, 10, "answer by `handlers`, and ask again, up to 9 times more"),
        (None, 2, "answer by `handlers`, and ask again, once more"),
        (None, 1, "answer by `handlers`, and end in TurnsExceeded, for `maxTurns` is 1"),
        ("it is none", 2, "tell the model what is wrong, and ask again, once more"),
    ],
    ids=["many turns", "one more turn", "no more turn", "a call that is none"],
)
def test_what_follows_calls_of_tools(fault: str | None, turns: int, words: str) -> None:
    assert handled_in_words([("lamp", fault)], turns)[1] == words
