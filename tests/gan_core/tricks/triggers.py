"""Settings with which a trick acts within a few steps of a tiny run, where its defaults do not."""

from typing import Any

TRIGGERS: dict[str, dict[str, Any]] = {
    "gradient_penalty": {"norm_d": "none"},
    "gradient_clipping": {"gradient_clipping": 1e-3},
    "label_flipping": {"label_flipping": 0.3},
    "ada": {"ada": {"initial_p": 0.5, "rise_kimg": 0.1, "interval_steps": 2}},
}


def triggered(name: str) -> dict[str, Any]:
    """The settings of a run in which the trick of that name is on and acts."""
    return {name: True, **TRIGGERS.get(name, {})}


def untriggered(name: str) -> dict[str, Any]:
    """The same settings with the trick off."""
    return {**triggered(name), name: False}
