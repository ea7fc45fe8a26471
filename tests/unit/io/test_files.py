import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from chatloop.errors import UserError
from chatloop.io import files
from chatloop.io.files import digests, link_folder, whole, whole_folder, write_text

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


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "x")

    for name in ("write_text", "unlink"):
        monkeypatch.setattr(Path, name, read_only)
    with pytest.raises(UserError, match=r"a.json: cannot be written \(Read-only file system\)"):
        write_text(tmp_path / "a.json", "1")


def test_any_other_exception_is_what_it_was(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a mistake of ours"), whole(tmp_path / "a.json"):
        raise ValueError("a mistake of ours")
    assert not list(tmp_path.iterdir())


def test_a_linked_folder_has_the_same_files_and_its_own_names(tmp_path: Path) -> None:
    (tmp_path / "one" / "deep").mkdir(parents=True)
    (tmp_path / "one" / "a.json").write_text("1")
    (tmp_path / "one" / "deep" / "b.json").write_text("2")
    (tmp_path / "one" / "c.json").symlink_to(tmp_path / "one" / "a.json")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "old").write_text("gone")
    link_folder(tmp_path / "one", tmp_path / "two")
    assert digests(tmp_path / "two") == digests(tmp_path / "one")
    assert not (tmp_path / "two" / "c.json").is_symlink()
    write_text(tmp_path / "two" / "a.json", "3")
    assert (tmp_path / "one" / "a.json").read_text() == "1"


def test_a_large_file_is_hashed_once_and_again_when_it_was_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(files, "sha256", lambda path: f"{read.append(path)}{len(read)}")
    monkeypatch.setattr(files, "LARGE", 4)
    monkeypatch.setattr(files, "SETTLED", -1)
    (tmp_path / "weights").write_bytes(b"12345")
    (tmp_path / "small").write_bytes(b"123")
    first = digests(tmp_path)
    again = digests(tmp_path)
    assert (again["weights"], len(read)) == (first["weights"], 3)  # the small one is read twice
    before = (tmp_path / "weights").stat()
    (tmp_path / "weights").write_bytes(b"12346")
    os.utime(tmp_path / "weights", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digests(tmp_path)["weights"] != first["weights"]
