"""A task that gets another name: what names it follows, and nothing else changes or means something else."""

from difflib import ndiff

import pytest

from httptask.dsl.loader import load_text
from httptask.dsl.renaming import rename_task, rename_variable, unname_variable
from httptask.dsl.yaml.editing import EditRefused
from httptask.dsl.yaml.value_edits import rename_key

HEAD = "document: { dsl: 1.0.3, namespace: n, name: d, version: 1.0.0 }\n"
TEXT = f"""\
{HEAD}do:
  - find:   # the first
      call: httpRequest
      with: {{ method: post, connection: shop, path: /find, body: {{ then: find, note: "$tasks.find is prose" }} }}
  - use-it:
      set:
        a: "${{ $tasks.find.id }}"
        b: '${{ $tasks["find"].id }}'
        text: |
          ${{ $tasks.find.name }}   # no comment, but text
        other: ${{ $tasks.finder }}
  - finder:
      if: $tasks.find.ok
      switch:
        - one: {{ when: '${{ $tasks["use-it"].a }}', then: find }}
        - two: {{ then: end }}
  - each:
      for: {{ each: item, in: .items }}
      do:
        - find: {{ set: {{ x: 1 }} }}
        - again: {{ set: {{ x: "${{ $tasks.find }}" }}, then: find }}
"""


def changed(before: str, after: str) -> list[str]:
    return [
        line[2:].strip() for line in ndiff(before.split("\n"), after.split("\n")) if line.startswith("+ ")
    ]


def test_what_names_a_task_follows_and_nothing_that_only_looks_like_it() -> None:
    assert changed(TEXT, rename_task(TEXT, "/do/0/find", "look")) == [
        "- look:   # the first",
        'a: "${ $tasks.look.id }"',
        "b: '${ $tasks.look.id }'",
        "${ $tasks.look.name }   # no comment, but text",
        "if: $tasks.look.ok",
        "- one: { when: '${ $tasks[\"use-it\"].a }', then: look }",
    ]
    inner = rename_task(TEXT, "/do/3/each/do/0/find", "look")
    assert changed(TEXT, inner) == [
        "- look: { set: { x: 1 } }",
        '- again: { set: { x: "${ $tasks.look }" }, then: look }',
    ]


def test_a_name_that_is_no_identifier_stands_in_brackets() -> None:
    told = rename_task(TEXT, "/do/0/find", "look-up")
    assert changed(TEXT, told)[1:3] == [
        r'a: "${ $tasks[\"look-up\"].id }"',
        "b: '${ $tasks[\"look-up\"].id }'",
    ]
    assert "then: look-up }" in told
    assert "find" not in {report.code for report in load_text(told, "x.yaml").reports}
    assert rename_task(rename_task(TEXT, "/do/1/use-it", "use"), "/do/1/use", "use-it") == TEXT.replace(
        "\r", ""
    )


@pytest.mark.parametrize("form", [TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, f"---\n{TEXT}...\n"])
def test_the_form_of_the_text_stays(form: str) -> None:
    told = rename_task(form, "/do/1/use-it", "used")
    assert told.replace("used", "use-it").replace("$tasks.use-it", '$tasks["use-it"]') == form


@pytest.mark.parametrize(
    ("pointer", "name", "message"),
    [
        ("/do/0/find", "finder", "there is a finder already"),
        ("/do/0/find", "again", "/do/1/use-it/set/a would read another task"),  # as one in `each` has it
        ("/do/0/find", "end", "means something else"),
        ("/do/0/find", 'a"b', "letters"),
        ("/do/0/find", "\\g<9>", "letters"),
        ("/do/0/find", "", "letters"),
        ("/do/0", "look", "no task"),
        ("x", "look", "no task"),
        ("", "look", "no task"),
    ],
)
def test_a_name_that_would_mean_something_else_is_refused(pointer: str, name: str, message: str) -> None:
    text = TEXT.replace("for: { each: item, in: .items }\n      do:", "do:").replace(
        "- find: { set: { x", "- f: { set: { x"
    )
    with pytest.raises(EditRefused, match=message.replace("/", "/")):
        rename_task(text, pointer, name)


def test_a_definition_with_faults_is_renamed_too() -> None:
    text = f"{HEAD}do:\n  - ask: {{ call: httpRequest }}\n  - b: {{ set: {{ x: '${{ $tasks.ask }}' }}, then: }}\n"
    assert "$tasks.look }" in rename_task(text, "/do/0/ask", "look")


def test_a_case_is_renamed_alone_though_a_task_has_its_name() -> None:
    text = f"{HEAD}do:\n  - s:\n      switch:\n        - good: {{ then: good }} # on\n  - good: {{ set: {{ a: 1 }} }}\n"
    renamed = text.replace("- good: { then", "- fine: { then")
    assert rename_key(text, "/do/0/s/switch/0/good", "fine") == renamed
    assert "good: { then: fine" in rename_task(text, "/do/1/good", "fine")


LOOPS = f"""\
{HEAD}do:
  - tickets:
      for: {{ each: ticket, in: .tickets }}   # all of them
      while: $ticket.open and $index < 9
      do:
        - ask:
            call: httpRequest
            with:
              method: post
              connection: shop
              path: "/tickets/${{ $ticket.id }}"
              body: {{ note: '$ticket is prose, ${{ $ticket.text + "$ticket \\($ticket.id)" }} is none', also: $ticket.id }}
        - inner:
            call: map
            with:
              in: ${{ $ticket.lines | map(. as $ticket | $ticket.text) }}
              each: line
              do:
                - keep: {{ set: {{ of: "${{ $ticket.id }}", at: "${{ $index }}", tickets: "${{ $tickets_seen }}" }} }}
        - again:
            for: {{ each: ticket, in: .lines }}
            do:
              - other: {{ set: {{ id: "${{ $ticket.id }}" }} }}
  - attempt:
      try: [{{ one: {{ set: {{ x: 1 }} }} }}]
      catch: {{ as: error, when: $error.status == 404 }}
"""
OF_ALL = "/do/0/tickets/for/each"
OF_INNER = "/do/0/tickets/do/1/inner/with"


@pytest.mark.parametrize("form", [LOOPS, LOOPS.replace("\n", "\r\n")])
def test_what_reads_a_variable_follows_but_for_words_and_other_variables_of_its_name(form: str) -> None:
    told = rename_variable(form, OF_ALL, "issue")
    assert [line.rstrip() for line in changed(form, told)] == [
        "for: { each: issue, in: .tickets }   # all of them",
        "while: $issue.open and $index < 9",
        'path: "/tickets/${ $issue.id }"',
        "body: { note: '$ticket is prose, ${ $issue.text + \"$ticket \\($issue.id)\" } is none', also: $ticket.id }",
        "in: ${ $issue.lines | map(. as $issue | $issue.text) }",
        '- keep: { set: { of: "${ $issue.id }", at: "${ $index }", tickets: "${ $tickets_seen }" } }',
    ]
    assert rename_variable(told, OF_ALL, "ticket") == form


def test_a_variable_that_had_no_name_of_its_own_gets_one() -> None:
    named = rename_variable(LOOPS, f"{OF_INNER}/at", "position")
    assert changed(LOOPS, named) == [
        '- keep: { set: { of: "${ $ticket.id }", at: "${ $position }", tickets: "${ $tickets_seen }" } }',
        "at: position",
    ]
    assert unname_variable(named, f"{OF_INNER}/at") == LOOPS
    error = rename_variable(LOOPS, "/do/1/attempt/catch/as", "problem")
    assert changed(LOOPS, error) == ["catch: { as: problem, when: $problem.status == 404 }"]


@pytest.mark.parametrize(
    ("pointer", "name", "message"),
    [
        pytest.param(OF_ALL, "index", r"there is a \$index already", id="taken"),
        # as that of `inner` hides it
        pytest.param(OF_ALL, "line", r"would read another \$line", id="hidden"),
        # which `keep` reads of the loop around
        pytest.param(f"{OF_INNER}/each", "ticket", r"would read another \$ticket", id="hiding"),
        pytest.param(OF_ALL, "tasks", "exists already", id="reserved"),
        pytest.param(OF_ALL, "two words", "can't be a variable", id="words"),
        pytest.param("/do/0/tickets/for/in", "issue", "no variable", id="none"),
        pytest.param("/do/9/none/for/each", "issue", "no variable", id="nowhere"),
    ],
)
def test_a_name_of_a_variable_that_would_mean_something_else_is_refused(
    pointer: str, name: str, message: str
) -> None:
    with pytest.raises(EditRefused, match=message):
        rename_variable(LOOPS, pointer, name)


def test_a_variable_that_shared_conditions_read_is_left_to_who_writes_the_text() -> None:
    tries = "".join(
        f"  - {name}: {{ try: [{{ one: {{ set: {{ x: 1 }} }} }}], catch: {{ retry: often }} }}\n"
        for name in "ab"
    )
    text = f"{HEAD}use: {{ retries: {{ often: {{ when: $error.status == 503, limit: {{ attempt: {{ count: 2 }} }} }} }} }}\ndo:\n{tries}"
    with pytest.raises(EditRefused, match="/use/retries/often/when reads \\$error of other tasks"):
        rename_variable(text, "/do/0/a/catch/as", "problem")


def test_expressions_without_braces_follow_where_they_are_allowed() -> None:
    loose = HEAD + "evaluate: { mode: loose }\ndo:\n  - each:\n      for: { each: one, in: .all }\n"
    text = f"{loose}      do: [{{ keep: {{ set: {{ a: $one.id, b: 'not $one' }} }} }}]\n"
    assert "{ a: $it.id, b: 'not $one' }" in rename_variable(text, "/do/0/each/for/each", "it")
