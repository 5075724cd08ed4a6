"""What a command line changes in a study file: the same recipe, smaller or on other data."""

from dataclasses import dataclass
from typing import Any

FOLDER = "folder:"


@dataclass(frozen=True)
class Overrides:
    """`budget_kimg`: of the baseline; arms with a budget of their own keep their ratio to it. `data`: of every arm.

    `data` may be 'folder:PATH'. `extractor`: of every arm.
    """

    budget_kimg: float | None = None
    data: str | None = None
    extractor: str | None = None

    def apply(self, content: dict[str, Any]) -> None:
        """Change a study file's content in place. What is no mapping is left for validation to complain about."""
        baseline = content.get("baseline")
        if not isinstance(baseline, dict):
            return
        named = [part for part in (content.get("tricks"), content.get("arms")) if isinstance(part, dict)]
        arms = [arm for part in named for arm in part.values() if isinstance(arm, dict)]
        if self.budget_kimg is not None:
            before = baseline.get("budget_kimg")
            for arm in arms:
                own = arm.get("budget_kimg")
                if isinstance(before, int | float) and isinstance(own, int | float) and before > 0:
                    arm["budget_kimg"] = own * self.budget_kimg / before
            baseline["budget_kimg"] = self.budget_kimg
        for each in (baseline, *arms):
            self._retarget(each, each is baseline)

    def _retarget(self, settings: dict[str, Any], always: bool) -> None:
        if self.data is not None and (always or "data" in settings):
            settings.pop("data_dir", None)
            settings["data"] = self.data
            if self.data.startswith(FOLDER):
                settings |= {"data": "folder", "data_dir": self.data.removeprefix(FOLDER)}
        if self.extractor is not None and (always or "extractor" in settings):
            settings["extractor"] = self.extractor
