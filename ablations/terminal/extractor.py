"""Feature extractors, and what was measured of those that users have trained."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from ablations.terminal.console import out, say

if TYPE_CHECKING:
    from gan_core.evaluation.extractors import Extractor
    from gan_core.evaluation.extractors.own_facts import OwnFacts
    from gan_core.problems import UserError
    from gan_core.scoring.own_extractor import Kept

KINDS = {1: "grey", 3: "colour"}
SHOWN = 6  # classes


def show_trained(kept: "Kept") -> None:
    """What was measured, where the file is, and what to write into a study."""
    facts = kept.facts
    say(f"{facts.n_train:,} images trained on, {facts.n_held_out:,} held out: {_accuracy(facts)}")
    for chain, ways in groupby(facts.ordering, key=lambda way: way.chain):
        say(f"FID, {chain}: " + ", ".join(f"{way.how} {way.fid:.3g}" for way in ways))
    say(f"kept: {kept.path}")
    say(f"in a study file: `extractor: {kept.name}`")


def show_extractors(
    known: Sequence["Extractor"], own: Sequence[tuple[Path, "OwnFacts | UserError"]], home: Path
) -> None:
    """A line for each."""
    from gan_core.evaluation.extractors.store import locate

    table = Table(title="feature extractors")
    for heading in ("extractor", "sees", "trained on", "weights"):
        table.add_column(heading, overflow="fold")
    for extractor in known:
        here = extractor.weights is not None or locate(home, extractor.sha256, extractor.suffix) is not None
        where = "ships with the package" if extractor.weights else "on this machine" if here else "fetched when needed"
        sees = f"{'grey and ' if extractor.repeats_grey else ''}{KINDS[extractor.channels]}, {extractor.size} px"
        table.add_row(extractor.name, sees, extractor.paper, where)
    for path, facts in own:
        sees, trained = ("", f"not usable: {facts}") if isinstance(facts, Exception) else _row(facts)
        table.add_row(f"own-{path.stem[:8]}", sees, trained, str(path))
    out.print(table)
    if not own:
        say("none of your own yet: `python -m ablations extractor train --data folder:PATH`")


def _row(facts: "OwnFacts") -> tuple[str, str]:
    kinds = KINDS[facts.channels] if facts.channels == 1 else "grey and colour"
    classes = ", ".join(facts.classes[:SHOWN]) + (", ..." if len(facts.classes) > SHOWN else "")
    about = f"{facts.n_train:,} images of {facts.data} {facts.data_digest}, {len(facts.classes)} classes ({classes})"
    made = f"seed {facts.seed}, {facts.epochs} epochs, {facts.threads} threads, torch {facts.versions['torch']}"
    return f"{kinds}, 32 px", f"{about}; {_accuracy(facts)}; {made}"


def _accuracy(facts: "OwnFacts") -> str:
    return f"{facts.accuracy:.1%} of the held-out ones classified right (most frequent class {facts.chance:.1%})"
