"""What makes sure that a distribution has the page, which git has not."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_BUILDING = Path(__file__).parent / "httptask" / "designer" / "building.py"


class PageHook(BuildHookInterface[Any]):
    """Builds the page for an sdist; tells where a wheel goes without.

    Only an sdist asks for Node, and so `uv build`, which makes its wheel of the sdist, always has the page. A wheel of
    the checkout has it where it was built before: else everybody who installs from there would wait for Node.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Come before a build of the kind `version`: `editable` is a checkout's own environment.

        Raises:
            BundleMissing: the page of an sdist can't be built.
        """
        building = _load_building()
        if self.target_name == "sdist":
            building.ensure_bundle(self.app.display_info)
        elif version != "editable" and not building.is_built():
            self.app.display_warning(
                "this wheel has no page of the designer, or an older one: `uv run poe page` builds it, "
                "and `uv build` does so by itself"
            )


def _load_building() -> ModuleType:
    """The module, without the package, which needs what a build does not have."""
    spec = spec_from_file_location("building", _BUILDING)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
