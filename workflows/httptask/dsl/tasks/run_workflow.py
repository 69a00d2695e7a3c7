"""`run: workflow`: a run of another definition, within this one."""

from collections.abc import Iterator
from typing import Any, Final, Literal

from pydantic import Field

from httptask.diagnostics.fault import Fault
from httptask.dsl.expression_parts import Part, PartsBuilder
from httptask.dsl.model import NAME_FORM, VERSION_FORM, DefinitionModel, TaskBase, Use
from httptask.dsl.tasks.kind import TaskKind, TaskNode

__all__ = ["RUN", "RUN_INPUT", "Run"]

RUN_INPUT: Final = Part("run")


class RunWorkflow(DefinitionModel):
    """Which definition a `run` runs, and on what."""

    namespace: str = Field(pattern=NAME_FORM)
    """Namespace of the definition."""
    name: str = Field(pattern=NAME_FORM)
    """Its name."""
    version: str = Field(pattern=f"^latest$|{VERSION_FORM}")
    """Its version, three numbers; `latest` for the highest."""
    input: Any = None
    """Its input; null where it is left out."""


class Run(DefinitionModel):
    """What a `run` runs."""

    workflow: RunWorkflow
    """The definition."""
    await_: bool = Field(default=True, alias="await")
    """Whether the task ends when the run does; otherwise as soon as that has begun."""
    return_: Literal["stdout", "stderr", "code", "all", "none"] = Field(default="stdout", alias="return")
    """`none`: the output is null, not that of the run."""


class RunTask(TaskBase):
    """Runs another definition."""

    run: Run
    """What to run."""


class _Run(TaskKind[RunTask]):
    keyword = "run"
    spec_model = RunTask
    does = (
        "runs another definition of the same folder: [definitions within others](#definitions-within-others)"
    )
    yields = "the output of its run; its input where it does not wait for that"

    def headline(self, node: TaskNode) -> str:
        return self.definition(node)

    def compile(self, parts: PartsBuilder, pointer: str, spec: RunTask) -> None:
        parts.template(RUN_INPUT, f"{pointer}/run/workflow/input", spec.run.workflow.input)

    def definition(self, node: TaskNode) -> str:
        meant = self.spec(node).run.workflow
        return f"{meant.namespace}/{meant.name}:{meant.version}"

    def leaves_run(self, node: TaskNode) -> bool:
        return not self.spec(node).run.await_

    def drops_output(self, node: TaskNode) -> bool:
        """Whether the output of the run is not the task's."""
        return self.spec(node).run.return_ == "none"

    def faults(self, node: TaskNode, use: Use) -> Iterator[Fault]:
        run, pointer = self.spec(node).run, f"{node.pointer}/run"
        if run.return_ not in ("stdout", "none"):
            message = f"a workflow has no `{run.return_}`: it has an output"
            yield Fault(
                f"{pointer}/return", "not-of-workflows", message, "leave `return` out, or write `none`"
            )


RUN: Final = _Run()
