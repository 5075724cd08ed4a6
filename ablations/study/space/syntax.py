"""Mistakes in the words of a space, for each dimension and among them; nothing is resolved here."""

import math
from collections.abc import Collection, Iterator, Mapping

from ablations.study.designs.search_options import DimensionWords, Scalar
from ablations.study.factors import StudyFactor
from ablations.study.space.dimension import label_of
from gan_core.problems import Problem, nearest_name
from gan_core.tricks import TRICKS

# Their scores could not be compared, or a search would choose the largest of them
FIXED = {
    "seed": "seeds stand under `confirm`; a search takes its own",
    "use": "code is named once, by `use` of the study file",
    **dict.fromkeys(("data", "data_dir", "fit", "skip_broken", "max_images", "image_size"), "one data set a study"),
    **dict.fromkeys(
        ("extractor", "metrics", "progress_extractor", "progress_metrics", "progress_evaluations"),
        "scores of other protocols can't be compared",
    ),
    **dict.fromkeys(("progress_samples", "full_samples"), "scores of other protocols can't be compared"),
    "budget_kimg": "arms of one budget",
}


def words_problems(space: Mapping[str, DimensionWords], tricks: Mapping[str, StudyFactor]) -> list[Problem]:
    """Every mistake in the words, each at its place in the study file."""
    problems = []
    for name, words in space.items():
        where = ("space", name)
        problems += [Problem(p.message, (*where, *p.where), p.allowed, p.nearest) for p in _shape(words)]
        problems += _name(name, tricks)
        problems += _conditions(name, words, space, tricks)
    return problems


def _shape(words: DimensionWords) -> Iterator[Problem]:
    if words.choices is not None:
        for key in ("low", "high", "step", "log"):
            if key in words.model_fields_set:
                yield Problem("a range has it; choices have none", (key,), "choices, or low and high")
        labels = [(isinstance(choice, bool), label_of(choice)) for choice in words.choices]
        for i, label in enumerate(labels):
            if label in labels[:i]:
                yield Problem(f"{words.choices[i]!r} is there twice", ("choices", i))
        return
    missing = [key for key in ("low", "high") if getattr(words, key) is None]
    if missing:
        yield from (Problem("missing", (key,), "choices, or low and high") for key in missing)
        return
    assert words.low is not None
    assert words.high is not None
    if words.low >= words.high:
        yield Problem(f"{words.high!r} is out of range", ("high",), f"> {words.low!r}")
    elif words.log and words.low <= 0:
        yield Problem(f"{words.low!r} is out of range", ("low",), "> 0 on a log scale")
    elif words.log and words.step is not None:
        yield Problem("a log scale has no steps", ("step",), "one of `log` and `step`; or choices")
    elif words.step is not None:
        steps = (words.high - words.low) / words.step
        if not math.isclose(steps, round(steps), abs_tol=1e-9):
            last = words.low + math.floor(steps) * words.step
            yield Problem(f"no step from {words.low!r} comes to {words.high!r}", ("high",), f"{last:g}, for example")


def _name(name: str, tricks: Mapping[str, StudyFactor]) -> Iterator[Problem]:
    where, (setting, dot, _) = ("space", name), name.partition(".")
    if setting in FIXED:
        yield Problem("no setting to search", where, FIXED[setting])
    if dot and setting not in TRICKS:
        message = f"no trick is called {setting!r}"
        yield Problem(message, where, f"TRICK.OPTION, of {', '.join(TRICKS)}", nearest_name(setting, TRICKS))
    setters = [trick for trick, factor in tricks.items() if name in factor.settings]
    if setters:
        hint = "in the space or in a trick; of a trick's options SETTING.OPTION"
        yield Problem(f"{', '.join(setters)} under `tricks` sets it already", where, hint)
    elif name in tricks:
        yield Problem("a factor under `tricks` is called so", where, "another name for the factor")


def _conditions(
    name: str, words: DimensionWords, space: Mapping[str, DimensionWords], tricks: Mapping[str, StudyFactor]
) -> Iterator[Problem]:
    """A condition names a trick, or choices that stand above it."""
    above = [*tricks, *_before(name, space)]
    for other, wanted in words.when.items():
        where = ("space", name, "when", other)
        if other not in above:
            message = f"nothing that is chosen before is called {other!r}"
            yield Problem(message, where, ", ".join(above) or "none", nearest_name(other, above))
            continue
        choices = [False, True] if other in tricks else space[other].choices
        if choices is None:
            yield Problem("a range can't be a condition", where, "a trick, or a setting with choices")
            continue
        labels = [label_of(choice) for choice in choices]
        for value in wanted if isinstance(wanted, list) else [wanted]:
            if not _among(label_of(value), labels):
                shown = ", ".join(map(str, labels))
                yield Problem(
                    f"{value!r} is none of its choices", where, shown, nearest_name(str(value), shown.split(", "))
                )


def _before(name: str, space: Mapping[str, DimensionWords]) -> list[str]:
    """What is chosen before a dimension: what stands above, and all settings before any option."""
    names = [*(key for key in space if "." not in key), *(key for key in space if "." in key)]
    return names[: names.index(name)]


def _among(label: Scalar, labels: Collection[Scalar]) -> bool:
    return any(label == other and isinstance(label, bool) == isinstance(other, bool) for other in labels)
