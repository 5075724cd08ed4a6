"""The names of the executors."""

from typing import Literal

ExecutorName = Literal["processes", "inline", "slurm", "ray"]
ELSEWHERE: tuple[ExecutorName, ...] = ("slurm", "ray")  # that train on other machines
