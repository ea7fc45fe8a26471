"""chatloop turns a team's conversations into a chat model that keeps getting better.

Importing the package switches off the analytics of every library that it builds on: nothing phones
home from a user's machine unless the user sets the variable to something else.
"""

import os

__version__ = "0.1.0"

NO_ANALYTICS = {
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
# MLflow would unpickle models and run jobs for anyone who can reach its server.
NO_FOREIGN_CODE = {
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}

for _name, _value in (NO_ANALYTICS | NO_FOREIGN_CODE).items():
    os.environ.setdefault(_name, _value)
