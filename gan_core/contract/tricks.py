"""The contract of a trick: off it leaves a run as it was, on it acts, and a run with it can be interrupted."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from gan_core.contract.finding import Finding, Stopped, failed, findings_of, judged, passed, told
from gan_core.contract.replayed import replayed
from gan_core.contract.term_gradients import gradients_of_terms
from gan_core.contract.tiny import Baselines, begun, finite, same, stepped
from gan_core.contract.trick_record import described
from gan_core.contract.trick_trial import Refused, Trial, settings_on, tried, without
from gan_core.contract.watch import Watch
from gan_core.game.losses import LOSSES
from gan_core.problems import UserError
from gan_core.tricks import Trick

WAY = "build(options, context) has to give Parts"
STREAM = "draw from context.stream: generator=context.stream"


def check_trick(
    trick: Trick,
    baselines: Baselines,
    settings: Mapping[str, Any] = {},
    losses: Iterable[str] | None = None,
) -> list[Finding]:
    """All checks of a trick that is registered, with each of these losses (all) that its rules allow.

    `settings`: with which it acts within a few steps, where its defaults don't. `baselines`: runs without it; whoever
    made them before the trick's code was loaded also learns what that code does while the trick is off.
    """
    wanted = [settings_on(trick, settings, loss) for loss in (LOSSES if losses is None else losses)]
    allowed = [each for each in wanted if not isinstance(each, Refused)]
    refused = [each for each in wanted if isinstance(each, Refused)]
    if not allowed:
        reason = refused[0].reason if refused else "no loss was given"
        return [
            *described(trick),
            failed("losses", f"no tiny run is allowed: {reason}", "give settings that allow one"),
        ]
    if unbuilt := builds(trick, allowed[0]):
        return [*described(trick), unbuilt]
    for each in allowed:
        baselines.of(without(trick, each))
    watch, trials, stopped = Watch(), list[Trial](), list[Finding]()
    for each in allowed:
        try:
            trials.append(tried(trick, each, baselines, watch))
        except Stopped as error:
            stopped.append(error.finding)
    return [
        *described(trick),
        *stopped[:1],
        *findings_of(lambda: [off(trick, allowed[0], baselines)]),
        *(_of_trials(trick, trials, refused) if trials else []),
        *manners(watch, trials),
        *findings_of(
            lambda: gradients_of_terms(trick, allowed[0], watch),
            lambda: [replayed(trick, allowed[0])] if trials else [],
        ),
    ]


def builds(trick: Trick, settings: Mapping[str, Any]) -> Finding | None:
    """Why no run can be built with it; None where one can."""
    try:
        with told("builds", f"building a run with {trick.name}"):
            begun(settings)
    except Stopped as stopped:
        return stopped.finding
    except UserError as error:
        problem = error.problems[0]
        place = f"{problem.source}: " if problem.source else ""
        return failed("builds", f"{place}{problem.message}", problem.allowed or WAY)
    return None


def off(trick: Trick, settings: Mapping[str, Any], baselines: Baselines) -> Finding:
    """Off after it was on, it is the run without it, bit for bit."""
    plain = without(trick, settings)
    now, then = stepped(begun({**plain, trick.name: False})), baselines.of(plain)
    return judged(
        "off",
        now.same(then),
        "bit for bit the run without it",
        f"{now.difference(then)} with the trick off, now that its code has run",
        "change nothing outside the trick's own parts: no global setting, no function or class of another module",
    )


def _of_trials(trick: Trick, trials: list[Trial], refused: list[Refused]) -> list[Finding]:
    return [acts(trials), with_every_loss(trials, refused), pairs(trials), resumed(trials), dose(trick, trials)]


def acts(trials: list[Trial]) -> Finding:
    """On, the generator that is shown is another one."""
    idle = [trial.loss for trial in trials if same(trial.on.shown, trial.off.shown)]
    return judged(
        "on",
        not idle,
        f"differs from the run without it, with {_count(trials)}",
        f"it changes nothing with {', '.join(idle)}: after {_steps(trials)} steps the shown G is bit for bit the one "
        "without it",
        "does a part sit in a seat of Parts, does a term carry a gradient, and does it act within a few steps? Where "
        "its defaults don't, give settings with which it does",
    )


def with_every_loss(trials: list[Trial], refused: list[Refused]) -> Finding:
    """Weights and losses stay finite with every loss that its rules allow."""
    broken = {trial.loss: _not_finite(trial) for trial in trials if _not_finite(trial)}
    beyond = f"; refused by its rules: {', '.join(each.loss for each in refused)}" if refused else ""
    return judged(
        "losses",
        not broken,
        f"finite with {', '.join(trial.loss for trial in trials)}{beyond}",
        "; ".join(f"with loss: {loss} {what}" for loss, what in broken.items()),
        "make the term finite for outputs of any size, or refuse the loss in `needs` with the reason",
    )


def _not_finite(trial: Trial) -> str:
    for step, means in trial.on.means:
        if bad := [name for name, value in means.items() if not math.isfinite(value)]:
            return f"{bad[0]} is {means[bad[0]]} at step {step}"
    return "" if finite(trial.on.weights) else "a weight is not finite at the end"


def pairs(trials: list[Trial]) -> Finding:
    """Data and latents come in the same order with it and without, so that arms are compared in pairs."""
    moved = [trial.loss for trial in trials if not same(trial.on.drawn, trial.off.drawn)]
    return judged(
        "pairs",
        not moved,
        "data and z come in the order of the run without it",
        "the images or z of later updates are not those of the run without it",
        "take no images and no latents from the run, and no random numbers but from context.stream",
    )


def resumed(trials: list[Trial]) -> Finding:
    """From a checkpoint on it goes on as if there had been no interruption."""
    wrong = [trial for trial in trials if not trial.on.since_checkpoint().same(trial.again)]
    other_dose = [trial for trial in trials if not _equal(trial.dose, trial.dose_again)]
    advice = "whatever a part remembers from one step to the next belongs in Parts.state, with state_dict and "
    advice += "load_state_dict; what depends on the time is read from context.clock"
    if wrong:
        first = wrong[0]
        text = f"after a checkpoint {first.on.since_checkpoint().difference(first.again)} when it goes on"
        if any(trial.drew for trial in wrong):
            advice = f"it uses global random numbers, which are in no checkpoint: {STREAM}"
        return failed("resumed", f"{text} (loss: {first.loss})", advice)
    return judged(
        "resumed",
        not other_dose,
        f"equals the run that was not interrupted, with {_count(trials)}",
        "the dose of the run that goes on is another one" if other_dose else "",
        advice,
    )


def _equal(first: Mapping[str, float], second: Mapping[str, float]) -> bool:
    return repr(first) == repr(second)


def dose(trick: Trick, trials: list[Trial]) -> Finding:
    """How much it acted is reported, as finite numbers that say that it did."""
    advice = "give Parts.dose a function that returns {name: how much it acted}; DoseMeter keeps means of a tick"
    for trial in trials:
        if not trial.dose:
            return failed("dose", "it reports no dose: nobody could tell whether it acted", advice)
        if strange := {name: value for name, value in trial.dose.items() if not isinstance(value, float)}:
            name, value = next(iter(strange.items()))
            return failed("dose", f"{name} is {type(value).__name__}, not a float", "float(tensor)")
        if strange := {name: value for name, value in trial.dose.items() if not math.isfinite(value)}:
            name, value = next(iter(strange.items()))
            return failed("dose", f"{name} is {value} with loss: {trial.loss}", "report what can be measured")
        if not trick.acts(trial.dose):
            doses = ", ".join(f"{name} {value:g}" for name, value in trial.dose.items())
            text = f"with loss: {trial.loss} the dose says that it never acted: {doses}"
            return failed(
                "dose", text, "measure what the trick does; Trick.acts may say which dose means that it acted"
            )
    doses = ", ".join(f"{name} {value:.3g}" for name, value in trials[0].dose.items())
    return passed("dose", doses)


def manners(watch: Watch, trials: list[Trial]) -> list[Finding]:
    """Global random numbers and what belongs to others are left alone."""
    drew = {name for names in watch.drew.values() for name in names} | {n for trial in trials for n in trial.drew}
    where = f"in its seat {', '.join(sorted(watch.drew))}" if watch.drew else "outside its seats, in a layer"
    changed = ", ".join(sorted(watch.changed))
    return [
        judged(
            "random numbers",
            not drew,
            "the global generators are left alone",
            f"draws from the global generator of {', '.join(sorted(drew))} {where}",
            f"{STREAM}. Otherwise no run can be repeated, resumed, or paired with the run without the trick",
        ),
        judged(
            "in place",
            not watch.changed,
            "what it is given is not written to",
            f"changes a tensor that it was given, in its seat {changed}",
            "make a new tensor (x + noise in place of x.add_(noise)): others get the same one after it",
        ),
    ]


def _count(trials: list[Trial]) -> str:
    return f"loss: {trials[0].loss}" if len(trials) == 1 else f"each of {len(trials)} losses"


def _steps(trials: list[Trial]) -> int:
    return trials[0].on.means[-1][0]
