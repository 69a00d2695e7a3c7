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
from httptask.config.find import DOTENV_NAME
from httptask.dsl.loader import Loaded
from httptask.plugin import DefinitionRegistry

__all__ = ["Reloaded"]

_LOOK_SECONDS = 0.5


class Reloaded:
    """The definitions of a folder, read again when a file in it changes, or one of a function that they call.

    A folder with a fault in it is told, and what was served before still is. Runs keep the definition that they
    began with in any case.

    Attributes:
        registry: what is served.
        secrets: what the definitions may use; it grows with them.
        config_changed: set when the configuration file, or the `.env` beside it, has changed; whoever takes the new
            one clears it.
    """

    def __init__(self, definitions: Path, config: Config, *, is_whole: bool = True) -> None:
        """Load them for the first time.

        Args:
            definitions: their folder, or the file of one.
            config: what there is for them.
            is_whole: whether there has to be one, and none may have errors.

        Raises:
            CliError: that is not so; every fault has been printed.
        """
        self.config_changed = asyncio.Event()
        self._folder = definitions
        self._config = config
        self._functions: tuple[Path, ...] = ()
        self._seen = self._stamps()
        self.registry = DefinitionRegistry([])
        self.secrets = dict(for_own_runs(config, ()).secrets)
        try:
            self._load()
        except CliError as error:
            if is_whole:
                raise
            given = files_at(definitions)
            print_note(
                f"{error.message}; until they are corrected, no definition can be run by its name"
                if given
                else f"{definitions}: no definition lies directly in this folder; the designer shows those below it, "
                "and makes new ones"
            )

    @property
    def state_directory(self) -> Path:
        """Where the embedded server keeps its database."""
        return self._config.state_directory

    @property
    def names(self) -> list[str]:
        """Every workflow type that is served."""
        return self.registry.names

    def look(self) -> None:
        """Take up now what was changed in the configuration or its `.env` from here, and not at the next look.

        Who asks next would else meet a worker that does not know of it.
        """
        now = stamps(self._settings)
        before = {path: stamp for path, stamp in self._seen.items() if path in self._settings}
        if now != before:
            self._seen = {**{path: stamp for path, stamp in self._seen.items() if path not in before}, **now}
            self._renew([path for path in self._settings if now.get(path) != before.get(path)])

    def _renew(self, changed: list[Path]) -> None:
        print_note(f"{', '.join(map(str, changed))} changed: the worker starts again with it")
        self.config_changed.set()

    async def follow(self) -> None:
        """Look for changes, and serve them."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                now = self._stamps()
            except OSError:  # the folder is going away, or can't be read for a while
                continue
            before, self._seen = self._seen, now
            changed = [
                path for path in sorted({*before, *self._seen}) if before.get(path) != self._seen.get(path)
            ]
            settings = [file for file in self._settings if file in changed]
            if settings:
                self._renew(settings)
                changed = [file for file in changed if file not in settings]
            if changed:
                await self._reload(changed)

    def take(self, config: Config) -> None:
        """Go on with a configuration that was read anew."""
        self._config = config
        self.secrets.update(for_own_runs(config, self.secrets).secrets)

    def permit(self, loaded: Loaded) -> None:
        """Have the worker know the secrets of a definition that comes with its start."""
        self.secrets.update(for_own_runs(self._config, used_secrets([loaded])).secrets)

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
        return stamps([*files_at(self._folder), *self._functions, *self._settings])

    @property
    def _settings(self) -> tuple[Path, Path]:
        """The configuration and the `.env` beside it, whether or not they are there."""
        return self._config.path, self._config.path.with_name(DOTENV_NAME)
