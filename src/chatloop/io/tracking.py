"""Runs in MLflow: shown while a model trains, and made whole from the files when it is judged.

with training_run(fingerprint, {"train": {"epochs": 3}}) as run: …
run_id = record(Path("."))
"""

from chatloop.io.mlflow_store.live import TrainingRun, training_run
from chatloop.io.mlflow_store.record import record

__all__ = ["TrainingRun", "record", "training_run"]
