"""What a user can act on, each with the exit code that scripts may rely on.

chatloop: error: ingest.sources[0]: logs/*.jsonl matches no file; name a file or a folder
"""

import errno

UNUSABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


class UserError(Exception):
    """Bad input or settings: one line that says what, where and what to do. Exit code 2."""

    exit_code = 2


class DataError(UserError):
    """The data broke an expectation; the pipeline stops before it trains on it. Exit code 3."""

    exit_code = 3


class UnreachableError(UserError):
    """A service, a registry or a hub could not be reached. Exit code 4."""

    exit_code = 4


class BusyError(UserError):
    """Another process works in the repository. Exit code 5."""

    exit_code = 5


def unusable(error: OSError) -> UserError | None:
    """A full disk, a quota, missing rights: nothing of ours broke, and one line; else None."""
    if error.errno not in UNUSABLE or not error.filename:
        return None
    return UserError(f"{error.filename}: cannot be used ({error.strerror})")
