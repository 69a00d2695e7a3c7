"""What a model says about its attributes: the docstrings below them, read from its source when somebody asks."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pydantic import BaseModel

__all__ = ["attribute_docs"]


@lru_cache
def attribute_docs(model: type[BaseModel]) -> Mapping[str, str]:
    """The docstrings of a model's attributes, its base classes' included, by name.

    pydantic would read them of every model that is defined, whoever imports it: that takes a fifth of the time until
    a definition is checked. Empty where the source was not installed along.
    """
    owners = [owner for owner in reversed(model.__mro__) if issubclass(owner, BaseModel)]
    return {name: doc for owner in owners[1:] for name, doc in _docs_of(owner)}


def _docs_of(owner: type[BaseModel]) -> Iterator[tuple[str, str]]:
    try:
        source = inspect.getsource(owner)
    except OSError:
        return
    [definition] = ast.parse(textwrap.dedent(source)).body
    assert isinstance(definition, ast.ClassDef)
    for above, below in zip(definition.body, definition.body[1:], strict=False):
        match above, below:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, inspect.cleandoc(text)
            case _:
                pass
