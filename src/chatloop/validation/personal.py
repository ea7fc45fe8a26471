"""How many pieces of personal data each turn holds, asked of many turns at a time.

    told = PersonalData(count, asked=True)
    told.tell(pl.Series(["Call 408-971-8523", "ok", "I am [PERSON_1]"]))   →  [0, 1, 2]
    told.counts(pl.Series([2, 0]))                                         →  [0, 1]

To ask costs some time for every batch, however small it is; so texts wait until they are many.
"""

from collections.abc import Callable

import polars as pl

# Texts and bytes that are asked at once.
_TEXTS, _BYTES = 60_000, 2**24


class PersonalData:
    """`count` says how many pieces each of some texts holds.

    Where they were `asked` before they were redacted, only those are asked again that hold what may
    be a placeholder: no other can have changed.
    """

    def __init__(self, count: Callable[[pl.Series], pl.Series], asked: bool) -> None:
        self._count, self._asked = count, asked
        self._waiting: list[pl.DataFrame] = []
        self._found: list[pl.DataFrame] = [_FOUND.to_frame()]
        self._told = 0

    def tell(self, content: pl.Series) -> pl.Series:
        """The next texts; returns their numbers (Int64)."""
        numbers = pl.int_range(self._told, self._told + content.len(), eager=True)
        self._told += content.len()
        texts = pl.DataFrame({"number": numbers, "content": content})
        if self._asked:
            texts = texts.filter(pl.col("content").str.contains("[", literal=True))
        self._waiting.append(texts)
        rows = sum(part.height for part in self._waiting)
        if rows >= _TEXTS or sum(_size(part) for part in self._waiting) >= _BYTES:
            self._ask()
        return numbers

    def counts(self, numbers: pl.Series) -> pl.Series:
        """How many pieces the texts of these numbers hold (Int64), named `personal_data`."""
        self._ask()
        found = pl.concat(self._found)
        every = pl.repeat(0, self._told, dtype=pl.Int64, eager=True)
        every = every.scatter(found["number"], found["pieces"])
        return every.gather(numbers).alias("personal_data")

    def _ask(self) -> None:
        if self._waiting:
            texts = pl.concat(self._waiting)
            pieces = self._count(texts["content"]).cast(pl.Int64).alias("pieces")
            self._found.append(texts.select("number", pieces).filter(pl.col("pieces") > 0))
            self._waiting = []


_FOUND = pl.Schema({"number": pl.Int64, "pieces": pl.Int64})


def _size(texts: pl.DataFrame) -> int:
    return int(texts["content"].str.len_bytes().sum() or 0)
