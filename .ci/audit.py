"""Known weaknesses of the pinned versions, by pip-audit; accepted ones are in `accepted_advisories.txt`, with reasons.

Exit code 0: none that is not accepted, or the advisories can't be reached, which is said and is no failure of ours; 1:
some; 2: an accepted one has no reason.
"""

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

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
    options = (
        "--requirement",
        str(ROOT / "constraints.txt"),
        "--no-deps",
        "--disable-pip",
        "--progress-spinner",
        "off",
    )
    ignored = (word for name in known for word in ("--ignore-vuln", name))
    return subprocess.run([sys.executable, "-m", "pip_audit", *options, *ignored], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
