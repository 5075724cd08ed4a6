"""Which devices a run may be given."""

import torch


def available_devices() -> tuple[str, ...]:
    """'cuda:0', 'cuda:1', ...; or 'cpu' alone where there is no GPU."""
    return tuple(f"cuda:{i}" for i in range(torch.cuda.device_count())) or ("cpu",)
