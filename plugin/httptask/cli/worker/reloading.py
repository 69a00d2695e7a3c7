"""Definitions that are served as they are now, for whoever is writing them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from httptask.cli.project.definitions import definition_files, files_at, load_runnable, stamps, used_secrets
from httptask.cli.project.plugins import serve
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError
from httptask.config import Config
from httptask.config.config import for_own_runs
from httptask.plugin import DefinitionRegistry
from httptask.secrets.store import SecretSource

__all__ = ["Reloaded"]

_LOOK_SECONDS = 0.5


class Reloaded:
    """The definitions of a folder, read again when a file in it changes, or one of a function that they call.

    A folder with a fault in it is told, and what was served before still is. Runs keep the definition that they
    began with in any case.

    Attributes:
        registry: what is served.
        secrets: what the definitions may use; it grows with them.
    """

    def __init__(self, definitions: Path, config: Config) -> None:
        """Load them for the first time.

        Raises:
            CliError: there are none, or one has errors; every fault has been printed.
        """
        self._folder = definitions
        self._config = config
        self._file = config.file
        self._functions: tuple[Path, ...] = ()
        self._seen = self._stamps()
        self.registry = DefinitionRegistry([])
        self.secrets: dict[str, SecretSource] = {}
        self._load()

    @property
    def names(self) -> list[str]:
        """Every workflow type that is served."""
        return self.registry.names

    async def follow(self) -> None:
        """Look for changes, and serve them."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            before, self._seen = self._seen, self._stamps()
            changed = [
                path for path in sorted({*before, *self._seen}) if before.get(path) != self._seen.get(path)
            ]
            if self._file in changed:
                print_note(f"{self._file} has changed: start `dev` again to use it")
                changed.remove(self._file)
            if changed:
                await self._reload(changed)

    async def _reload(self, changed: list[Path]) -> None:
        try:
            await asyncio.to_thread(self._load)
        except CliError as error:
            print_note(f"{error.message}; what was served before still is")
        else:
            print_note(f"{', '.join(map(str, changed))} changed: serving {', '.join(self.names)}")

    def _load(self) -> None:
        loaded = load_runnable(definition_files([self._folder]))
        registry = serve(loaded)
        before = self._functions
        self._functions = tuple(file.path for one in loaded for file in one.functions.values())
        no_longer = set(before).difference(self._functions)
        seen = {path: stamp for path, stamp in self._seen.items() if path not in no_longer}
        self._seen = {**stamps(self._functions), **seen}
        self.secrets.update(for_own_runs(self._config, used_secrets(loaded)).secrets)
        self.registry.take_over(registry)

    def _stamps(self) -> Mapping[Path, tuple[int, int]]:
        return stamps([*files_at(self._folder), *self._functions, *([self._file] if self._file else [])])
