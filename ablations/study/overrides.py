"""The changes that a command line makes to a study file: the same recipe, smaller or on other data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ablations.study.across import varied_settings
from ablations.study.yaml_source import read_value
from gan_core.problems import Problem, UserError, shown

FOLDER = "folder:"
FLAG = "--set"
SETTING_ALLOWED = "KEY=VALUE, such as width=16 or dropout={p: 0.5}"


@dataclass(frozen=True)
class Overrides:
    """`budget_kimg`: of the baseline; arms and blocks with a budget of their own keep their ratio to it.

    `data`: of every arm; it may be 'folder:PATH'. `extractor` and `settings`: of every arm. `seeds`: their
    number, from 0.
    """

    budget_kimg: float | None = None
    data: str | None = None
    extractor: str | None = None
    seeds: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UserError where two of them set the same."""
        given = {
            "--budget-kimg": (self.budget_kimg, ("budget_kimg",)),
            "--data": (self.data, ("data", "data_dir")),
            "--extractor": (self.extractor, ("extractor",)),
        }
        both = [
            Problem(f"{FLAG} {key}: both set it", (flag,), "one of them")
            for flag, (value, keys) in given.items()
            for key in keys
            if value is not None and key in self.settings
        ]
        if both:
            raise UserError(*both)

    def apply(self, content: dict[str, Any]) -> None:
        """Change a study file's content in place. What is no mapping is left for validation to report."""
        if self.seeds is not None:
            confirm = content.get("confirm")  # of a search
            (confirm if isinstance(confirm, dict) else content)["seeds"] = self.seeds
        self._refuse_across(content.get("across"))
        baseline = content.get("baseline")
        if not isinstance(baseline, dict):
            return
        across = content.get("across")
        parts = (content.get("tricks"), content.get("arms"), across)
        named = [part for part in parts if isinstance(part, dict)]
        arms = [arm for part in named for arm in part.values() if isinstance(arm, dict)]
        if self.budget_kimg is not None:
            before = baseline.get("budget_kimg")
            for arm in arms:
                own = arm.get("budget_kimg")
                if isinstance(before, int | float) and isinstance(own, int | float) and before > 0:
                    arm["budget_kimg"] = own * self.budget_kimg / before
            baseline["budget_kimg"] = self.budget_kimg
            if isinstance(across, dict):
                _scale(across.get("budget_kimg"), before, self.budget_kimg)
        for each in (baseline, *arms):
            self._retarget(each, each is baseline)

    def _refuse_across(self, across: object) -> None:
        """Refuse to set what the study goes across: its blocks would be one."""
        varied = varied_settings(across)
        flags = {"data": "--data", "extractor": "--extractor"}
        given = {key: flag for key, flag in flags.items() if getattr(self, key) is not None}
        given |= dict.fromkeys(self.settings, FLAG)
        hint = "a change of `across` in the file"
        problems = [
            Problem(
                f"the study goes across several values of {key}", (f"{flag} {key}" if flag == FLAG else flag,), hint
            )
            for key, flag in given.items()
            if key in varied
        ]
        if problems:
            raise UserError(*problems)

    def _retarget(self, settings: dict[str, Any], always: bool) -> None:
        if self.data is not None and (always or "data" in settings):
            settings.pop("data_dir", None)
            settings["data"] = self.data
            if self.data.startswith(FOLDER):
                settings |= {"data": "folder", "data_dir": self.data.removeprefix(FOLDER)}
        if self.extractor is not None and (always or "extractor" in settings):
            settings["extractor"] = self.extractor
        settings |= {key: value for key, value in self.settings.items() if always or key in settings}


def _scale(budgets: object, before: object, now: float) -> None:
    """Budgets that a study goes across keep their ratio to the baseline's, in place."""
    if isinstance(budgets, list) and isinstance(before, int | float) and before > 0:
        budgets[:] = [own * now / before if isinstance(own, int | float) else own for own in budgets]


def settings_in(texts: Sequence[str]) -> dict[str, Any]:
    """Settings from words such as 'width=16', values read as a study file's. Raises UserError with all mistakes."""
    settings: dict[str, Any] = {}
    problems = []
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            problems.append(Problem(f"{shown(text)} is no setting", (FLAG,), SETTING_ALLOWED))
        elif key in settings:
            problems.append(Problem(f"{shown(key)} is set twice", (FLAG,), "one value a setting"))
        else:
            settings[key] = None  # so that a wrong one is known too
            try:
                settings[key] = read_value(value, f"{FLAG} {key}")
            except UserError as error:
                problems += [replace(problem, source="", where=(FLAG, key)) for problem in error.problems]
    if problems:
        raise UserError(*problems)
    return settings
