"""Whether the arms of a study can run on this machine's devices, before one of them is tried."""

from collections.abc import Callable
from dataclasses import replace

from ablations.study.study import Study
from gan_core.config.memory import memory_problem
from gan_core.machine.devices import available_devices, checked_device
from gan_core.machine.memory import memory_of
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training.numerics import precision_problem
from gan_core.training.trick_parts import own_code_problem


def refuse_unfit(study: Study, device: str | None, elsewhere: bool = False) -> None:
    """Raise UserError where an arm needs more memory than the device has, a precision that it does not compute in, or
    code of the user's own with which no run can be built.

    `device` None: any that is used. `elsewhere`: trials run on other machines, so that this one is not asked what fits.
    """
    if not elsewhere:
        devices = available_devices() if device is None else (checked_device(device),)
        most = max(memory_of(name) for name in devices)
        _refuse(study, lambda config: memory_problem(config, most))
        _refuse(study, lambda config: precision_problem(config, devices[0]))
    _refuse(study, own_code_problem)


def _refuse(study: Study, problem_of: Callable[[Config], Problem | None]) -> None:
    found = {arm.name: problem_of(arm.config) for arm in study.arms}
    problems = {name: problem for name, problem in found.items() if problem}
    if problems:
        raise UserError(
            *(replace(p, where=(name, *p.where), source=p.source or str(study.path)) for name, p in problems.items())
        )
