"""Who may import whom, checked on the source of the whole tree: the tables of rooms are those of ARCHITECTURE.md.

A room is a folder or a file directly below a package. Imports count wherever they stand: at the top of a file, inside
a function, or for types alone.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gan_core", "ablations")
FILES = sorted(str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PLATFORM = ("mlflow", "optuna", "typer", "rich", "pandas", "ablations")
ONLY_IN = {  # module -> the beginnings of the files of `ablations` that may import it
    "optuna": ("ablations/search/",),
    "mlflow": ("ablations/tracking/mlflow/",),
    "rich": ("ablations/terminal/",),
    "typer": ("ablations/cli/",),
    "ray": ("ablations/executors/ray_cluster/",),
    "jinja2": ("ablations/report/page/",),
    "matplotlib": ("ablations/report/figures/",),
    "torch": (
        "ablations/executors/worker.py",
        "ablations/execution/estimate.py",
        "ablations/tracking/mlflow/generator.py",
    ),
    "torchmetrics": ("ablations/executors/worker.py",),
    "torchvision": (),
    "submitit": ("ablations/executors/slurm/",),
    "gan_core.train": (),
    "gan_core.workers.unattended": ("ablations/executors/worker.py",),
    "gan_core.training.timing": ("ablations/execution/estimate.py",),
    "gan_core.show.saved": ("ablations/tracking/mlflow/generator.py",),
    "fsspec": ("ablations/executors/elsewhere/object_store.py",),
    "ablations.executors.worker": ("ablations/executors/inline.py", "ablations/executors/elsewhere/node.py"),
    "ablations.tracking.mlflow.generator": ("ablations/tracking/mlflow/export.py",),
}
FACES = {  # folders whose __init__.py may import something: doors and registries
    "gan_core/config/__init__.py",
    "gan_core/datasets/__init__.py",
    "gan_core/evaluation/extractors/__init__.py",
    "gan_core/evaluation/metrics/__init__.py",
    "gan_core/nets/__init__.py",
    "gan_core/plugins/__init__.py",
    "gan_core/tricks/__init__.py",
    "ablations/leaderboard/__init__.py",
    "ablations/statistics/__init__.py",
    "ablations/study/designs/__init__.py",
    "ablations/study/space/__init__.py",
}


ROOM = r"`(\w+(?:\.py|/))`"
EVERYTHING = "everything below"


class Import(NamedTuple):
    """One imported module: `from a import b` is `a.b` where that is a module, else `a`."""

    file: str
    line: int
    module: str


def module_of(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


MODULES = {module_of(file): file for file in FILES}


@cache
def imports_of(file: str) -> tuple[Import, ...]:
    found = []
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            found += [Import(file, node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: write the whole path in place of a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.append(Import(file, node.lineno, whole if whole in MODULES else str(node.module)))
    return tuple(found)


def uses(file: str, package: str) -> bool:
    """Whether the file imports the package or something in it."""
    return any(one.module == package or one.module.startswith(f"{package}.") for one in imports_of(file))


def room_of(module: str) -> str:
    """`ablations.study.designs.ladder` stands in the room `study/`, `ablations.plan` in the room `plan.py`."""
    package, _, rest = module.partition(".")
    name = rest.partition(".")[0]
    return f"{name}/" if (ROOT / package / name).is_dir() else f"{name}.py"


def rooms_of(package: str) -> dict[str, set[str]]:
    """The package's rooms in the order of ARCHITECTURE.md, each with the rooms of the package that it may import."""
    chapter = (ROOT / "ARCHITECTURE.md").read_text().partition(f"\n## {package}: ")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in chapter.splitlines() if line.startswith("| `")]
    names = [re.findall(ROOM, row[0])[0] for row in rows]
    return {
        name: set(names[place + 1 :]) if EVERYTHING in row[2] else set(re.findall(ROOM, row[2]))
        for place, (name, row) in enumerate(zip(names, rows, strict=True))
    }


def crossings(package: str) -> Iterator[tuple[str, str, Import]]:
    """Every import from one room of the package into another."""
    for file in FILES:
        here = room_of(module_of(file))
        for one in imports_of(file):
            if file.startswith(f"{package}/") and one.module.startswith(f"{package}."):
                there = room_of(one.module)
                if there != here:
                    yield here, there, one


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_has_a_row(package: str) -> None:
    files = {path.name for path in (ROOT / package).glob("*.py")} - {"__init__.py"}
    folders = {f"{path.name}/" for path in (ROOT / package).iterdir() if any(path.rglob("*.py"))}
    assert set(rooms_of(package)) == files | folders, "ARCHITECTURE.md has one row for each file and folder at the top"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_import_goes_up(package: str) -> None:
    rooms = rooms_of(package)
    broken = [
        f"{one.file}:{one.line} imports {one.module}, but of {package} {here} may import only "
        f"{', '.join(sorted(rooms[here])) or 'nothing'} (ARCHITECTURE.md): pass it in as an argument, or move what "
        "both need into a room below"
        for here, there, one in crossings(package)
        if here != "/" and there not in rooms[here]  # the package itself says which systems it runs on
    ]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_table_allows_only_what_is_used(package: str) -> None:
    used = {(here, there) for here, there, _ in crossings(package)}
    rooms = rooms_of(package)
    floors = list(rooms)
    named = {here: there for here, there in rooms.items() if there != set(floors[floors.index(here) + 1 :])}
    idle = [f"{here} -> {there}" for here in named for there in sorted(named[here]) if (here, there) not in used]
    assert not idle, f"nothing needs these imports any more; take them out of ARCHITECTURE.md: {', '.join(idle)}"


@pytest.mark.parametrize("package", PACKAGES)
def test_the_table_allows_no_import_of_a_row_above(package: str) -> None:
    floors = list(rooms := rooms_of(package))
    up = [f"{a} -> {b}" for a in rooms for b in rooms[a] if floors.index(b) <= floors.index(a)]
    assert not up, f"ARCHITECTURE.md's rows stand in the order of the flow; these would run upwards: {', '.join(up)}"


def test_files_have_no_circles() -> None:
    assert_no_circle(
        {file: {MODULES[one.module] for one in imports_of(file) if one.module in MODULES} - {file} for file in FILES}
    )


def assert_no_circle(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(
            "these import each other in a circle; move what they share into a file of its own: "
            + " <- ".join(error.args[1])
        )


def test_only_doors_and_registries_have_something_in_their_init() -> None:
    busy = {file for file in FILES if file.endswith("__init__.py") and imports_of(file)}
    roots = {"ablations/__init__.py", "gan_core/__init__.py"}  # they say which systems they run on
    assert busy - roots == FACES, "an __init__.py that imports makes everything that its folder holds slow and circular"


def test_the_library_knows_nothing_of_the_platform() -> None:
    broken = [
        f"{file} imports {package}: gan_core must work without the platform"
        for file in FILES
        if file.startswith("gan_core/")
        for package in PLATFORM
        if uses(file, package)
    ]
    assert not broken


@pytest.mark.parametrize("package", ONLY_IN)
def test_each_library_has_its_room(package: str) -> None:
    users = {file for file in FILES if file.startswith("ablations/") and uses(file, package)}
    strangers = {file for file in users if not file.startswith(ONLY_IN[package])}
    assert not strangers, f"{package} may be imported only in {', '.join(ONLY_IN[package]) or 'gan_core'}"
    assert bool(users) == bool(ONLY_IN[package]), "a rule about nothing"


def test_the_trainer_draws_in_one_room() -> None:
    drawing = {file for file in FILES if file.startswith("gan_core/") and uses(file, "matplotlib")}
    assert drawing
    assert all(file.startswith("gan_core/show/") for file in drawing), (
        "matplotlib may be imported only in gan_core/show/"
    )


def test_the_library_imports_what_it_declares() -> None:
    """By the names of distributions that give a module; what others need of these comes with them."""
    lines = (ROOT / "gan_core" / "requirements.txt").read_text().splitlines()
    declared = {re.split(r"[^\w-]", line)[0] for line in lines if line and not line.startswith("#")}
    modules = {
        name.partition(".")[0]
        for file in FILES
        if file.startswith("gan_core/")
        for name in (one.module for one in imports_of(file))
    }
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


HEAVY = {"submitit", "torch", "numpy", "scipy", "pandas", "mlflow", "optuna", "matplotlib", "jinja2", "sqlalchemy"}
SLOW = {"pandas", "mlflow", "optuna", "matplotlib", "torchvision", "torchmetrics", "pydoe"} | {
    *("sympy", "triton", "torch._dynamo", "scipy.stats", "scipy.optimize"),
}
AT_THE_END = """
import atexit, runpy, sys
atexit.register(lambda: print("LOADED", *sys.modules, file=sys.stdout, flush=True))
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def loaded_by(*command: str | Path) -> tuple[int, set[str]]:
    """The exit code of a command line after `python -m`, and the modules that its process has at the end."""
    done = subprocess.run([sys.executable, "-c", AT_THE_END, *map(str, command)], capture_output=True, text=True)
    return done.returncode, set(done.stdout.partition("LOADED")[2].split())


@pytest.mark.parametrize(
    "command",
    ["ablations", "ablations run", "ablations plan", "ablations leaderboard", "gan_core", "gan_core evaluate"],
)
def test_help_loads_no_large_library(command: str) -> None:
    code, loaded = loaded_by(*command.split(), "--help")
    assert code == 0
    assert "argparse" in loaded or "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_study_file_that_cannot_be_read_is_told_before_a_large_library_is_loaded(
    command: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("baseline: [\n")
    for file in (broken, tmp_path / "missing.yaml"):
        code, loaded = loaded_by("ablations", command, file)
        assert code == 2
        assert "ruamel.yaml" in loaded
        assert loaded.isdisjoint(HEAVY)


def test_a_wrong_setting_is_told_with_what_resolves_settings_alone() -> None:
    code, loaded = loaded_by("ablations", "plan", ROOT / "studies" / "smoke.yaml", "--set", "widht=3")
    assert code == 2
    assert "torch" in loaded
    assert loaded.isdisjoint(SLOW)
