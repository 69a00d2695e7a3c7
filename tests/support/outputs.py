"""All that a call leaves behind."""

import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

from httptask.http.errors import HttpTaskError
from httptask.http.models import HttpRequest
from httptask.request.curl import curl_command

__all__ = ["outputs_of"]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


async def outputs_of(edge: Any, request: HttpRequest, capsys: Any, caplog: Any) -> str:
    """Everything that may be stored, logged or shown after a call."""
    texts: list[str] = []
    with caplog.at_level(logging.DEBUG):
        try:
            response = await edge.send(request)
            texts += [response.model_dump_json(), repr(response)]
        except HttpTaskError as error:
            texts += traceback.format_exception(error)
            texts += [f"{link!r} {link.args} {vars(link)}" for link in chain(error)]
            texts += [json.dumps(error.details), str(pickle.dumps(error.args))]
    prepared = edge.prepare(request)
    texts += [prepared.model_dump_json(), prepared.export(curl_command), repr(prepared)]
    printed = capsys.readouterr()
    return "\n".join([*texts, printed.out, printed.err, caplog.text])
