"""What is wrong in a configuration file."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from httptask.http.invalid import Finding, findings, keys_at

__all__ = ["describe_faults"]

_FORMER_KEYS = {
    "base_url_secret": 'write base_url = "$secrets.NAME"',
    "bearer_secret": 'write authentication.bearer.token = "$secrets.NAME"',
}


def describe_faults(file: Path, error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each fault: file, dotted key, what is wrong and the cure."""

    def known(path: tuple[str | int, ...]) -> list[str]:
        keys = keys_at(model, path)
        # The name of a connection, secret or activity is the key of its table.
        return [key for key in keys if len(path) > 2 or key != "name"]

    lines: list[str] = []
    for found in findings(error, known, "a table"):
        cure = _FORMER_KEYS.get(str(found.path[-1])) if found.path else None
        told = found if cure is None else Finding(found.path, f"unknown key; {cure}")
        lines.append(f"{file}: {told}")
    return lines
