"""Flowcharts of definitions."""

import re
import sys
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given, settings

from httptask.dsl.compile import compile_definition
from httptask.dsl.loader import load_file
from httptask.explain.graph import NotDrawable, mermaid_of, svg_of
from support.commands import Shell
from support.definitions import compiled
from support.fences import ROOT
from support.random_definitions import definitions

BOX = re.compile(
    r' *(?:subgraph )?(\w+)(?:\["[^"<>]*(?:<br/>[^"<>]*)*"\]|\{"[^"]*"\}|\(\["\w+"\]\)|\(\(" "\)\))'
)
ARROW = re.compile(r'  (\w+) (?:-- "[^"]*" -->|-->|-\. "error" \.->) (\w+)')

BRANCHING = """
do:
  - route:
      switch:
        - urgent: { when: .urgent, then: loop }
        - "quiet \\"#1\\" <b>": { when: .quiet, then: end }
  - ask: { call: http, with: { method: get, endpoint: "https://example.com/a?key=${ .key }" }, if: .n > 1 }
  - loop:
      for: { each: item, in: .items }
      do:
        - choose: { switch: [{ enough: { when: .enough, then: exit } }] }
        - pause: { wait: { minutes: 5, seconds: 1 } }
        - rest: { set: { n: 1 } }
  - race:
      fork:
        compete: true
        branches:
          - first: { call: chatCompletion, with: { model: m, messages: [{ role: user, content: a }] } }
          - second: { listen: { to: { one: { with: { type: com.example.done } } } } }
  - attempt:
      try:
        - risky: { emit: { event: { with: { type: com.example.begun } } } }
      catch:
        do:
          - mend: { raise: { error: { type: https://example.com/e, status: 400 } } }
        then: route
"""
CHART = """flowchart TB
  start(["start"])
  n0{"route<br/>switch"}
  n1["ask<br/>call.http: GET https://example.com/a?…<br/>if .n #gt; 1"]
  subgraph n5["loop<br/>for: item in .items"]
    n2{"choose<br/>switch"}
    n3["pause<br/>wait: 5 minutes, 1 second"]
    n4["rest<br/>set"]
    e0((" "))
  end
  subgraph n8["race<br/>fork"]
    n6["first<br/>call.chatCompletion: m"]
    n7["second<br/>listen: com.example.done"]
  end
  subgraph n11["attempt<br/>try"]
    subgraph n11_0["try"]
      n9["risky<br/>emit: com.example.begun"]
    end
    subgraph n11_1["catch"]
      n10["mend<br/>raise: https://example.com/e"]
    end
  end
  finish(["end"])
  start --> n0
  n0 -- "urgent" --> n5
  n0 -- "quiet #quot;#35;1#quot; #lt;b#gt;" --> finish
  n0 -- "otherwise" --> n1
  n1 --> n5
  n5 --> n8
  n2 -- "enough" --> e0
  n2 -- "otherwise" --> n3
  n3 --> n4
  n4 --> e0
  n8 --> n11
  n11 -- "error" --> n0
  n11 --> finish
  n11_0 -. "error" .-> n11_1
"""


def test_what_leads_where_and_what_runs_inside() -> None:
    program = compiled(BRANCHING).program
    assert program is not None
    assert mermaid_of(program) == CHART


@given(definition=definitions())
@settings(max_examples=50, deadline=None)
def test_every_task_stands_once_and_every_arrow_leads_from_one_to_another(definition: dict[str, Any]) -> None:
    program = compile_definition(definition).program
    assume(program is not None)  # a name may stand in several lists, and then can't be read
    assert program is not None
    head, *lines = mermaid_of(program).splitlines()
    boxes = [found[1] for line in lines if (found := BOX.fullmatch(line))]
    arrows = [found.groups() for line in lines if (found := ARROW.fullmatch(line))]
    ends = [line for line in lines if line.strip() == "end"]
    assert head == "flowchart TB"
    assert len(boxes) + len(arrows) + len(ends) == len(lines)
    assert len(set(boxes)) == len(boxes)
    assert {f"n{number}" for number in range(len(program.nodes))} <= {*boxes}
    assert {place for arrow in arrows for place in arrow} <= {*boxes}


def test_it_is_drawn_with_all_its_texts_and_frames() -> None:
    drawn = ET.fromstring(svg_of(CHART))
    texts = " ".join(" ".join(text.itertext()) for text in drawn.iter("{http://www.w3.org/2000/svg}text"))
    for told in ("route", 'quiet "#1" <b>', "if .n > 1", "listen: com.example.done", "otherwise", "mend"):
        assert told in texts
    frames = [each for each in drawn.iter() if each.get("class") == "pele-cluster"]
    assert len(frames) == 5
    assert not [each for each in drawn.iter() if each.tag.endswith(("script", "foreignObject", "image", "b"))]


async def test_a_picture_asks_for_its_extra_and_says_what_it_cannot_draw(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotDrawable):
        svg_of("no chart")
    monkeypatch.setitem(sys.modules, "mermaid_render", None)
    with pytest.raises(ModuleNotFoundError):
        svg_of(CHART)
    shell.write("flow.yaml", "document: { dsl: 1.0.3, namespace: t, name: t, version: 1.0.0 }\n" + BRANCHING)
    code, command = await shell.run("graph", "flow.yaml", "--svg")
    assert (code, command.stdout[:4], command.stdout[-7:]) == (0, "<svg", "</svg>\n")
    code, command = await shell.run("graph", "flow.yaml", "--svg", "--fenced")
    assert (code, "exclude each other" in command.stderr) == (2, True)


async def test_the_command_prints_it(shell: Shell) -> None:
    shell.write("flow.yaml", "document: { dsl: 1.0.3, namespace: t, name: t, version: 1.0.0 }\n" + BRANCHING)
    code, command = await shell.run("graph", "flow.yaml")
    assert (code, command.stdout, command.stderr) == (0, CHART, "")
    code, command = await shell.run("graph", "flow.yaml", "--fenced")
    assert (code, command.stdout) == (0, f"```mermaid\n{CHART}```\n")
    shell.write("flow.yaml", "document: { dsl: 1.0.3 }\n")
    code, command = await shell.run("graph", "flow.yaml")
    assert (code, command.stdout) == (2, "")
    assert "not drawn" in command.stderr


def test_the_page_shows_that_of_an_example() -> None:
    program = load_file(ROOT / "examples/support-triage/workflow.yaml").program
    assert program is not None
    assert f"```mermaid\n{mermaid_of(program)}```" in (ROOT / "docs/write-a-definition.md").read_text()
