"""A server in a process of its own, with a fake model: python -m tests.serve.child FOLDER [CHANGES].

CHANGES is JSON: {"seconds": 0.02, "tokens": 16, "limits": {"waiting": 8}}, the first two the model's.
"""

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from chatloop.serve import starting
from chatloop.serve.model import Models, Sampling
from tests.serve.fake import FakeModel, FakeModels, all_params

if __name__ == "__main__":
    changes: dict[str, Any] = {"port": 0, **json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}")}
    model = FakeModel(seconds=changes.pop("seconds", 0.0))
    model.defaults = Sampling(changes.pop("tokens", 8))

    @contextlib.asynccontextmanager
    async def fake(_params: Any) -> AsyncIterator[Models]:
        yield FakeModels(model)

    starting.open_models = fake
    starting.serve(all_params(Path(sys.argv[1]), **changes))
