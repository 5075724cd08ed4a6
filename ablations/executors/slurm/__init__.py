"""Trials on a SLURM cluster: an array of workers that train what the parent hands out, one trial after another."""
