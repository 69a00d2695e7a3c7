"""What users import, as the stubs of docs/public-api.md. They are taken from the source: every Python writes the same."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

__all__ = ["API_MODULES", "API_PAGE", "stubs"]

API_PAGE = Path(__file__).parents[2] / "docs/public-api.md"
API_MODULES = (
    "httptask.workflows",
    "httptask.workflows.errors",
    "httptask.plugin",
    "httptask.config",
    "httptask.connections",
    "httptask.secrets",
    "httptask.fixtures",
    "httptask.testing",
    "httptask.definitiontests",
    "httptask.evaluations",
    "httptask.testrequest",
    "httptask.dsl",
    "httptask.client",
    "httptask.http.errors",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef

_FORMAT = ("ruff", "format", "--stdin-filename=stubs.pyi")


def stubs(name: str) -> str:
    """The public names of a module with their signatures, as a block of Markdown."""
    module = importlib.import_module(name)
    text = "\n".join(_stub(public, getattr(module, public)) for public in sorted(module.__all__))
    command = (sys.executable, "-m", *_FORMAT)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return f"```pyi\n{done.stdout}```\n"


def _stub(name: str, value: Any) -> str:
    if isinstance(value, type):
        return _class_stub(value)
    if inspect.isfunction(value):
        return "\n".join(map(ast.unparse, _functions(_source(value.__module__), value.__module__)[name]))
    return f"{name}: {type(value).__name__}"


def _class_stub(cls: type) -> str:
    keywords = [ast.unparse(keyword) for keyword in _node(cls).keywords]
    stub = ast.parse(f"class {cls.__name__}({', '.join([*_bases(cls), *keywords])}): ...").body[0]
    assert isinstance(stub, ast.ClassDef)
    members = [node for nodes in dict(_members(cls)).values() for node in nodes]
    stub.body = members or stub.body
    return ast.unparse(stub)


def _members(cls: type) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Fields and methods by name, those of bases that aren't public included."""
    foreign = {name for base in cls.__mro__ if not _is_ours(base) for name in dir(base)} - {"__init__"}
    for owner in (*(base for base in reversed(cls.__mro__) if _is_hidden(base)), cls):
        body = _node(owner).body
        for node in body:
            if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_"):
                yield ast.unparse(node.target), [_field(node, owner.__module__)]
        for name, nodes in _functions(body, owner.__module__).items():
            if name == "__init__" or not (
                name.startswith("_") or name in foreign or _names_internals(nodes, owner.__module__)
            ):
                yield name, [*nodes]


def _bases(cls: type) -> Iterator[str]:
    for base in _node(cls).bases:
        found = getattr(sys.modules[cls.__module__], ast.unparse(base), None)
        if isinstance(found, type) and _is_hidden(found):
            yield from _bases(found)
        else:
            yield ast.unparse(base)


def _field(node: ast.AnnAssign, module: str) -> ast.AnnAssign:
    default = node.value
    if isinstance(default, ast.Call) and ast.unparse(default.func).lower() == "field":
        given = {keyword.arg: keyword.value for keyword in default.keywords}
        default = given.get("default", ast.Constant(...) if "default_factory" in given else None)
    return ast.AnnAssign(node.target, _Types(module).visit(node.annotation), default, node.simple)


def _functions(body: list[ast.stmt], module: str) -> Mapping[str, list[Function]]:
    """The signatures of functions by name; of one that has overloads, those."""
    found: dict[str, list[Function]] = {}
    for node in body:
        if isinstance(node, Function):
            node.body = [ast.Expr(ast.Constant(...))]
            overloads = [one for one in found.get(node.name, []) if _is_overload(one)]
            signatures = found.setdefault(node.name, [])
            if not overloads or _is_overload(node):
                signatures.append(_Types(module).visit(node))
    return found


def _names_internals(functions: list[Function], module: str) -> bool:
    """Whether they take or give what isn't public, and so aren't for users either."""
    arguments = [
        one.annotation for function in functions for one in ast.walk(function) if isinstance(one, ast.arg)
    ]
    annotations = [
        one for one in (*arguments, *(function.returns for function in functions)) if one is not None
    ]
    named = {name for one in annotations for name in re.findall(r"\w+", ast.unparse(one))}
    values = (getattr(sys.modules[module], name, None) for name in named)
    return any(isinstance(value, type) and _is_hidden(value) for value in values)


def _is_overload(node: Function) -> bool:
    return any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list)


class _Types(ast.NodeTransformer):
    """Types as a caller sees them: without what only validation reads, private names spelled out."""

    def __init__(self, module: str) -> None:
        self._aliases = {
            ast.unparse(node.targets[0]): node.value
            for node in _source(module)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("_")
        }

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if ast.unparse(node.value) == "Annotated" and isinstance(node.slice, ast.Tuple):
            return cast("ast.AST", self.visit(node.slice.elts[0]))
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        alias = self._aliases.get(node.id)
        return node if alias is None else cast("ast.AST", self.visit(alias))


def _node(cls: type) -> ast.ClassDef:
    [node] = [
        node
        for node in _source(cls.__module__)
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__
    ]
    return node


@cache
def _source(module: str) -> list[ast.stmt]:
    return ast.parse(inspect.getsource(sys.modules[module])).body


def _is_hidden(cls: type) -> bool:
    return _is_ours(cls) and cls not in _public()


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith("httptask.")


@cache
def _public() -> frozenset[Any]:
    modules = map(importlib.import_module, API_MODULES)
    values = (getattr(module, name) for module in modules for name in module.__all__)
    return frozenset(value for value in values if isinstance(value, type))
