"""A study: one question, its arms and seeds, read from a YAML file with every mistake in it told at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ablations.designs import DESIGNS, RESERVED, DesignOptions
from ablations.overrides import Overrides
from ablations.study_arms import build_arms
from ablations.study_file import StudyFile
from ablations.study_record import ArmRecord, StudyRecord
from ablations.trials import Arm
from ablations.yaml_source import read_yaml
from gan_core.problems import Problem, UserError
from gan_core.validation import problems_of

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # names become folders
NAME_ALLOWED = "1 to 64 letters, digits, _ or -"


@dataclass(frozen=True)
class Study:
    """A study as it was resolved. `baseline` and `factors` are the user's words, `text` is the file as it was read."""

    name: str
    path: Path
    question: str
    papers: tuple[str, ...]
    design: str
    seeds: tuple[int, ...]
    baseline: Mapping[str, Any]
    factors: Mapping[str, Mapping[str, Any]]  # factor -> the settings that it changes, in the file's order
    arms: tuple[Arm, ...]  # the baseline first
    warnings: tuple[str, ...]  # rules that should hold and don't, with the arms that break them
    text: str

    def record(self) -> StudyRecord:
        """What the study's directory keeps."""
        return StudyRecord(
            name=self.name,
            question=self.question,
            papers=self.papers,
            design=self.design,
            seeds=self.seeds,
            baseline=dict(self.baseline),
            factors={name: dict(settings) for name, settings in self.factors.items()},
            arms=tuple(
                ArmRecord(
                    name=arm.name,
                    factors=dict(arm.factors),
                    fingerprint=arm.config.fingerprint(),
                    config=arm.config.plain(),
                )
                for arm in self.arms
            ),
        )

    def plain(self) -> dict[str, Any]:
        """The record as plain data."""
        return self.record().model_dump(mode="json")


def load_study(path: Path, name: str | None = None, overrides: Overrides = Overrides()) -> Study:  # noqa: B008  frozen
    """Read a study file; `name` takes the place of the file's own, `overrides` that of some of its settings.

    Raises UserError with every problem, each with file and line.
    """
    source = read_yaml(path)
    overrides.apply(source.data)
    problems = _name_problems(path, name)
    file = None
    try:
        file = StudyFile.model_validate(source.data)
    except ValidationError as error:
        problems += problems_of(error, StudyFile)
    baseline, factors = _settings_in(source.data)
    problems += _factor_problems(factors)
    design, options = (DESIGNS[file.design], file.options()) if file else (DESIGNS["one-in"], DesignOptions())
    built = build_arms(baseline, factors, design(list(factors), options))
    problems += built.problems
    if problems or file is None:
        problems.sort(key=lambda p: source.line(p.where))
        raise UserError(*(p if p.source else replace(p, source=source.place(p.where)) for p in problems))
    return Study(
        name=name if name is not None else path.stem,
        path=path,
        question=file.question,
        papers=tuple(file.papers),
        design=file.design,
        seeds=file.seeds,
        baseline=baseline,
        factors=factors,
        arms=built.arms,
        warnings=built.warnings,
        text=source.text,
    )


def _settings_in(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Baseline and factors as far as they have the right shape, so that mistakes elsewhere hide none in them."""
    baseline, tricks = data.get("baseline"), data.get("tricks")
    factors = tricks if isinstance(tricks, dict) else {}
    shaped = {name: settings for name, settings in factors.items() if isinstance(settings, dict)}
    return baseline if isinstance(baseline, dict) else {}, shaped


def _name_problems(path: Path, name: str | None) -> list[Problem]:
    if NAME.fullmatch(name if name is not None else path.stem):
        return []
    if name is not None:
        return [Problem(f"{name!r} can't be a study's name", allowed=NAME_ALLOWED, source="--as")]
    hint = f"{NAME_ALLOWED}; rename the file, or name the study with --as"
    return [Problem(f"{path.stem!r} can't be a study's name", allowed=hint, source=str(path))]


def _factor_problems(factors: Mapping[str, object]) -> list[Problem]:
    problems = []
    for name in factors:
        if name in RESERVED:
            message = f"{name!r} means something else already"
            problems.append(Problem(message, ("tricks", name), f"names other than {', '.join(RESERVED)}"))
        elif not NAME.fullmatch(name):
            problems.append(Problem(f"{name!r} can't be a factor's name", ("tricks", name), NAME_ALLOWED))
    return problems
