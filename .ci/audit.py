"""Known weaknesses of the pinned versions, by pip-audit; accepted ones are in `accepted_advisories.txt`, with reasons.

Exit code 0: none that is not accepted, or the advisories can't be reached, which is said and is no failure of ours; 1:
some; 2: an accepted one has no reason.
"""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ACCEPTED = Path(__file__).parent / "accepted_advisories.txt"
SERVICE = "https://pypi.org/pypi/pip/json"  # where pip-audit asks, a package at a time
PATIENCE_S = 10


def accepted(text: str) -> dict[str, str]:
    """Advisory -> why it does not concern us. Raises ValueError for a line without a reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = {name: reason.strip() for name, _, reason in (line.partition(" ") for line in lines)}
    if missing := [name for name, reason in found.items() if not reason]:
        raise ValueError(f"no reason for {', '.join(missing)}")
    return found


def is_reachable() -> bool:
    """Whether the service answers with what it should: an index of our own may have no advisories."""
    try:
        with urllib.request.urlopen(SERVICE, timeout=PATIENCE_S) as answer:
            return b'"vulnerabilities"' in answer.read()
    except (OSError, urllib.error.URLError):
        return False


def main() -> int:
    try:
        known = accepted(ACCEPTED.read_text(encoding="utf-8"))
    except ValueError as error:
        print(f"{ACCEPTED}: {error}")
        return 2
    if not is_reachable():
        print(f"NOT AUDITED: {SERVICE} does not answer, so nothing is known of the pinned versions")
        return 0
    found = audited([*known])
    if not found:
        print("NOT AUDITED: the service knows none of the pinned versions")
        return 0
    skipped = sum("skip_reason" in one for one in found)
    weak = {one["name"]: [each["id"] for each in one["vulns"]] for one in found if one.get("vulns")}
    for name, advisories in weak.items():
        print(f"{name}: {', '.join(advisories)}")
    print(
        f"{len(found) - skipped} packages audited, {skipped} unknown to the service; {len(weak)} with known weaknesses"
    )
    if skipped == len(found):
        print("NOT AUDITED: the service knows none of the pinned versions")
    return 1 if weak else 0


def audited(ignored: list[str]) -> list[dict[str, Any]]:
    """What pip-audit says of each pinned version: name, version and `vulns`, or a `skip_reason`."""
    options = (*("--no-deps", "--disable-pip"), *("--progress-spinner", "off"), *("--format", "json"))
    words = [word for name in ignored for word in ("--ignore-vuln", name)]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "constraints.txt"), *options, *words]
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    dependencies: list[dict[str, Any]] = json.loads(said)["dependencies"] if said.strip() else []
    return dependencies


if __name__ == "__main__":
    sys.exit(main())
