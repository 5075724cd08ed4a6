"""Results with made-up numbers, as `ablations.results` would read them."""

from collections.abc import Sequence
from typing import Any

from ablations.results.results import Result
from ablations.results.summary import GeneratorSummary, ScoreSummary, Summary


def result(arm: str, seed: int, fid: float | None, on: Sequence[str] = (), **facts: Any) -> Result:
    """A finished run, or with `fid` None a diverged one. `last`: FID of the last generator; `kid`, `recall`, ..."""
    factors = {name: "on" if name in on else "off" for name in facts.pop("factors", ())}
    summary = Summary(status="diverged", run_verdict="diverged")
    if fid is not None:
        best = _generator(fid, facts.get("kimg", 10.0), facts)
        last = _generator(facts.get("last", fid), 20.0, facts)
        kept = {name: facts[name] for name in ("run_verdict", "wall_s", "evaluation_s", "outcome") if name in facts}
        summary = Summary(status="finished", best=best, last=last, **kept)
    return Result("made", arm, arm == "baseline", factors, seed, "f", summary, None, "")


def results(arm: str, fids: Sequence[float | None], **facts: Any) -> list[Result]:
    """One run a seed."""
    return [result(arm, seed, fid, **facts) for seed, fid in enumerate(fids)]


def _generator(fid: float, kimg: float, facts: dict[str, Any]) -> GeneratorSummary:
    values = {"fid": fid} | {name: facts[name] for name in ("kid", "is", "recall") if name in facts}
    scores = tuple(ScoreSummary(metric=m, name=m, value=value, stamp="s") for m, value in values.items())
    return GeneratorSummary(kimg=kimg, seconds=kimg, scores=scores)
