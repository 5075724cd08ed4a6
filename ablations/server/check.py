"""Whether an MLflow server would take a client's request: `python -m ablations.server.check http://mlflow:5000`.

It sends what clients send, under the name by which they call, with an account. `/health` says OK even to a Host header
for which every real request is refused, and without any account.
"""

import base64
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException

from ablations.addresses import without_password, without_passwords

QUESTION = "/api/2.0/mlflow/experiments/search?max_results=1"
ACCOUNTS = (
    ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"),
    ("MLFLOW_AUTH_ADMIN_USERNAME", "MLFLOW_AUTH_ADMIN_PASSWORD"),
)
TIMEOUT_S = 10.0


def trouble_with(address: str, environment: Mapping[str, str]) -> str:
    """'' where the server at `address` answers a client's request, else what it answered."""
    try:
        request = urllib.request.Request(address.rstrip("/") + QUESTION)
    except ValueError as error:
        return f"{without_password(address)} is no address: {without_passwords(str(error), address)}"
    for username, password in ACCOUNTS:
        if environment.get(password):
            pair = f"{environment.get(username) or 'admin'}:{environment[password]}"
            request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
            break
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        return f"{without_password(address)} answers {error.code} {error.reason}"
    except (OSError, ValueError, HTTPException) as error:
        return f"{without_password(address)} does not answer: {without_passwords(str(error), address)}"
    return ""


if __name__ == "__main__":
    sys.exit(trouble_with(sys.argv[1], os.environ))
