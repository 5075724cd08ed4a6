"""The keys of a study file and their types. What the settings mean is known to `gan_core.config`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationError, WithJsonSchema

from ablations.statistics import Looks, Rule
from ablations.study.across import ACROSS_ALLOWED, AcrossInFile
from ablations.study.claims.records import ClaimsInFile
from ablations.study.cluster import NO_NEEDS, ClusterInFile
from ablations.study.designs import DESIGNS, MOST_FACTORS, RESERVED, REST, DesignOptions
from ablations.study.designs.seeds import SEEDS_SCHEMA, SeedPlan, seeds_of
from ablations.study.factors import StudyFactor
from ablations.study.guard import GuardWords
from ablations.study.plugins import UsedFiles, misplaced, placed
from gan_core.problems import Problem, shown, unknown_name
from gan_core.records import Printable
from gan_core.schema.validation import problems_of

SETTINGS_ALLOWED = "settings and their values, such as {dropout: 0.3}"
FACTORS_ALLOWED = f"1 to {MOST_FACTORS} names with the settings that they change, such as `half: {{dropout: 0.5}}`"


DESIGNS_IN_WORDS = "; ".join(f"{name}: {design.summary}" for name, design in DESIGNS.items())


def _design(name: str) -> str:
    if name not in DESIGNS:
        raise unknown_name("design", name, DESIGNS)
    return name


def _settings(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(SETTINGS_ALLOWED)
    return value


def _factors(value: Any) -> Any:
    if not isinstance(value, dict) or not 1 <= len(value) <= MOST_FACTORS:
        raise ValueError(FACTORS_ALLOWED)
    return value


Settings = Annotated[dict[str, Any], BeforeValidator(_settings)]


class StudyFile(DesignOptions):
    """A study file whose settings have not been resolved yet."""

    question: Printable = Field(min_length=1, description="what the study asks, in one sentence")
    papers: list[Printable] = Field(default_factory=list, description="where it comes from")
    design: Annotated[str, AfterValidator(_design), WithJsonSchema({"enum": list(DESIGNS)})] = Field(
        description=f"which combinations of tricks are trained: {DESIGNS_IN_WORDS}"
    )
    seeds: Annotated[SeedPlan | None, PlainValidator(seeds_of), WithJsonSchema(SEEDS_SCHEMA)] = Field(
        None, description="how many, which, or {looks: [5, 8, 12, 20], stop: decided}: docs/statistics.md"
    )
    use: UsedFiles = Field(
        default_factory=list, description="files with code of the study's own, relative to this one: docs/plugins.md"
    )
    baseline: Settings = Field(description="the settings of every arm, unless it changes them")
    tricks: Annotated[dict[str, Settings], BeforeValidator(_factors)] = Field(
        default_factory=dict, description="name -> what switching it on changes in the baseline"
    )
    across: AcrossInFile | None = Field(
        None, description="several settings, in each of which every arm is trained: docs/across.md"
    )
    rule: Rule = Field(Rule(), description="how scores are compared: docs/statistics.md")
    claims: ClaimsInFile = Field(default_factory=dict, description="what others say, to be tested: docs/claims.md")
    guard: GuardWords = Field(
        default_factory=dict, description="metric -> the loss that is accepted: {recall: 0.05}; docs/statistics.md"
    )
    cluster: ClusterInFile = Field(
        NO_NEEDS,
        description="what a trial takes of a cluster, with `--executor slurm` or `ray`: docs/clusters.md",
    )

    def factors(self) -> dict[str, StudyFactor]:
        """By name: the tricks, and the arms that are given by settings, each of which is a factor of its own."""
        arms = {name: words for name, words in (self.arms or {}).items() if isinstance(words, dict) and words}
        return {
            **{name: StudyFactor(placed(settings), ("arms", name)) for name, settings in arms.items()},
            **{name: StudyFactor(placed(settings), ("tricks", name)) for name, settings in self.tricks.items()},
        }

    def options(self) -> DesignOptions:
        """The options of the design."""
        return DesignOptions.model_construct(**{name: getattr(self, name) for name in DesignOptions.model_fields})

    def has(self, option: str) -> bool:
        """Whether an option of the design is given."""
        return getattr(self, option) is not None

    def problems(self) -> list[Problem]:
        """Options that the design lacks, and options that it does not have. A list of arms can do without `tricks`."""
        design, given = DESIGNS[self.design], self.model_fields_set
        foreign = [name for name in DesignOptions.model_fields if name in given and name not in design.takes]
        needed = [name for name in DesignOptions.model_fields if name in design.needs and not self.has(name)]
        problems = [Problem(f"design {self.design} needs `{name}`", ("design",)) for name in needed]
        for name in foreign:
            takers = ", ".join(f"`design: {taker}`" for taker, other in DESIGNS.items() if name in other.takes)
            problems.append(Problem(f"means nothing to design {self.design}", (name,), f"with {takers}"))
        if "lower_is_better" in self.rule.model_fields_set:
            problems.append(Problem("a lower FID is a better one", ("rule", "lower_is_better"), "no such key"))
        if self.across is not None:
            problems += self._problems_across()
        elif "across" in given:  # nothing behind it is no wish for a study of one setting
            problems.append(Problem("nothing is there", ("across",), ACROSS_ALLOWED))
        if "tricks" not in given and "arms" not in design.needs and not self.space:
            problems.append(Problem("missing", ("tricks",), FACTORS_ALLOWED))
        if self.claims and "explore" in design.needs:
            message = "a search finds its arms while it runs, so nothing can be claimed of them beforehand"
            allowed = "a design whose arms are known; in a search the verdicts hold the best arms against the baseline"
            problems.append(Problem(message, ("claims",), allowed))
        if self.confirm is not None and "confirm" in design.takes and self.seeds:
            problems.append(Problem(f"means nothing to design {self.design}", ("seeds",), "`seeds` under `confirm`"))
        return problems

    def _problems_across(self) -> list[Problem]:
        """What several settings can't go with."""
        problems = []
        if "explore" in DESIGNS[self.design].needs:
            message = "a search looks for the best arm of one setting"
            problems.append(
                Problem(message, ("across",), "a design whose arms are known, to compare them in each block")
            )
        if self.rule.scale != "log":
            message = "differences of FID are not the same in two settings, ratios are"
            problems.append(Problem(message, ("rule", "scale"), "log, where a study goes across several settings"))
        if self.guard:
            message = "a guard holds in one setting: over several it is not judged yet"
            problems.append(Problem(message, ("guard",), "`across` without it; or a claim about its metric"))
        return problems

    def seed_plan(self) -> SeedPlan:
        """The seeds of the study's answer, and when they are looked at."""
        if self.confirm is not None:
            return SeedPlan(self.confirm.seeds, Looks.of_count(len(self.confirm.seeds)))
        return self.seeds if self.seeds is not None else SeedPlan((), Looks.of_count(1))


class ReadStudyFile(NamedTuple):
    """A study file as it was read. Where it `is_whole`, nothing is missing in `file`, and nothing has the wrong type.

    Else `file` is what is left without the mistakes, so that they hide none in the rest. `problems`: all of its words.
    """

    file: StudyFile
    is_whole: bool
    problems: list[Problem]


def read_study_file(data: Mapping[str, Any]) -> ReadStudyFile:
    """Read the content of a study file, with every mistake in its keys, types and names."""
    named = _factor_problems(data)
    has_seeds = data.get("design") == "search" or not {"seeds", "seed"}.isdisjoint(data)  # `seed`: see its own message
    seeds = [] if has_seeds else [Problem("missing", ("seeds",))]
    try:
        file = StudyFile.model_validate(data)
    except ValidationError as error:
        return ReadStudyFile(_rest_of(data), False, [*problems_of(error, StudyFile), *named, *seeds])
    return ReadStudyFile(file, True, [*named, *file.problems(), *seeds])


NEEDED: Mapping[str, Any] = {"question": "none", "design": "one-in", "baseline": {}}  # in place of what is missing


def _rest_of(data: Mapping[str, Any]) -> StudyFile:
    """The file without its mistakes: of tricks and arms without the wrong ones, else without the whole key."""
    rest = dict(data)
    while True:
        try:
            return StudyFile.model_validate({**NEEDED, **rest}, context=REST)
        except ValidationError as error:
            for key, *inner in (details["loc"] for details in error.errors(include_url=False)):
                if key in ("tricks", "arms") and inner:
                    rest[key] = {name: words for name, words in rest.get(key, {}).items() if name != inner[0]}
                else:
                    rest.pop(str(key), None)


NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAME_ALLOWED = "1 to 64 letters, digits, _ or -"


def _mapping(value: object) -> dict[str, Any]:
    """The value, or an empty one where it is none: that is complained about elsewhere."""
    return value if isinstance(value, dict) else {}


def name_problems(path: Path, name: str | None) -> list[Problem]:
    """The problems of the study's name: `name`, or the file's."""
    if NAME.fullmatch(name if name is not None else path.stem):
        return []
    if name is not None:
        return [Problem(f"{name!r} can't be a study's name", allowed=NAME_ALLOWED, source="--as")]
    hint = f"{NAME_ALLOWED}; rename the file, or name the study with --as"
    return [Problem(f"{path.stem!r} can't be a study's name", allowed=hint, source=str(path))]


def _factor_problems(data: Mapping[str, Any]) -> list[Problem]:
    """The problems of the names of factors and arms, and of what no arm may set."""
    problems = misplaced(data.get("baseline"), ("baseline",))
    tricks, arms = _mapping(data.get("tricks")), _mapping(data.get("arms"))
    for key, named in (("tricks", tricks), ("arms", arms)):
        problems += [problem for name, words in named.items() for problem in misplaced(words, (key, name))]
    own = {name: ("arms", name) for name, words in arms.items() if isinstance(words, dict) and words}
    for name, where in (*((name, ("tricks", name)) for name in tricks), *own.items()):
        if name in RESERVED:
            message = f"{name!r} means something else already"
            problems.append(Problem(message, where, f"names other than {', '.join(RESERVED)}"))
        elif not NAME.fullmatch(name):
            problems.append(Problem(f"{name!r} can't be a factor's name", where, NAME_ALLOWED))
    for name in arms:
        if name in own and name in tricks:
            message = f"{name!r} is a factor under `tricks` already"
            problems.append(Problem(message, ("arms", name), f"another name, or the list [{name}]"))
        elif name not in own and not NAME.fullmatch(name):
            problems.append(Problem(f"{name!r} can't be an arm's name", ("arms", name), NAME_ALLOWED))
    return [*problems, *_alike({name: ("tricks", name) for name in tricks} | {name: ("arms", name) for name in arms})]


def _alike(places: Mapping[str, tuple[str, ...]]) -> list[Problem]:
    """Names that are one on a file system without case, such as macOS's: their trials would share their folders."""
    first = {name: name for name in RESERVED}
    problems = []
    for name, where in places.items():
        if (other := first.setdefault(name.lower(), name)) != name:
            message = f"{shown(name)} differs from {shown(other)} by case only"
            problems.append(Problem(message, where, "names that are different folders on every system"))
    return problems
