"""Ports of this machine, for servers that tests start."""

import socket

HOST = "127.0.0.1"


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
