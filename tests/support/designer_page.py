"""`uv run poe page`: builds the designer's page where its sources have changed, and holds these against their checks."""

import subprocess
import sys

from httptask.designer.building import SOURCES, BundleMissing, ensure_bundle, npm_command


def main() -> int:
    try:
        ensure_bundle(print)
        npm, environment = npm_command()
    except BundleMissing as error:
        print(f"{error}\n  hint: {error.hint}", file=sys.stderr)
        return 1
    return subprocess.run([*npm, "run", "check"], cwd=SOURCES, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
