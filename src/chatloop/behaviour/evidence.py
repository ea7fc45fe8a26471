"""What the gate reads of the report on behaviour.

{"cases": [{"name": "greets", "must": false, "candidate": {"passed": true}, …}], …}
    →  Behaviours(names=("greets",), must=[False], candidate=[True], champion=None)
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chatloop.errors import UserError
from chatloop.gating.evidence import Behaviours, Flags


def evidence(found: Mapping[str, Any]) -> Behaviours | None:
    """What the gate judges by, from a report; None where nothing was checked.

    Raises:
        UserError: the report is not what the evaluate stage writes.
    """
    try:
        rows = [row for row in found["cases"] if row["candidate"]["passed"] is not None]
        champion = [row["champion"]["passed"] for row in rows] if "champion" in found else None
        if not rows:
            return None
        return Behaviours(
            names=tuple(row["name"] for row in rows),
            must=_flags([row["must"] for row in rows]),
            candidate=_flags([row["candidate"]["passed"] for row in rows]),
            champion=None if champion is None else _flags(champion),
        )
    except (KeyError, TypeError) as error:
        raise UserError(
            "reports/behaviours.json: is not what the evaluate stage writes; run evaluate again"
        ) from error


def _flags(values: Sequence[bool]) -> Flags:
    return np.asarray(values, dtype=np.bool_)
