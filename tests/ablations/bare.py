"""An environment of Python with gan_core and what it says that it needs, and nothing else."""

import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "gan_core" / "requirements.txt"


def declared() -> list[Requirement]:
    """What gan_core needs, by its own list."""
    lines = (line.strip() for line in REQUIREMENTS.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def closure(requirements: list[Requirement]) -> dict[str, metadata.Distribution]:
    """The installed distributions that these need, themselves included, by name. What is declared must be there."""
    found = {requirement.name: metadata.distribution(requirement.name) for requirement in requirements}
    left, seen = list(requirements), set()
    while left:
        wanted = left.pop()
        if (key := (wanted.name.lower(), frozenset(wanted.extras))) in seen:
            continue
        seen.add(key)
        try:
            distribution = found.setdefault(wanted.name, metadata.distribution(wanted.name))
        except metadata.PackageNotFoundError:
            continue  # another build of torch names its CUDA packages too; what is really missing fails at import
        for requirement in map(Requirement, distribution.requires or ()):
            extras = ("", *wanted.extras)
            if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
                left.append(requirement)
    return found


def make_environment(folder: Path) -> Path:
    """Make it in `folder`, of links to what is installed here; gives its interpreter."""
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    python = folder / "bin" / "python"
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    for distribution in closure(declared()).values():
        files = distribution.files
        assert files, f"{distribution.name} does not tell its files"
        for name in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            if not name.endswith(".pth") and not (site / name).exists():
                (site / name).symlink_to(Path(str(distribution.locate_file(name))))
    (site / "gan_core").symlink_to(ROOT / "gan_core")
    return python


if __name__ == "__main__":  # by hand: python -m tests.ablations.bare FOLDER
    print(make_environment(Path(sys.argv[1])))
