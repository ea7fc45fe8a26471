"""Fixtures of the stages' tests."""

from tests.tuning import tuning

__all__ = ["tuning"]
