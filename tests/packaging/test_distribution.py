"""The package as users get it: one namespace in three roots, and a wheel that works by itself."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOTS = ("plugin", "workflows", "activities")

REFUSED = """
import sys
from pathlib import Path

import httptask.cli.commands.validate
from httptask.cli.terminal.errors import CliError
from httptask.cli.commands.run import run
from httptask.cli.commands.testrequest import send_test_request

told = []
for command, *task in ((run,), (send_test_request, "ask")):
    try:
        command(Path("absent.yaml"), *task)
    except CliError as error:
        told.append(error.message)
print(told, "temporalio" in sys.modules)
"""


def packages() -> list[Path]:
    return [
        path for root in ROOTS for path in (ROOT / root / "httptask").iterdir() if path.name != "__pycache__"
    ]


def test_no_root_claims_the_namespace() -> None:
    assert [path for root in ROOTS for path in (ROOT / root / "httptask").glob("__init__.py*")] == []


def test_every_subpackage_is_typed_and_lives_in_one_root() -> None:
    names = [path.name for path in packages()]
    assert sorted(names) == sorted(set(names))
    assert all((path / "py.typed").is_file() and (path / "__init__.py").is_file() for path in packages())


def test_who_only_checks_files_does_not_wait_for_temporal() -> None:
    done = subprocess.run([sys.executable, "-c", REFUSED], capture_output=True, text=True, check=True)
    assert done.stdout == f"{['absent.yaml: no such file or folder'] * 2} False\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_module_once(wheel: Path) -> None:
    expected = {"pytest_httptask.py"} | {
        path.relative_to(ROOT / root).as_posix()
        for root in ROOTS
        for path in (ROOT / root / "httptask").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.startswith("httptask-")]
    assert sorted(names) == sorted(expected)


@pytest.fixture(scope="module")
def path(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a process finds the wheel, and what it needs; without `site` it does not see the checkout's install."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return os.pathsep.join([str(folder), sysconfig.get_path("purelib")])


def test_pytest_of_projects_that_have_it_is_left_alone(path: str, tmp_path: Path) -> None:
    """It warns of nothing, as it does where a plugin has it rewrite what was imported before."""
    (tmp_path / "test_a.py").write_text("def test_a(httptask_env): pass\n")
    done = subprocess.run(
        [
            *(sys.executable, "-S", "-m", "pytest", "-W", "error", "--fixtures-per-test", "test_a.py"),
            *("-o", "asyncio_default_fixture_loop_scope=function"),
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Runs definitions and workflows with scripted replies" in done.stdout


def test_the_wheel_works_without_the_checkout(path: str, tmp_path: Path) -> None:
    code = "import httptask.cli, httptask.plugin, httptask.testing; print(httptask.plugin.__file__); httptask.cli.main()"
    (tmp_path / "w.yaml").write_text(
        "{document: {dsl: 1.0.3, namespace: a, name: b, version: 1.0.0}, do: [{x: {set: {a: 1}}}]}"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, "validate", "w.yaml"],
        cwd=tmp_path,
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert path.partition(os.pathsep)[0] in done.stdout
    assert "0 errors" in done.stderr
