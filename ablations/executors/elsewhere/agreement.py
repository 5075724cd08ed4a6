"""Which images the trials of one data set are about, agreed by their nodes where nobody knew it beforehand.

The first trial that has loaded its images says so in the exchange; who comes to other images does not train.
"""

import hashlib
import json
import socket

from ablations.executors.elsewhere.exchange import Exchange
from gan_core.problems import Problem, UserError
from gan_core.schema.configuration import Config
from gan_core.training import training_data

FOLDER = "data/agreed"


def agreed(exchange: Exchange, config: Config) -> str | None:
    """The digest that the trials on this data set have agreed on; None before the first. Raises ExchangeError."""
    path = _path(config)
    return _read(exchange, path)[0] if exchange.exists(path) else None


def agree(exchange: Exchange, config: Config, digest: str, trial: str) -> None:
    """Hold to these images with all trials on this data set. Raises UserError where another one began with others."""
    path = _path(config)
    content = json.dumps({"digest": digest, "trial": trial, "host": socket.gethostname()}, indent=1)
    if exchange.put_new(path, content.encode()):
        return
    first, whose = _read(exchange, path)
    if first != digest:
        name = config.data_dir or config.data
        message = f"the images of {name} are {digest} on {socket.gethostname()}, and {first} for {whose}"
        where = ("data_dir",) if config.data_dir else ("data",)
        raise UserError(Problem(message, where, "the same images on all nodes, or prepared where `run` is called"))


def forget(exchange: Exchange, config: Config) -> None:
    """Agree anew, since no trial on this data set has begun. Raises ExchangeError."""
    exchange.remove(_path(config))


def _read(exchange: Exchange, path: str) -> tuple[str, str]:
    """The digest, and whose it is, in words."""
    try:
        content = json.loads(exchange.get_bytes(path))
        return str(content["digest"]), f"{content['trial']}, which began on {content['host']}"
    except (ValueError, KeyError, TypeError):
        message = f"{path} does not say which images the study is about"
        raise UserError(Problem(message, source=exchange.uri, allowed="remove it, and run the command again")) from None


def _path(config: Config) -> str:
    key = hashlib.sha256(repr(training_data.key(config)).encode()).hexdigest()[:16]
    return f"{FOLDER}/{key}.json"
