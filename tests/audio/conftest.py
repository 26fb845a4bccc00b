"""Sounds whose properties are known."""

from tests.sounds import sounds

__all__ = ["sounds"]  # a fixture
