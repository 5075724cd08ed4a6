"""The outcome of trials that are trained elsewhere, and of one that was trained again."""

from ablations.adopt import Adoption
from ablations.export import Export
from ablations.terminal.console import say, show_warnings
from ablations.terminal.execution_end import show_models
from ablations.verify import Verification

HEADLINES = {
    "same": "the same: every number of the journal, bit for bit, apart from times",
    "within noise": "not the same bits, which could not be; the scores are within the noise over the other seeds",
    "different": "different",
    "can't tell": "not the same bits, which was to be expected; two other seeds of the arm would show the noise",
    "stopped": "stopped before its end; nothing can be said",
    "failed": "training it again failed, so there is nothing to compare; the record may be right",
}


def show_export(export: Export, out: str) -> None:
    """Print what was written, what was not, and what comes next."""
    show_warnings(export.notice.splitlines())
    say(f"written: {out}, {len(export.trials)} trials of study {export.study}")
    if export.extractors:
        say(f"with the weights of {', '.join(export.extractors)}")
    if export.done:
        say(f"left out: {len(export.done)} that have a result")
    if export.begun:
        say(f"left out: {len(export.begun)} that have begun here: {', '.join(t.name for t in export.begun)}")
    say(f"there:    python -m gan_core run {out} --out DIR")
    say("here:     python -m ablations adopt DIR")


def show_adoption(adoption: Adoption) -> None:
    """Print what was taken, and what is left."""
    say(f"study {adoption.study}: {len(adoption.adopted)} trials taken in, {len(adoption.there)} there already")
    if adoption.unfinished:
        say(f"not taken, without a result: {', '.join(adoption.unfinished)}")
    if adoption.left:
        say(f"{adoption.left} trials of the study are left to train: `run`, or `export` again")
    if adoption.other_code:
        count, total = len(adoption.other_code), len(adoption.adopted)
        show_warnings([f"{count} of {total} were trained by another source of gan_core than the one here"])
    if adoption.weightless:
        some = f"{len(adoption.weightless)} of {len(adoption.adopted)}"
        show_warnings(
            [f"{some} came without weights: their scores count, but `sample` and `evaluate` have no generator"]
        )
    if adoption.models is not None:
        show_models(adoption.models)
    show_warnings(adoption.warnings)


def show_verification(verification: Verification) -> None:
    """Print the answer, what could not be the same, where the journals part, and the scores next to the noise."""
    say(f"{verification.directory.name}: {HEADLINES[verification.outcome]}")
    if verification.failure:
        say(f"  {verification.failure}")
    for condition in verification.conditions:
        say(f"  not as recorded: {condition}")
    if verification.first:
        say(f"  the journals part at {verification.first}")
    for score in verification.scores:
        noise = "no noise known" if score.noise is None else f"noise {score.noise:.3g} over {score.seeds} other seeds"
        say(
            f"  {score.name} of {score.of}: {score.recorded:.6g}, now {score.again:.6g} "
            f"({score.difference:+.3g}; {noise})"
        )
    if verification.outcome == "different" and not verification.conditions:
        say("  the kind of processor is not recorded: another one may produce other bits")
