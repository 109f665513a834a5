"""A hospital for each test."""

import pytest

from tests.hospital import Hospital, built
from tests.workflow.recovering import Night, fallen


@pytest.fixture
def hospital() -> Hospital:
    return built()


@pytest.fixture
def night(hospital: Hospital) -> Night:
    return fallen(hospital)
