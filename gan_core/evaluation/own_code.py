"""Which code of a user's own computes a score: part of its protocol, and of whatever is kept of its parts."""

from gan_core.plugin_text import parts_of


def own_code(*owners: str) -> dict[str, str]:
    """File -> digest, of the plug-ins that own what computes it, as registries know them; '' is our own."""
    return dict(parts_of(owner) for owner in owners if owner)
