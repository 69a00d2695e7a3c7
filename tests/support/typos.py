"""Slips of the keyboard in the names of a definition."""

import random
from collections.abc import Sequence

__all__ = ["FROM_ELSEWHERE", "KEYS", "NAMES_AND_FIELDS", "WARNED", "typos"]

NAMES_AND_FIELDS = [
    ("then: {}", "notifyTeam"),
    ("then: {}", "finishQuietly"),
    ("$tasks.{}.priority", "classifyTicket"),
    ("$tasks.{}.summary", "classifyTicket"),
    ("$tasks.classifyTicket.{} ==", "priority"),
    ('x-priority: "${{ $tasks.classifyTicket.{}', "priority"),
    ("$tasks.classifyTicket.{}", "summary"),
]
"""Names of tasks and fields of schemas: the text around a word, and the word."""

KEYS = [
    ("{}:", "document"),
    (", {}:", "namespace"),
    (", {}:", "version"),
    ("use: {{ {}:", "secrets"),
    ("call: {}", "httpRequest"),
    ("call: {}", "chatCompletion"),
    ("{}:", "messages"),
    ("      {}:", "output"),
    ("      {}:", "switch"),
    ("{}:", "when"),
    ("$secrets.{}", "SLACK_WEBHOOK"),
    ("{}:", "method"),
    ("{}:", "endpoint"),
    ("{}:", "headers"),
    ("{}:", "timeout"),
    ("after: {{ {}:", "seconds"),
    ("      {}:", "metadata"),
]
"""The rest, in the same way."""


_GET = "do: [{ get: { call: http, with: { method: get, endpoint: 'https://h/x', %s } } }]"
_REQUEST = _GET.replace("http,", "httpRequest,")
_ENDPOINT = "do: [{ get: { call: http, with: { method: get, endpoint: 'https://h/%s' } } }]"
_CALL = "do:\n- a:\n    call: httpRequest\n    with:\n      method: post\n      %s"
_AFTER = "do: [{ issues: { set: { a: 1 } } }, { b: { set: '${ %s }' } }]"
_TASK = "do: [{ a: { %s } }]"
_PROMPT = """
use: { secrets: [K] }
do: [{ ask: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: "%s" }] } } }]
"""
FROM_ELSEWHERE = [
    (
        _ENDPOINT % "{{id}}",
        "unclosed-variable",
        "write `{id}` for a member of the task's input, or `${ .id }`",
    ),
    (_ENDPOINT % "a/{{ $json.id }}", "unclosed-variable", "write `{id}`"),
    (_ENDPOINT % "{{$workflow.input.id}}", "unclosed-variable", "write `${ $workflow.input.id }`"),
    (_ENDPOINT % "a?q={{ .a.b }}", "unclosed-variable", "write `${ .a.b }`"),
    (_ENDPOINT % "$id/x", "no-variable", "write `{id}`"),
    (_ENDPOINT % "x?q=$q", "no-variable", "write `{q}`"),
    (_ENDPOINT % ":id/x", "no-variable", "write `{id}`"),
    (_ENDPOINT % "<id>", "no-variable", "or `${ .id }`"),
    (_GET % "pagination: {}", "unknown-key", "use `call: httpRequest`, which has `paginate`"),
    (_REQUEST % "pagination: {}", "unknown-key", "did you mean `paginate`?"),
    (_GET % "json: {}", "unknown-key", "did you mean `body`?"),
    (_GET % "params: {}", "unknown-key", "did you mean `query`?"),
    (_GET % "files: []", "unknown-key", "which has `multipart`"),
    (_GET % "form: {}", "unknown-key", "use `call: httpRequest`, which has `form`"),
    (_GET.replace("endpoint", "url") % "body: 1", "unknown-key", "did you mean `endpoint`?"),
    (_GET % "retry: 3", "unknown-key", "`[connections.NAME.retry]` in httptask.toml"),
    (_TASK % "set: { a: 1 }, retries: 3", "unknown-key", "`[connections.NAME.retry]` in httptask.toml"),
    (
        _GET % "authentication: { basic: {} }",
        "unknown-key",
        "`endpoint: { uri: https://…, authentication: … }`",
    ),
    (_REQUEST % "timeout: 30", "unknown-key", "it stands beside `call`"),
    (_GET % "followRedirects: true", "unknown-key", "`redirects = 3` in httptask.toml"),
    (_TASK % "set: { a: 1 }, timeout: 30", "wrong-type", "write { after: PT30S }"),
    (_TASK % "set: { a: 1 }, timeout: 30s", "unknown-timeout", "write timeout: { after: PT30S }"),
    (_TASK % "set: { a: 1 }, timeout: PT30S", "unknown-timeout", "write timeout: { after: PT30S }"),
    (_TASK % "set: { a: 1 }, timeout: { after: 1.5 }", "wrong-type", "write PT1.5S"),
    (_TASK % "wait: 5m", "duration", "write PT5M"),
    (_TASK % "wait: 250 ms", "duration", "write PT0.25S"),
    (
        "do: [{ issues: { set: { a: 1 } } }, { b: { set: '${ $issues.a }' } }]",
        "unknown-variable",
        "write `$tasks.issues`",
    ),
    (
        "do:\n  - get:\n    call: http\n    with: { method: get, endpoint: 'https://h' }\n    then: end",
        "indentation",
        "indent them",
    ),
    (
        "do:\n  - get:\n      call: http\n      with:\n      method: get\n      endpoint: https://h\n      output: raw",
        "indentation",
        "indent them deeper than `with`",
    ),
    (
        "do:\n- ask:\n  call: chatCompletion\n  with:\n    model: m\n    messages: [{ role: user, content: hi }]\n  output:\n    as: .text",
        "indentation",
        "indent them deeper than `ask`",
    ),
    (
        "do:\n  - many:\n      call: map\n      with:\n      in: '[1]'\n      each: x\n      do: [{ a: { set: { a: 1 } } }]",
        "indentation",
        "`with`",
    ),
    ("do:\n  - a:\n      set:\n      total: 1", "indentation", "indent it deeper than `set`"),
    (
        "do:\n  - a:\n      for:\n      each: x\n      in: .\n      do: [{ b: { set: { a: 1 } } }]",
        "indentation",
        "`for`",
    ),
    (_CALL % "endpoint:\n      uri: 'https://h'", "indentation", "indent it deeper than `endpoint`"),
    (_CALL % "endpoint: 'https://h'\n      paginate:\n      link: next", "indentation", "than `paginate`"),
    (
        _CALL % "endpoint: 'https://h'\n      headers:\n      Accept: a/b\n      X-A: b",
        "indentation",
        "indent them deeper than `headers`",
    ),
    (_CALL % "endpoint: 'https://h'\n      body:\n      name: x", "indentation", "than `body`"),
    (
        "do:\n  - a:\n      switch:\n      - x:\n        when: .a\n        then: end",
        "indentation",
        "indent them deeper than `x`",
    ),
    (_ENDPOINT % "{}", "wrong-variable", "write `{name}`"),
    (_ENDPOINT % "{ .id }", "wrong-variable", "write `{name}`"),
    (_ENDPOINT % "{$id}", "wrong-variable", "write `{name}`"),
    (_ENDPOINT % "{id:}", "wrong-variable", "write `{name}`"),
    (_ENDPOINT % "{id,}", "wrong-variable", "write `{name}`"),
    (_GET % "headers: { X: 'a {{id}}' }", "no-variable", "write `${ .id }`"),
    (_GET % "body: { a: ['{{ $json.a.b }}'] }", "no-variable", "write `${ .a.b }`"),
    (_PROMPT % "Hi {{name}}", "no-variable", "write `${ .name }`"),
    (_GET % "body: { a: '$workflow.input.b[0].c' }", "no-variable", "write `${ $workflow.input.b[0].c }`"),
    (_GET % "headers: { X: 'Bearer $secrets.KEY' }", "no-variable", "write `${ $secrets.KEY }`"),
    (_AFTER % "$task.issues.a", "unknown-property", "write `$tasks.issues`"),
    (_AFTER % ".tasks.issues.a", "unknown-property", "write `$tasks.issues`"),
    (_AFTER % "$steps.issues.a", "unknown-variable", "write `$tasks.issues`"),
    (_TASK % "set: { a: 1 }, timeout: { seconds: 30 }", "unknown-key", "write after: { seconds: … }"),
    (_TASK % "wait: pt5s", "duration", "write PT5S"),
    (_GET % "contentType: a/b", "unknown-key", "`headers: { Content-Type: … }`"),
    (_GET % "verify: false", "unknown-key", "`tls` in httptask.toml"),
    (_REQUEST % "interval: PT1S", "unknown-key", "`paginate: { interval: … }`"),
    (_GET.replace("get,", "post,") % """body: '{"a": 1}'""", "json-text", "write it without quotes"),
    (_GET.replace("get,", "post,") % """body: '[{"a": ${ .x }}]'""", "json-text", "write it without quotes"),
    (
        _PROMPT % "k ${ $secrets.K }",
        "secret-in-prompt",
        "credentials belong to the connection",
    ),
]
"""What is right in other tools, or nearly: a definition but for its `document`, the code of its one fault, words of the cure."""

WARNED = frozenset({"json-text", "no-variable", "secret-in-prompt"})
"""Codes of those that may be meant as they stand."""


def _slips(word: str, seed: int) -> set[str]:
    """A dropped, a doubled and a pair of swapped letters, the first letter left alone."""
    chance = random.Random(f"{word}{seed}")
    at = chance.randrange(1, len(word) - 1)
    dropped = word[:at] + word[at + 1 :]
    doubled = word[:at] + word[at] + word[at:]
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return {dropped, doubled, swapped} - {word}


def typos(words: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """What to replace in `DEFINITION`, by what, and the word that was meant."""
    return [
        (around.format(word), around.format(slip), word)
        for seed, (around, word) in enumerate(words)
        for slip in sorted(_slips(word, seed))
    ]
