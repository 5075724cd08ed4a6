"""Ablation studies of GAN tricks: studies in YAML, trials by Optuna, tracking by MLflow, answers by statistics."""
