"""What every trick with D's targets needs: a loss that has some."""

from gan_core.game.losses import LOSSES
from gan_core.schema.rules import Compatibility


def a_loss_with_targets(reason: str) -> Compatibility:
    """The rule, with the trick's own reason."""
    return Compatibility(
        text="a loss with targets: ",
        holds=lambda c: LOSSES[c.loss].has_targets,
        reason=reason,
        names=lambda: (name for name, loss in LOSSES.items() if loss.has_targets),
    )
