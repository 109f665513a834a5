"""A hospital for each test."""

import pytest

from tests.hospital import Hospital, built


@pytest.fixture
def hospital() -> Hospital:
    return built()
