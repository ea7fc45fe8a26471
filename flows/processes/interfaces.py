"""What there is to look at, in the browser: MLflow's runs and registry, Prefect's flows.

MLflow   http://127.0.0.1:5000
Prefect  http://127.0.0.1:4200
"""

import subprocess
from pathlib import Path

from chatloop.errors import UnreachableError
from chatloop.io.mlflow_store.connection import tracking_uri
from flows.processes import child
from flows.processes.server import HOST, api


def show(mlflow_port: int, prefect_port: int) -> None:
    """Serve both on loopback until Ctrl-C; a Prefect server that runs already is used.

    Raises:
        UnreachableError: a port is taken, or a server does not start.
    """
    command = ["server", "--host", HOST, "--port", str(mlflow_port)]
    store = ["--backend-store-uri", tracking_uri()]
    mlflow = child.start("mlflow", [*command, *store], Path.cwd(), stdout=subprocess.DEVNULL)
    try:
        with api(port=prefect_port) as url:
            print(f"MLflow   http://{HOST}:{mlflow_port}")  # noqa: T201
            print(f"Prefect  {url.removesuffix('/api')}")  # noqa: T201
            print("Ctrl-C ends both.", flush=True)  # noqa: T201
            code = mlflow.wait()
        raise UnreachableError(f"MLflow's server ended with {code}; is port {mlflow_port} taken?")
    finally:
        child.end(mlflow)
