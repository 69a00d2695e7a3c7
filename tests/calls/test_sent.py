"""Bodies on the wire of a real run."""

import pytest
from temporalio.testing import WorkflowEnvironment

from httptask.testing import Reply, ScriptedServer, ServedRequest
from support.connections import local_connection, secret_store
from support.runs import running

KEY = "key-0123456789"
UPLOAD = """
use: { secrets: [KEY] }
do:
  - upload:
      call: httpRequest
      with:
        method: post
        connection: files
        path: /
        multipart:
          - { name: key, text: "${ $secrets.KEY }" }
          - { name: note, json: { text: "${ .text }" } }
          - { name: file, base64: "${ .text | @base64 }", filename: note.txt, contentType: text/plain }
"""
FORM = """
use: { secrets: [KEY] }
do:
  - send:
      call: httpRequest
      with: { method: post, connection: files, path: /, form: { key: "${ $secrets.KEY }", tag: [a, "${ .text }"] } }
"""


def echo_when_asked_again(request: ServedRequest, seen: list[ServedRequest]) -> Reply:
    if len(seen) < 2:
        return Reply.of(status=503)
    return Reply.json({"text": request.body.decode(), "type": request.headers["content-type"]})


@pytest.mark.parametrize("definition", [UPLOAD, FORM], ids=["multipart", "form"])
async def test_attempts_are_equal_and_secrets_stay_out_of_history(
    temporal: WorkflowEnvironment, definition: str
) -> None:
    async with ScriptedServer([]) as server:
        server.script = lambda request: echo_when_asked_again(request, server.requests)
        async with running(
            temporal,
            connections={"files": local_connection("files", server.url)},
            secrets=secret_store({"KEY": KEY}),
        ) as runner:
            outcome = await runner.run(definition, {"text": "é & more"})
            history = (await outcome.handle.fetch_history()).to_json()
    first, second = server.requests
    assert KEY.encode() in first.body
    assert first.headers.pop("host") == second.headers.pop("host")
    assert (first.body, first.headers) == (second.body, second.headers)
    assert "idempotency-key" in first.headers
    assert "[redacted:KEY]" in outcome.output["text"]
    assert KEY not in history
