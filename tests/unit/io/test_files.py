import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from chatloop.errors import UserError
from chatloop.io.files import whole, whole_folder

Whole = Callable[[Path], AbstractContextManager[Path]]
FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    Exception("No space left on device (os error 28)"),  # as Rust libraries say it
    RuntimeError("I/O error: No space left on device (os error 28)"),
]


@pytest.mark.parametrize("error", FULL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("writer", [whole, whole_folder])
def test_a_full_disk_is_one_line_and_leaves_what_was_there(
    tmp_path: Path, writer: Whole, error: Exception
) -> None:
    target = tmp_path / "candidate"
    target.mkdir()
    (target / "card.json").write_text("{}")
    line = r"candidate: cannot be written \(No space left"
    with pytest.raises(UserError, match=line), writer(target) as aside:
        (aside / "half" if aside.is_dir() else aside).write_text("half")
        raise error
    assert [path.name for path in tmp_path.iterdir()] == ["candidate"]
    assert (target / "card.json").read_text() == "{}"


def test_any_other_exception_is_what_it_was(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a mistake of ours"), whole(tmp_path / "a.json"):
        raise ValueError("a mistake of ours")
    assert not list(tmp_path.iterdir())
