"""`python -m gan_core check FILE`: whether what a file registers keeps to what our own records keep to."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.cli.printing import say

if TYPE_CHECKING:
    from gan_core.contract.finding import Finding

SIGNS = {"passed": "ok", "failed": "FAILED", "doubtful": "look at", "not tried": "-"}


def add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `check` to the command line."""
    check = commands.add_parser("check", help="try a file of your own against the contract", allow_abbrev=False)
    check.add_argument("file", type=Path, metavar="FILE", help="Python that registers a trick, a loss, networks, ...")
    check.add_argument("--quick", action="store_true", help="tricks with the default loss alone")
    check.add_argument(
        "--with",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the tiny runs, as in a study file: with which a trick acts within a few steps",
    )
    check.add_argument(
        "--home",
        type=Path,
        metavar="DIR",
        help="data and weights [default: weights as for train, data prepared in a folder for once]",
    )
    check.set_defaults(parser=check, act=_check)


def _check(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments.settings)

    from gan_core.contract.plugin import Request, baselines_of_losses, check_plugin
    from gan_core.contract.tiny import configured
    from gan_core.machine.home import machine_home
    from gan_core.machine.readiness import ready_to_train
    from gan_core.plugin_text import read_source
    from gan_core.plugins.load import load

    read_source(arguments.file)  # one that is not there is told before anything is computed
    ready_to_train(1)
    baselines = baselines_of_losses(arguments.quick)
    plugin = load(arguments.file)
    configured({**settings, "use": (plugin.entry,)})  # a wrong word in the settings is told by itself
    wrong = checked = 0
    with tempfile.TemporaryDirectory() as folder:
        home = arguments.home
        request = Request(baselines, home or Path(folder), home or machine_home(), settings, arguments.quick)
        for registered, findings in check_plugin(plugin, request):
            checked += 1
            wrong += any(finding.failed for finding in findings)
            for line in lines_of(registered.kind, registered.name, findings):
                say(line, flush=True)
    if wrong:
        say(f"of {checked} that {plugin.name} registers, {wrong} did not keep to the contract")
        return 1
    say(f"all that {plugin.name} registers keeps to the contract")
    return 0


def lines_of(kind: str, name: str, findings: "list[Finding]") -> list[str]:
    """The table of one record: a line a check, and below a failed one what to do."""
    lines = [f"{kind} {name}"]
    widest = max(len(finding.check) for finding in findings)
    for finding in findings:
        lines.append(f"  {SIGNS[finding.outcome]:8} {finding.check:{widest}}  {finding.text}")
        if finding.advice:
            lines.append(f"  {'':8} {'':{widest}}  -> {finding.advice}")
    return lines


def _settings(words: list[str]) -> dict[str, object]:
    """The words 'NAME=VALUE' as settings. Raises UserError."""
    from gan_core.cli.flags import scalar
    from gan_core.problems import Problem, UserError, shown

    settings: dict[str, object] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise UserError(Problem(f"{shown(word)} is no setting", ("--with",), "NAME=VALUE, such as norm_d=none"))
        settings[name.strip()] = scalar(value)
    return settings
