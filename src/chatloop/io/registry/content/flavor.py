"""A candidate as a model of MLflow: its files as they are, and what `mlflow.pyfunc` needs to load.

    MLmodel  requirements.txt  conda.yaml  python_env.yaml  input_example.json
    model/                  the candidate, byte for byte
    components/tokenizer/   its tokenizer and template again, where MLflow looks for them

The MLmodel file is written here, not by `mlflow.transformers.log_model`: that one (3.17) takes a
folder only with transformers 4, and a loaded model it would save anew, with other bytes. Loading
is MLflow's own (`mlflow.transformers`), with classes that never run code from the folder.
"""

import json
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from chatloop.io.files import read_json
from chatloop.io.models import adapters
from chatloop.io.models.hub import context_length
from chatloop.io.registry.versions import MODEL

TASK = "llm/v1/chat"
TOKENIZER = "components/tokenizer"
NEEDED = ("mlflow", "transformers", "torch", "tokenizers", "safetensors", "jinja2")
EXAMPLE = {"messages": [{"role": "user", "content": "hi"}]}
EXAMPLE_FILE, SERVING_FILE = "input_example.json", "serving_input_example.json"
LONG, ANSWER = 4096, 1024  # tokens: a larger context is not filled with one answer


def write_flavor(candidate: Path, folder: Path, name: str, logged: Any) -> None:
    """All of MLflow's files but `model/`, which is uploaded from the candidate itself.

    `logged` is MLflow's LoggedModel that the files are for; `name` is what answers call the model.
    """
    from mlflow import pyfunc
    from mlflow.models import Model

    model = Model(
        artifact_path=logged.artifact_location,
        run_id=logged.source_run_id,
        model_uuid=logged.model_id,
        model_id=logged.model_id,
        signature=chat_signature(),
        saved_input_example_info=_write_example(folder),
        metadata={"task": TASK},
        model_size_bytes=sum(
            path.stat().st_size for path in candidate.rglob("*") if path.is_file()
        ),
    )
    model.add_flavor("transformers", **_transformers(name))
    environment = {"conda_env": "conda.yaml", "python_env": "python_env.yaml"}
    config = generation(candidate)
    pyfunc.add_to_model(model, "mlflow.transformers", model_config=config, **environment)
    model.save(str(folder / "MLmodel"))
    _write_environment(folder)
    weights = ("*.safetensors", "*.safetensors.index.json", adapters.FOLDER)
    shutil.copytree(candidate, folder / TOKENIZER, ignore=shutil.ignore_patterns(*weights))


def chat_signature() -> Any:
    """MLflow's signature of a chat: messages in, choices out."""
    from mlflow.models import ModelSignature
    from mlflow.types.llm import CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA

    return ModelSignature(CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA)


def generation(candidate: Path) -> dict[str, Any]:
    """How pyfunc generates when the request does not say: greedy, until the end of the turn.

    transformers' pipeline would sample at 0.7 and stop after 256 tokens wherever it is. The
    template has written the control tokens already, so the tokenizer must not add them again.
    """
    context = context_length(read_json(candidate / "config.json")) or LONG
    room = {"max_length": context} if context <= LONG else {"max_new_tokens": ANSWER}
    return {"do_sample": False, "add_special_tokens": False, **room}


def _transformers(name: str) -> dict[str, Any]:
    """Auto classes, so that MLflow never falls back to code that comes with a model."""
    return {
        "transformers_version": version("transformers"),
        "task": "text-generation",
        "inference_task": TASK,
        "instance_type": "TextGenerationPipeline",
        "source_model_name": name,
        "pipeline_model_type": "AutoModelForCausalLM",
        "model_binary": MODEL,
        "components": ["tokenizer"],
        "tokenizer_type": "AutoTokenizer",
        "torch_dtype": None,
        "code": None,
    }


def _write_example(folder: Path) -> dict[str, str]:
    for name in (EXAMPLE_FILE, SERVING_FILE):
        (folder / name).write_text(json.dumps(EXAMPLE), encoding="utf-8")
    paths = {"artifact_path": EXAMPLE_FILE, "serving_input_path": SERVING_FILE}
    return {**paths, "type": "json_object"}


def _write_environment(folder: Path) -> None:
    """The versions that this model was made with, in the three forms that MLflow reads."""
    python, pinned = platform.python_version(), [pin for name in NEEDED if (pin := _pin(name))]
    conda = {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": pinned}],
    }
    virtual = {
        "python": python,
        "build_dependencies": ["pip"],
        "dependencies": ["-r requirements.txt"],
    }
    (folder / "requirements.txt").write_text("\n".join(pinned) + "\n", encoding="utf-8")
    (folder / "conda.yaml").write_text(yaml.safe_dump(conda, sort_keys=False), encoding="utf-8")
    (folder / "python_env.yaml").write_text(yaml.safe_dump(virtual, sort_keys=False), "utf-8")


def _pin(package: str) -> str | None:
    """`torch==2.13.0`, without the build's own mark (`+cpu`)."""
    try:
        return f"{package}=={version(package).split('+')[0]}"
    except PackageNotFoundError:
        return None
