"""`uv run poe pictures`: what the README and the pages of the designer show of it, of the pictures that its journey in a browser left."""

import shutil
import sys
from importlib import import_module
from pathlib import Path

from support.fences import ROOT

__all__ = ["main"]

_SHOWN = {
    "2-add-task": "designer-add-task.png",
    "3-form": "designer-form.png",
    "5-answer": "designer-test-request.png",
    "8-run": "designer-run.png",
}
_ANIMATION = "designer.webp"
_MILLISECONDS = 2_000
"""That each picture is shown."""
_MOST_BYTES = 400_000


def main(pictures: Path, docs: Path = ROOT / "docs") -> None:
    for name, shown in _SHOWN.items():
        shutil.copy(pictures / f"{name}.png", docs / shown)
    image = import_module("PIL.Image")  # in an environment of this command alone
    first, *others = [image.open(file).convert("RGB") for file in sorted(pictures.glob("[0-9]-*.png"))]
    first.save(
        docs / _ANIMATION,
        save_all=True,
        append_images=others,
        duration=_MILLISECONDS,
        loop=0,
        quality=80,
        method=6,
    )
    large = [name for name in (*_SHOWN.values(), _ANIMATION) if (docs / name).stat().st_size > _MOST_BYTES]
    if large:
        sys.exit(f"larger than {_MOST_BYTES} bytes: {', '.join(large)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
