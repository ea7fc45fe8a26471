"""Imports a large package without its parts that nobody here uses.

    with without(r"large\\.readers\\.(?!text$).*", absent=("sqlalchemy",)):
        import large

A part that is left out is a module with any name in it: each is a class that nothing is an instance
of. That is enough for those who only pass it on, or ask whether a value is one. What is absent is
as if it were not installed.
"""

import gc
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Nothing(ModuleType):
    """What is asked of it is a class of that name."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__module__": self.__name__})


class _Leaving(MetaPathFinder, Loader):
    """Finds `_Nothing` for modules whose whole names match, and no package that is absent."""

    def __init__(self, unused: Sequence[str], absent: Sequence[str]) -> None:
        self._unused, self._absent = re.compile("|".join(unused)), frozenset(absent)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in self._absent:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        left = self._unused.fullmatch(fullname)
        return ModuleSpec(fullname, self, is_package=True) if left else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Nothing(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


@contextmanager
def without(*unused: str, absent: Sequence[str] = ()) -> Iterator[None]:
    """Imports without the modules of these names (regexes), where they are not there already.

    Whoever imports them afterwards gets the real ones. While classes are made, nobody looks for
    garbage.
    """
    finder = _Leaving(unused, absent)
    sys.meta_path.insert(0, finder)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if isinstance(module, _Nothing)]:
            del sys.modules[name]
