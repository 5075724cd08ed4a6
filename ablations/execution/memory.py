"""Whether the arms of a study fit into this machine, before one of them is tried."""

from dataclasses import replace

from ablations.study.study import Study
from gan_core.config.memory import memory_problem
from gan_core.machine.devices import available_devices, checked_device
from gan_core.machine.memory import memory_of
from gan_core.problems import UserError


def refuse_too_large(study: Study, device: str | None) -> None:
    """Raise UserError where an arm needs more memory than the device has; `device` None: than any that is used."""
    devices = available_devices() if device is None else (checked_device(device),)
    most = max(memory_of(name) for name in devices)
    found = {arm.name: memory_problem(arm.config, most) for arm in study.arms}
    problems = {name: problem for name, problem in found.items() if problem}
    if problems:
        raise UserError(*(replace(p, where=(name, *p.where), source=str(study.path)) for name, p in problems.items()))
