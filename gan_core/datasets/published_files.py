"""Published files with known checksums: where they are looked for, and how they come onto this machine.

In this order: torchvision's layout under the home folder; the extra places that the caller names, from which they are
copied to the home folder; the operating system's folder, if it has one, where they stay; then each way to fetch them.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gan_core.datasets.idx import locate, read_verified
from gan_core.datasets.record import OnStep, SearchedPlace
from gan_core.problems import Problem, UserError

Download = Callable[[Path], Path]  # an empty folder -> the folder below it that holds the files; OSError if it fails
COUNTS = {2: "two", 4: "four", 7: "seven"}
MD5_DIGITS = 32


@dataclass(frozen=True)
class PublishedFiles:
    """The files of one data set.

    `checksums`: file -> sha256 of its uncompressed content (the file may be gzipped), or md5 of the file as it is.
    `below`: folders to look into below a place that the caller names. `fetching`: the ways to fetch the files, in words
    and as functions, tried in turn. `source`: where a person finds the files.
    """

    title: str
    layout: str  # torchvision's folder, below home/datasets
    checksums: Mapping[str, str]
    below: tuple[str, ...]
    fetching: tuple[tuple[str, Download], ...]
    source: str
    system: Path | None = None

    def own_folder(self, home: Path) -> Path:
        """Where fetched files are put, in torchvision's layout, so that torchvision finds them too."""
        return home / "datasets" / self.layout

    def content(self, folder: Path, name: str) -> bytes:
        """One file's uncompressed content. Raises UserError that names a file with a wrong checksum."""
        path = self._locate(folder, name)
        if path is None:
            raise UserError(Problem(f"{folder / name} has disappeared, also as .gz"))
        return read_verified(path, self.checksums[name])

    def verify(self, folder: Path) -> None:
        """Raise UserError on the first file with a wrong checksum."""
        for name, checksum in self.checksums.items():
            if len(checksum) == MD5_DIGITS:
                verify_md5(folder / name, checksum)
            else:
                self.content(folder, name)

    def ready_folder(self, home: Path, extra: tuple[Path, ...]) -> Path:
        """A folder that holds all the files, obtained first if need be. Raises what `obtain` raises."""
        self.obtain(home, extra, lambda _: None)
        own = self.own_folder(home)
        return self.system if self.system is not None and self._missing(own) else own

    def look(self, home: Path, extra: tuple[Path, ...]) -> SearchedPlace:
        """Whether the files lie somewhere already, and are right. Raises UserError on a wrong checksum."""
        folder = next((folder for folder in self._folders(home, extra) if not self._missing(folder)), None)
        if folder is None:
            return SearchedPlace(str(self.own_folder(home)), "not here yet", False)
        self.verify(folder)
        return SearchedPlace(str(folder), f"all {self._count} files, checksums right", True)

    def obtain(self, home: Path, extra: tuple[Path, ...], on_step: OnStep) -> tuple[SearchedPlace, ...]:
        """Find the files or fetch them; the last place returned is where they are now.

        When nothing works it raises a UserError that names every place tried and where to put the files by hand; also
        on a file with a wrong checksum.
        """
        own = self.own_folder(home)
        tried: list[SearchedPlace] = []
        for folder in self._folders(home, extra):
            on_step(f"looking in {folder}")
            missing = self._missing(folder)
            outcome = f"lacks {', '.join(missing)}" if missing else f"all {self._count} files"
            tried.append(SearchedPlace(str(folder), outcome, not missing))
            if not missing:
                if folder not in (own, self.system):  # so that whoever isn't told of the place finds them too
                    failure = self._adopt(partial(self._copy, folder), own)
                    if failure:
                        raise UserError(Problem(f"{folder} cannot be copied to {own}: {failure}"))
                return tuple(tried)
        for where, download in self.fetching:
            on_step(where)
            outcome = self._adopt(download, own)
            tried.append(SearchedPlace(where, outcome or f"put into {own}", not outcome))
            if not outcome:
                return tuple(tried)
        raise self._nothing_worked(tried, home)

    @property
    def _count(self) -> str:
        return COUNTS[len(self.checksums)]

    def _folders(self, home: Path, extra: tuple[Path, ...]) -> list[Path]:
        named = [place / part for place in extra for part in self.below]
        return [self.own_folder(home), *named, *([self.system] if self.system else [])]

    def _locate(self, folder: Path, name: str) -> Path | None:
        if len(self.checksums[name]) == MD5_DIGITS:
            return folder / name if (folder / name).is_file() else None
        return locate(folder, name)

    def _missing(self, folder: Path) -> list[str]:
        return [name for name in self.checksums if self._locate(folder, name) is None]

    def _adopt(self, download: Download, destination: Path) -> str:
        """Download to a temporary folder, check, move each file into place.

        Returns the reason where that fails, else ''.
        """
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=destination) as draft:
            try:
                folder = download(Path(draft))
            except OSError as error:
                return str(error)
            if missing := self._missing(folder):
                return f"brought no {', '.join(missing)}"
            self.verify(folder)
            for path in [self._locate(folder, name) for name in self.checksums]:
                if path is not None:
                    os.replace(path, destination / path.name)  # a reader sees the whole file or none
        return ""

    def _copy(self, source: Path, draft: Path) -> Path:
        for path in [self._locate(source, name) for name in self.checksums]:
            if path is not None:
                shutil.copyfile(path, draft / path.name)
        return draft

    def _nothing_worked(self, tried: list[SearchedPlace], home: Path) -> UserError:
        where = "".join(f"\n  {place.where}: {place.outcome}" for place in tried)
        plain = "" if len(next(iter(self.checksums.values()))) == MD5_DIGITS else ".gz (or without .gz)"
        names = "".join(f"\n  {name}{plain}" for name in self.checksums)
        return UserError(
            Problem(
                f"{self.title} was not found and could not be fetched. Tried:{where}\n"
                f"Put these {self._count} files into {self.own_folder(home)}:{names}\n{self.source}"
            )
        )


def verify_md5(path: Path, md5: str) -> None:
    """Raise a UserError that names the file where its md5 is not the one that torchvision publishes."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        message = f"{path} has the wrong checksum: md5 {found}, expected {md5}"
        raise UserError(Problem(f"{message}; remove it and fetch the data again"))
