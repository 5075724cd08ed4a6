"""A network that a trick has made wider starts like the plain one, so that arms are compared in pairs by seed."""

import torch
from torch import nn


def start_like(net: nn.Module, plain: nn.Module) -> None:
    """Copy the parameters of `plain` into `net`, whose own are at least as large along every axis.

    What is copied comes first along each axis; the rest, and parameters that `plain` lacks, stay as they are.
    """
    wider = dict(net.named_parameters())
    with torch.no_grad():
        for name, value in plain.named_parameters():
            wider[name][tuple(slice(length) for length in value.shape)] = value
