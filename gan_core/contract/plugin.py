"""The contract of a plug-in: of everything that its file registers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gan_core.contract.architectures import check_architecture
from gan_core.contract.data_sets import check_data_set
from gan_core.contract.extractors import check_extractor
from gan_core.contract.finding import Finding, findings_of, not_tried
from gan_core.contract.layers import check_activation, check_normalisation
from gan_core.contract.losses import check_loss
from gan_core.contract.metrics import check_metric
from gan_core.contract.tiny import Baselines
from gan_core.contract.trains import trains
from gan_core.contract.tricks import check_trick
from gan_core.game.losses import LOSSES
from gan_core.plugins.kinds import BY_WORD
from gan_core.plugins.loaded import Plugin
from gan_core.plugins.registration import Registered

QUICK = "non_saturating"  # the loss that a quick check of a trick does with


@dataclass(frozen=True)
class Request:
    """How a plug-in is checked. `settings`: of the tiny runs, where a trick needs others to act within a few steps.

    A data set is prepared anew below `home`, whatever an earlier text of its file has left elsewhere; `weights` is the
    home whose weights an extractor may have.
    """

    baselines: Baselines
    home: Path
    weights: Path
    settings: Mapping[str, Any]
    quick: bool = False


def baselines_of_losses(quick: bool) -> Baselines:
    """Runs without any trick, made before a plug-in is loaded: what its code does later shows against them."""
    baselines = Baselines()
    for loss in (QUICK,) if quick else tuple(LOSSES):
        baselines.of({"loss": loss})
    return baselines


def check_plugin(plugin: Plugin, request: Request) -> Iterator[tuple[Registered, list[Finding]]]:
    """The findings of each record that it has registered, one record after another."""
    for registered in plugin.registered:
        yield registered, _check_of(plugin, registered, request)()


def _check_of(plugin: Plugin, it: Registered, request: Request) -> Callable[[], list[Finding]]:
    use, name, record = (plugin.entry,), it.name, it.record
    chosen = request.settings.get("loss", QUICK if request.quick else None)
    losses = None if chosen is None else (str(chosen),)
    checks: dict[str, Callable[[], list[Finding]]] = {
        "trick": lambda: check_trick(record, request.baselines, {**request.settings, "use": use}, losses),
        "loss": lambda: check_loss(name, record, use),
        "activation": lambda: check_activation(name, record, use),
        "normalisation": lambda: check_normalisation(name, record, use),
        "architecture": lambda: check_architecture(name, record, use),
        "metric": lambda: check_metric(name, record),
        "data set": lambda: check_data_set(record, request.home),
        "extractor": lambda: check_extractor(record, request.weights),
    }
    return checks.get(it.kind, lambda: _without_a_contract(it, use))


def _without_a_contract(it: Registered, use: tuple[str, ...]) -> list[Finding]:
    """Of a kind of which nothing is asked but that a run with it trains."""
    settings = BY_WORD[it.kind].settings
    if not settings:
        return [not_tried("trains", f"nothing is asked of a {it.kind}")]
    return findings_of(lambda: [trains({**dict.fromkeys(settings, it.name), "use": use})])
