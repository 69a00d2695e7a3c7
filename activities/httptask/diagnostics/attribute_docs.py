"""What a model says about its attributes: the docstrings below them, read from its source when somebody asks."""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from threading import Lock
from typing import Final

from pydantic import BaseModel

__all__ = ["attribute_docs"]

_PARSING: Final = Lock()
"""`ast.parse` of Python 3.11 may raise SystemError where two threads call it at once."""


@lru_cache
def attribute_docs(model: type[BaseModel]) -> Mapping[str, str]:
    """The docstrings of a model's attributes, its base classes' included, by name.

    pydantic would read them of every model that is defined, whoever imports it: that takes a fifth of the time until
    a definition is checked. Empty where the source was not installed along.
    """
    owners = [owner for owner in reversed(model.__mro__) if issubclass(owner, BaseModel)]
    found: dict[str, str] = {}
    for owner in owners[1:]:
        with _PARSING:
            found |= _docs_of_module(owner.__module__).get(owner.__qualname__, {})
    return found


@lru_cache
def _docs_of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """Those of each class at the top of a module, by its name."""
    try:
        source = inspect.getsource(sys.modules[name])
    except OSError:
        return {}
    definitions = [one for one in ast.parse(source).body if isinstance(one, ast.ClassDef)]
    return {definition.name: dict(_docs_of(definition)) for definition in definitions}


def _docs_of(definition: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for above, below in zip(definition.body, definition.body[1:], strict=False):
        match above, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                pass
