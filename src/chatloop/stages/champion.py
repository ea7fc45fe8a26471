"""The champion that the pin names, verified file by file; an empty folder where there is none yet.

In: pins/champion.json, written before the stages run. Out: models/champion, the files of that
version as they were registered, and champion.json, which repeats the pin.
"""

from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import read_json, whole_folder, write_json
from chatloop.io.registry import holding
from chatloop.params import ChampionParams
from chatloop.stages import main, say

REPEATED = "champion.json"


def champion(params: ChampionParams, pin: Path, out: Path) -> None:
    """Fetch the pinned version by its content; MLflow is asked only where there is one."""
    pinned = read_json(pin)
    with whole_folder(out) as folder:
        if pinned.get("version") is not None:
            _fetch(params.name, pinned, folder)
        write_json(folder / REPEATED, pinned)
    number = pinned.get("version")
    say("champion: none yet" if number is None else f"champion: {params.name} version {number}")


def _fetch(name: str, pinned: dict[str, Any], folder: Path) -> None:
    wanted = str(pinned.get("candidate_sha256"))
    found = holding.find(name, wanted)
    if found is None or found.files != pinned.get("files"):
        raise UserError(
            f"{name} version {pinned['version']} ({wanted[:8]}) is not in this "
            "registry; `chatloop run` pins the champion that is, `dvc pull models/champion` "
            "fetches it from a remote, MLFLOW_TRACKING_URI names another registry"
        )
    holding.download(found, folder)


if __name__ == "__main__":
    main(champion)
