"""Who may import whom: ARCHITECTURE.md's rules, checked on the source of the whole tree."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(
    str(path.relative_to(ROOT)) for package in ("gan_core", "ablations") for path in (ROOT / package).rglob("*.py")
)
PLATFORM = ("mlflow", "optuna", "typer", "rich", "pandas", "ablations")
ONLY_IN = {  # package -> the beginnings of the files of `ablations` that may import it
    "optuna": ("ablations/search/",),
    "mlflow": ("ablations/tracking/mlflow/",),
    "rich": ("ablations/terminal/",),
    "typer": ("ablations/cli/",),
    "jinja2": ("ablations/report/page/",),
    "torch": (
        "ablations/executors/worker.py",
        "ablations/execution/estimate.py",
        "ablations/tracking/mlflow/generator.py",
    ),
    "torchmetrics": ("ablations/executors/worker.py",),
    "torchvision": (),
    "gan_core.train": (),
    "gan_core.workers.unattended": ("ablations/executors/worker.py",),
    "gan_core.training.timing": ("ablations/execution/estimate.py",),
    "gan_core.show.saved": ("ablations/tracking/mlflow/generator.py",),
    "ablations.executors.worker": ("ablations/executors/child.py", "ablations/executors/inline.py"),
    "ablations.tracking.mlflow.generator": ("ablations/tracking/mlflow/export.py",),
}


def imports(file: str) -> Iterator[str]:
    """Names of all modules that a file imports, within functions too; `from a import b` gives a and a.b."""
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def uses(file: str, package: str) -> bool:
    """Whether the file imports the package or something in it."""
    return any(name == package or name.startswith(f"{package}.") for name in imports(file))


def test_the_library_knows_nothing_of_the_platform() -> None:
    broken = [
        (file, package) for file in FILES if file.startswith("gan_core/") for package in PLATFORM if uses(file, package)
    ]
    assert not broken


@pytest.mark.parametrize("package", ONLY_IN)
def test_each_tool_has_its_room(package: str) -> None:
    users = {file for file in FILES if file.startswith("ablations/") and uses(file, package)}
    assert {file for file in users if not file.startswith(ONLY_IN[package])} == set()
    assert bool(users) == bool(ONLY_IN[package]), "a rule about nothing"


def test_pictures_are_drawn_in_two_rooms() -> None:
    drawing = {file for file in FILES if uses(file, "matplotlib")}
    assert drawing
    assert all(file.startswith(("gan_core/show/", "ablations/report/figures/")) for file in drawing)


def test_the_library_imports_what_it_declares() -> None:
    """By the names of distributions that give a module; what others need of these comes with them."""
    lines = (ROOT / "gan_core" / "requirements.txt").read_text().splitlines()
    declared = {re.split(r"[^\w-]", line)[0] for line in lines if line and not line.startswith("#")}
    modules = {name.partition(".")[0] for file in FILES if file.startswith("gan_core/") for name in imports(file)}
    foreign = modules - sys.stdlib_module_names - {"gan_core"}
    distributions = metadata.packages_distributions()
    given = {module: {name.lower() for name in distributions[module]} for module in foreign}
    undeclared = {module for module, names in given.items() if not names & declared}
    assert undeclared <= {"torch_fidelity", "pydantic_core"}  # torchmetrics[image], pydantic
    assert declared == set().union(*(given[module] & declared for module in foreign))


def test_importing_the_library_brings_in_no_tracker_and_no_optimiser() -> None:
    code = "import sys, gan_core, gan_core.train, gan_core.cli.app; print(*{n.partition('.')[0] for n in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "torch" in loaded
    assert set(loaded).isdisjoint(PLATFORM)
