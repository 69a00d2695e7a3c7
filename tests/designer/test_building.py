"""The page is made of its sources by Node, and distributions have it: here a small one, made by the real npm."""

import importlib.util
import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from httptask.cli.terminal.errors import CliError, ExitCode
from httptask.cli.terminal.interrupts import interruptible
from httptask.designer import building
from httptask.designer.building import BundleMissing, ensure_bundle, is_built

PLUGIN = Path(building.__file__).parents[2]
PACKAGE = """\
{ "name": "small", "private": true, "scripts": { "build": "node build.cjs" } }
"""
LOCK = """\
{ "name": "small", "lockfileVersion": 3, "packages": { "": { "name": "small" } } }
"""
BUILD = """\
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
mkdirSync("../httptask/designer/bundle", { recursive: true });
writeFileSync("../httptask/designer/bundle/index.html", readFileSync("page.html"));
"""


class Checkout:
    """What a build looks at, with a page of one file."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "plugin" / "designer"
        self.bundle = folder / "plugin" / "httptask" / "designer" / "bundle"
        self.said: list[str] = []
        self.bundle.parent.mkdir(parents=True)
        self.sources.mkdir(parents=True)
        for name, text in {
            "package.json": PACKAGE,
            "package-lock.json": LOCK,
            "build.cjs": BUILD,
            "page.html": "one",
        }.items():
            (self.sources / name).write_text(text)
        (self.sources / "node_modules").mkdir()
        (self.sources / "node_modules" / ".package-lock.json").write_text(
            LOCK
        )  # npm's, of parts that are installed

    def ensure(self) -> Path:
        return ensure_bundle(self.said.append, self.sources, self.bundle)

    def page(self) -> str:
        return (self.bundle / "index.html").read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_it_is_built_where_the_sources_have_changed(checkout: Checkout) -> None:
    assert not is_built(checkout.sources, checkout.bundle)
    assert checkout.ensure() == checkout.bundle
    assert checkout.page() == "one"
    assert checkout.said[0] == "building the designer"
    assert is_built(checkout.sources, checkout.bundle)
    checkout.said.clear()
    checkout.ensure()
    assert checkout.said == []

    (checkout.sources / "page.html").write_text("two")
    assert not is_built(checkout.sources, checkout.bundle)
    checkout.ensure()
    assert checkout.page() == "two"
    assert checkout.said[0] == "building the designer"


def test_parts_that_the_lock_file_names_since_are_installed(checkout: Checkout) -> None:
    link = {"resolved": "part", "link": True}
    for_others = {"version": "1.0.0", "optional": True, "os": ["aix"]}
    part = checkout.sources / "part"
    part.mkdir()
    (part / "package.json").write_text('{ "name": "part", "version": "1.0.0" }')
    package = {**json.loads(PACKAGE), "dependencies": {"part": "file:part"}}
    (checkout.sources / "package.json").write_text(json.dumps(package))
    root = {"name": "small", "dependencies": {"part": "file:part"}}
    named = {
        "": root,
        "node_modules/part": link,
        "part": {"version": "1.0.0"},
        "node_modules/aix": for_others,
    }
    lock = checkout.sources / "package-lock.json"
    lock.write_text(json.dumps({"name": "small", "lockfileVersion": 3, "packages": named}))
    os.utime(lock, (0, 0))  # as of a copy, or of another branch
    checkout.ensure()
    assert checkout.said[0].startswith("building the designer, once: loading its parts")
    assert (checkout.sources / "node_modules" / "part" / "package.json").is_file()
    checkout.said.clear()
    (checkout.sources / "page.html").write_text("two")
    checkout.ensure()
    assert checkout.said[0] == "building the designer"


def test_a_failed_build_tells_what_npm_wrote(checkout: Checkout) -> None:
    (checkout.sources / "page.html").unlink()
    with pytest.raises(BundleMissing, match=r"npm run --silent build failed:[\s\S]*page\.html") as raised:
        checkout.ensure()
    assert "    at " not in str(raised.value)
    assert "--no-designer" in raised.value.hint


def test_an_installation_has_it_or_says_so(checkout: Checkout, tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="no page of the designer"):
        ensure_bundle(checkout.said.append, tmp_path / "absent", checkout.bundle)
    checkout.bundle.mkdir()
    (checkout.bundle / "index.html").write_text("one")
    assert ensure_bundle(checkout.said.append, tmp_path / "absent", checkout.bundle) == checkout.bundle
    assert checkout.said == []


def test_nothing_of_a_build_that_is_interrupted_goes_on(checkout: Checkout) -> None:
    builder = checkout.sources / "node_modules" / "builder"
    goes_on = 'require("node:fs").writeFileSync("node_modules/builder", `${process.pid}`); setInterval(() => {}, 1e3);'
    (checkout.sources / "build.cjs").write_text(goes_on)

    def interrupt() -> None:
        while not (builder.exists() and builder.read_text()):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=interrupt, daemon=True).start()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(CliError, match="interrupted") as raised, interruptible():
        checkout.ensure()
    assert raised.value.exit_code == ExitCode.INTERRUPTED
    assert signal.getsignal(signal.SIGTERM) is before
    until = time.monotonic() + 5
    while is_alive(builder) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_alive(builder)


def is_alive(builder: Path) -> bool:
    try:
        return psutil.Process(int(builder.read_text())).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Application:
    """What a hook may say."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def display_info(self, text: str) -> None:
        """Is of no interest."""

    def display_warning(self, text: str) -> None:
        self.warnings.append(text)


def build(target: str, version: str, checkout: Checkout) -> list[str]:
    """What a build says that comes to its hook."""
    plugin = checkout.sources.parent
    shutil.copy(PLUGIN / "hatch_build.py", plugin)
    shutil.copy(building.__file__, plugin / "httptask" / "designer")
    spec = importlib.util.spec_from_file_location("hatch_build_of_a_test", plugin / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    application = Application()
    hook = module.PageHook(str(plugin.parent), {}, None, None, "", target, application)
    hook.initialize(version, {})
    sys.modules.pop("building", None)
    return application.warnings


def test_an_sdist_has_the_page_built_and_a_wheel_without_it_says_so(checkout: Checkout) -> None:
    assert build("wheel", "editable", checkout) == []
    (warning,) = build("wheel", "standard", checkout)
    assert "uv run poe page" in warning
    assert not checkout.bundle.exists()
    assert build("sdist", "standard", checkout) == []
    assert checkout.page() == "one"
    assert build("wheel", "standard", checkout) == []
