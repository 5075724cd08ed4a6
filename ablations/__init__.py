"""Ablation studies of GAN tricks: studies in YAML, trials by Optuna, tracking by MLflow, answers by statistics."""

from gan_core import systems as systems
