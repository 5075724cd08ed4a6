"""Which settings belong together, as far as that can be known before any file is read."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from gan_core.datasets import DATASETS
from gan_core.datasets.folder import NAME as FOLDER
from gan_core.evaluation import extractors
from gan_core.evaluation.extractors import EXTRACTORS, NONE, OWN_DIGEST, find, find_here
from gan_core.evaluation.logits import logits_problems
from gan_core.game import lr_schedules
from gan_core.game.losses import LOSSES
from gan_core.game.lr_schedules import SCHEDULES
from gan_core.game.optimizer_numbers import RATES
from gan_core.game.updates import kimg_of
from gan_core.nets import ACTIVATIONS, ARCHITECTURES, CONDITIONINGS_D, CONDITIONINGS_G, NORMALISATIONS
from gan_core.problems import Problem
from gan_core.schema.configuration import Config
from gan_core.schema.ramp import Ramp, ramps_in
from gan_core.schema.rules import Compatibility, Reach, Severity
from gan_core.tricks import tricks_of


def broken_rules(config: Config, severity: Severity) -> list[Problem]:
    """The rules that this configuration breaks, among the needs and exclusions of its loss and its tricks.

    Warnings also name activations that make the normalisation before them idle, normalisations that stand elsewhere
    than in their paper's code, whatever mirrors images which face one way, and options that the budget is too small
    for.
    """
    broken = [
        Problem(f"{word} {rule.words} ({rule.reason})", where=(owner,))
        for owner, word, rule in _rules(config)
        if rule.severity == severity and not rule.holds(config)
    ]
    if severity == "error":
        return broken
    more = (_normalised_twice, _normalised_early, _mirrored, out_of_reach)
    return [*broken, *(problem for problems_of in more for problem in problems_of(config))]


def _normalised_twice(config: Config) -> list[Problem]:
    """A warning for each network whose activation normalises by itself and stands behind a normalisation."""
    players = {"g": (config.activation_g, config.norm_g), "d": (config.activation_d, config.norm_d)}
    return [
        Problem(
            f"{activation} behind norm_{player}: {norm} (its layers are to keep mean 0 and variance 1 by themselves, "
            f"Klambauer et al. 2017, arXiv:1706.02515; norm_{player}: none lets them)",
            where=(f"activation_{player}",),
        )
        for player, (activation, norm) in players.items()
        if ACTIVATIONS[activation].normalises and norm != "none"
    ]


def _normalised_early(config: Config) -> list[Problem]:
    """A warning for each network whose normalisation has a variant that is the paper's, after the activation."""
    return [
        Problem(
            f"{norm} stands before the activation, and its authors' code has it after: {norm}_after_activation",
            where=(f"norm_{player}",),
        )
        for player, norm in (("g", config.norm_g), ("d", config.norm_d))
        if f"{norm}_after_activation" in NORMALISATIONS
    ]


def _mirrored(config: Config) -> list[Problem]:
    """A warning for whatever teaches D that mirrored images are the same, where the data have none."""
    one_way = DATASETS[config.data].one_way
    own = [Problem(f"adds mirror images, and the {one_way} of {config.data} face one way: mirror: false", ("mirror",))]
    return (own if one_way and config.mirror else []) + [
        Problem(f"mirrors images, and the {one_way} of {config.data} face one way: flip: false", where=(trick.name,))
        for trick, options in tricks_of(config)
        if one_way and trick.mirrors(options)
    ]


def out_of_reach(config: Config) -> list[Problem]:
    """The options that can't act within the budget, with the budget that they need and what to set instead."""
    return [
        Problem(reach.warning(config), where=(*owner, reach.option))
        for owner, reach in _reaches(config)
        if not reach.holds(config)
    ]


def data_problems(config: Config) -> list[Problem]:
    """What is wrong with the data settings of a configuration. Each problem stands at a setting that was given."""
    problems = []
    if config.data == FOLDER and config.data_dir is None:
        problems.append(Problem(f"{FOLDER!r} needs data_dir, the folder with the images", ("data",)))
    if config.data != FOLDER:
        given = {"data_dir": config.data_dir is not None, "skip_broken": config.skip_broken}
        problems += [Problem(f"is for `data: {FOLDER}` only", (name,)) for name, is_given in given.items() if is_given]
    problems += _count_problems(config)
    channels = DATASETS[config.data].channels
    if channels is not None and (problem := channels_problem(config.extractor, config.data, channels)):
        problems.append(problem if "extractor" in config.model_fields_set else _at_data(problem))
    on_the_way = config.progress_extractor
    if channels is not None and on_the_way is not None:
        problem = channels_problem(on_the_way, config.data, channels)
        problems += [Problem(problem.message, ("progress_extractor",), problem.allowed)] if problem else []
    return problems


def _count_problems(config: Config) -> list[Problem]:
    """What is wrong with `max_images`, as far as the number of images is published."""
    count, available = config.max_images, DATASETS[config.data].splits["train"]
    if count is None:
        return []
    if available is not None and count > available:
        message = f"{count} is more than the {available} training images of {config.data}"
        return [Problem(message, ("max_images",), allowed=f"at most {available}; without it all of them")]
    if count < config.batch_size:
        message = f"{count} images are fewer than a batch of {config.batch_size}"
        return [Problem(message, ("max_images",), allowed=f"at least {config.batch_size}, or a smaller batch_size")]
    return []


def channels_problem(extractor: str, data: str, channels: int, home: Path | None = None) -> Problem | None:
    """The problem of an extractor that can't take images with this number of channels; None where it can.

    What an extractor of the user's own can take is known from `home` alone.
    """
    if extractor == NONE:
        return None
    found = find(extractor) if home is None else find_here(extractor, home)
    if found.sees(channels):
        return None
    kinds = {1: "grey", 3: "colour"}
    seen = found.channels
    message = f"{extractor} scores {kinds[seen]} images, those of {data} are {kinds[channels]}"
    others = [name for name, other in EXTRACTORS.items() if other.sees(channels)]
    own = f"{OWN_DIGEST} of `python -m ablations extractor train`"
    allowed = ", ".join([*others, own, f"`extractor: {NONE}` for a run without scores"])
    return Problem(message, ("extractor",), allowed=allowed)


def _at_data(problem: Problem) -> Problem:
    return Problem(problem.message, ("data",), allowed=problem.allowed)


def extractors_of(config: Config) -> tuple[str, ...]:
    """The names of the extractors that a run uses, without `none`."""
    names = (config.extractor, config.progress_extractor or config.extractor)
    return tuple(name for name in dict.fromkeys(names) if name != extractors.NONE)


def score_problems(config: Config) -> list[Problem]:
    """What is wrong with a configuration's extractors and metrics."""
    on_the_way = config.progress_extractor or config.extractor
    asked = (
        ("metrics", config.extractor, config.metrics),
        ("progress_metrics", on_the_way, config.progress_metrics),
    )
    return [
        problem
        for where, extractor, metrics in asked
        if extractor != extractors.NONE
        for problem in logits_problems(extractors.find(extractor), metrics, where)
    ]


def network_problems(config: Config, settings: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the networks of a configuration.

    Each problem stands at a setting that was given, where one was.
    """
    architecture, problems = ARCHITECTURES[config.architecture], []
    try:
        architecture.check_size(*config.shape)
    except ValueError as error:
        problems.append(Problem(str(error), where=("image_size" if "image_size" in settings else "architecture",)))
    for where, norm in (("norm_g", config.norm_g), ("norm_d", config.norm_d)):
        if not architecture.has_maps and NORMALISATIONS[norm].vectors is None:
            message = f"{config.architecture} has no feature maps, and so nothing for {norm} to normalise over"
            problems.append(Problem(message, where=(where,)))
    return problems


def pair_problems(config: Config, named: Collection[str], defaults: Mapping[str, Any]) -> list[Problem]:
    """What doesn't go with networks that are fixed: other sizes, other images, tricks that edit their blocks, and what
    was named and has no effect with them. `defaults`: the value of each setting where nobody names it.
    """
    name, architecture = config.architecture, ARCHITECTURES[config.architecture]
    problems = [
        Problem(f"{name} has no other than {value!r}", (setting,), f"{value!r}, or no such line")
        for setting, value in architecture.fixed.items()
        if getattr(config, setting) != value
    ]
    problems += [
        Problem(f"has no effect with {name}, whose modules have their own", (setting,), "no such line")
        for setting in architecture.ignores
        if setting in named and getattr(config, setting) != defaults[setting]
    ]
    channels = DATASETS[config.data].channels
    if architecture.channels is not None and channels not in (None, architecture.channels):
        kinds = {1: "grey", 3: "colour"}
        made_for = kinds.get(architecture.channels, f"{architecture.channels}-channel")
        message = f"{name} is made for {made_for} images, those of {config.data} have {channels} channel(s)"
        problems.append(Problem(message, ("architecture",), "data of its channels, or a network for these"))
    if not architecture.has_blocks:
        problems += [
            Problem(
                f"edits a network's blocks or D's last layer by name, and those of {name} are plain modules",
                (trick.name,),
                "an architecture with blocks, or tricks that take any network (spectral_norm, r1, ada, ema, ...)",
            )
            for trick, options in tricks_of(config)
            if trick.edits_blocks(options)
        ]
    return problems


def schedule_problems(config: Config) -> list[Problem]:
    """A learning rate that has a course of its own, and one for both rates beside it."""
    if not SCHEDULES[config.lr_decay].moves:
        return []
    message = f"{{}} is a ramp already, and lr_decay: {config.lr_decay} would move it once more"
    rates = [name for name in RATES if isinstance(getattr(config, name), Ramp)]
    return [Problem(message.format(name), ("lr_decay",), "lr_decay: constant, or a plain number") for name in rates]


def update_problems(config: Config) -> list[Problem]:
    """Reals that are drawn for G's updates, which then don't look at them."""
    if not config.new_reals_for_g:
        return []
    problems = []
    if not LOSSES[config.loss].g_sees_reals:
        seers = ", ".join(name for name, loss in LOSSES.items() if loss.g_sees_reals)
        message = f"has no effect with loss: {config.loss}, whose G looks at no reals; losses that do: {seers}"
        problems.append(Problem(message, ("new_reals_for_g",)))
    if config.reuse_batch_and_latents:
        message = "reuse_batch_and_latents has all updates of a step share one batch"
        problems.append(Problem(message, ("new_reals_for_g",), "one of them"))
    return problems


def _ramp_reach(ramp: Ramp, option: str) -> Reach:
    return Reach(
        option,
        from_kimg=lambda c: ramp.over or 0.0,
        shorter=f"the ramp from {ramp.start:g} to {ramp.end:g} is cut off on its way",
        instead=lambda c: f"set over: {c.budget_kimg:.4g} or less, or leave it out for the whole budget",
    )


def _reaches(config: Config) -> Iterator[tuple[tuple[str, ...], Reach]]:
    yield from (((), reach) for reach in (lr_schedules.REACH, PROGRESS))
    yield from ((path, _ramp_reach(ramp, "over")) for path, ramp in ramps_in(config))
    for trick, _ in tricks_of(config):
        yield from (((trick.name,), reach) for reach in trick.reaches)


PROGRESS = Reach(
    "progress_evaluations",
    from_kimg=lambda c: kimg_of(c, c.progress_evaluations),
    shorter="there is one score for each step, and no more",
    instead=lambda c: "set fewer progress_evaluations",
)


def _rules(config: Config) -> Iterator[tuple[str, str, Compatibility]]:
    """The needs and exclusions of the loss, of ways to tell the class, and of each trick that is on: its owner, what it
    says of the rule, and the rule.
    """
    yield from (("loss", f"{config.loss} needs", rule) for rule in LOSSES[config.loss].needs)
    if config.conditional:
        g, d = CONDITIONINGS_G[config.conditioning_g], CONDITIONINGS_D[config.conditioning_d]
        yield from (("conditioning_g", f"{config.conditioning_g} needs", rule) for rule in g.needs)
        yield from (("conditioning_d", f"{config.conditioning_d} needs", rule) for rule in d.needs)
    for trick, _ in tricks_of(config):
        yield from ((trick.name, "needs", rule) for rule in trick.needs)
        yield from ((trick.name, "does not go with", rule) for rule in trick.excludes)
