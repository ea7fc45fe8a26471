"""From raw dialogues to splits: chatloop's own stages and Data-Juicer's nearest equivalent.

    python -m benchmarks.data_stages --json

Both are run as their users run them, in processes of their own, imports included, on all 17,193
real dialogues. Ours are the stages that dvc.yaml has up to `split`. Data-Juicer gets one process a
core, operator fusion, no monitor and no network, JSON Lines it need not convert, and this recipe:
Unicode mended, HTML and odd white space removed, personal data redacted, filters by length,
letters and repetition, exact duplicates, near-duplicates by as many permutations and bands.

What only ours does: a table of turns with roles checked, 46 kinds of personal data and names, the
language, boilerplate, refusals, every loss with its reason, the diversity report, Great
Expectations, splits that no twin crosses, and contamination. What only Data-Juicer does: it removes
file paths. Its language filter is left out, whose model has to be downloaded, and so is its analyser,
a command of its own that is the nearest to our profile: of the two sides only ours pays for that.
"""

import argparse
import gzip
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import yaml

from benchmarks.report import SGD, report, seconds, without
from chatloop.duplicates.minhash import bands
from chatloop.params.file import read_params

ROOT = Path(__file__).parents[1]
STAGES = ("ingest", "clean", "profile", "validate", "split")
FILES = ("train.jsonl.gz", "dev.jsonl.gz", "test.jsonl.gz")
# In an environment of its own: it pins versions that are older than the project's.
RIVAL = ROOT / ".venv-data-juicer" / "bin" / "python"
REQUIRED = ROOT / "benchmarks" / "requirements-data-juicer.txt"
GOAL = "at least 10 times"
# So much of what either keeps is kept by both: what is left are rules that only one of them has.
SAME = 0.95
# A missing part must fail and not be fetched while the clock runs.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "UV_OFFLINE": "1",
    "PIP_NO_INDEX": "1",
}
# Modules are compiled once and kept, as everywhere that nobody forbids it; those of a package that
# pip installed are so from the beginning.
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}


def project(folder: Path) -> None:
    """A chatloop project whose sources are the real dialogues, everything else as shipped."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    paths = [str((SGD / name).resolve()) for name in FILES]
    params["ingest"]["sources"] = [{"path": path, "format": "messages"} for path in paths]
    folder.mkdir()
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    (folder / "pins").symlink_to(ROOT / "pins")


def commands() -> list[list[str]]:
    """The command of each stage, as dvc.yaml has it, with this interpreter."""
    pipeline = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    module = f"{shlex.quote(sys.executable)} -m chatloop.stages"
    return [shlex.split(pipeline[name]["cmd"].replace("${run}", module)) for name in STAGES]


def recipe(folder: Path) -> dict[str, Any]:
    """Data-Juicer's settings; near-duplicates at the numbers of params.yaml."""
    near = read_params(ROOT / "params.yaml").clean.near_duplicates
    count, width = bands(near.permutations, near.threshold)
    minhash = {
        "tokenization": "space", "window_size": near.shingle_words, "lowercase": True,
        "num_permutations": near.permutations, "jaccard_threshold": near.threshold,
        "num_bands": count, "num_rows_per_band": width,
    }  # fmt: skip
    return {
        "project_name": "data_stages",
        "dataset_path": str(folder / "raw"),
        "export_path": str(folder / "kept" / "kept.jsonl"),
        "work_dir": str(folder / "work"),
        "ds_cache_dir": str(folder / "cache"),
        "np": os.cpu_count() or 1,
        "auto_op_parallelism": False,
        "use_cache": False,
        "open_monitor": False,
        "event_logging": {"enabled": False},
        "op_fusion": True,
        "fusion_strategy": "greedy",
        "process": [
            {"fix_unicode_mapper": {"normalization": "NFC"}},
            {"clean_html_mapper": {}},
            {"whitespace_normalization_mapper": {}},
            {"pii_redaction_mapper": {}},
            {"text_length_filter": {"min_len": 4, "max_len": 100_000}},
            {"alphanumeric_filter": {"min_ratio": 0.25}},
            {"character_repetition_filter": {"rep_len": 10, "max_ratio": 0.5}},
            {"word_repetition_filter": {"lang": "en", "rep_len": 10, "max_ratio": 0.85}},
            {"document_deduplicator": {"lowercase": True}},
            {"document_minhash_deduplicator": minhash},
        ],
    }


def rival_input(folder: Path) -> int:
    """A file a process, a conversation a line, as the one text that it works on; how many."""
    lines = []
    for name in FILES:
        with gzip.open(SGD / name, "rt", encoding="utf-8") as records:
            for record in map(json.loads, records):
                said = [f"{turn['role']}: {turn['content']}" for turn in record["messages"]]
                lines.append(json.dumps({"id": record["id"], "text": "\n".join(said)}))
    raw, parts = folder / "raw", os.cpu_count() or 1
    raw.mkdir()
    for part in range(parts):
        text = "\n".join(lines[part::parts]) + "\n"
        (raw / f"{part}.jsonl").write_text(text, encoding="utf-8")
    return len(lines)


def ours(folder: Path) -> None:
    """Every stage up to `split`."""
    for command in commands():
        _run(command, folder, {"PYTHONPATH": str(ROOT / "src")})


def theirs(folder: Path) -> None:
    """Data-Juicer's own command over its recipe."""
    settings = folder / "recipe.yaml"
    settings.write_text(yaml.safe_dump(recipe(folder), sort_keys=False), encoding="utf-8")
    command = [str(RIVAL), "-m", "data_juicer.tools.process_data", "--config", str(settings)]
    _run(command, folder, OFFLINE)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **COMPILED, **environment},
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command[:3])}: {done.stderr[-2000:]}")


def main() -> None:
    """Measure and print; with --json the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted, as every benchmark does")
    parser.add_argument("--rounds", type=int, default=1)
    wanted = parser.parse_args()
    if not all((SGD / name).is_file() for name in FILES):
        return without("the real dialogues (../shared/data/sgd) are not here")
    with TemporaryDirectory() as temporary:
        mine, other = Path(temporary, "chatloop"), Path(temporary, "data-juicer")
        project(mine)
        other.mkdir()
        count = rival_input(other)
        if not RIVAL.is_file():
            (taken,) = seconds(lambda: ours(mine), rounds=wanted.rounds)
            print(f"{count:,} dialogues in {taken:.1f} s")
            return without("Data-Juicer is not installed: make bench-setup")
        took, rival = seconds(lambda: ours(mine), lambda: theirs(other), rounds=wanted.rounds)
        kept = set(pl.read_parquet(mine / "data/clean/turns.parquet")["conversation_id"])
        same = set(pl.read_ndjson(other / "kept/kept.jsonl")["id"])
        reasons = json.loads((mine / "reports/clean.json").read_text(encoding="utf-8"))
    return report(
        "data_stages", count / took, count / rival, "conversations/s",
        len(kept & same) / len(kept | same) >= SAME, GOAL,
        conversations=count, seconds=took, rival_seconds=rival,
        kept=len(kept), rival_kept=len(same), kept_by_both=len(kept & same),
        rejected_by_reason={k: n for k, n in reasons["rejected_by_reason"].items() if n},
        rival_is=REQUIRED.read_text(encoding="utf-8").splitlines()[1],
    )  # fmt: skip


if __name__ == "__main__":
    main()
