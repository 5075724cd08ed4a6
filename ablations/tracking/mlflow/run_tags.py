"""Names of the tags that say what a run in MLflow is, and whose."""

FOLDER_TAG = "ablations.folder"  # of experiments and runs: the id of the study's folder
TRIAL_TAG = "ablations.trial"
KIND_TAG = "ablations.kind"
PLACE_TAG = "ablations.directory"
ID_TAG = "ablations.execution"
EXECUTION = "execution"
PARENT_TAG = "mlflow.parentRunId"
