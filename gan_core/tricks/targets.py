"""What every trick with D's targets needs: a loss that has some."""

from gan_core.game.losses import LOSSES
from gan_core.schema.rules import Compatibility

WITH_TARGETS = tuple(name for name, loss in LOSSES.items() if loss.has_targets)


def a_loss_with_targets(reason: str) -> Compatibility:
    """The rule, with the trick's own reason."""
    return Compatibility(
        text=f"a loss with targets: {', '.join(WITH_TARGETS)}",
        holds=lambda c: LOSSES[c.loss].has_targets,
        reason=reason,
    )
