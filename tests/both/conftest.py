"""The same rows in every cloud.

`clinic` is each row's own; `shared_clinic` all rows of a file look at.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

import pytest

from tests.both import on_aws, on_azure
from tests.both.under_test import Clinic

CLOUDS: Mapping[str, Callable[[], AbstractContextManager[Clinic]]] = {"aws": on_aws.clinic, "azure": on_azure.clinic}


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def shared_clinic(cloud: str) -> Iterator[Clinic]:
    with CLOUDS[cloud]() as made:
        yield made


@pytest.fixture
def clinic(cloud: str) -> Iterator[Clinic]:
    with CLOUDS[cloud]() as made:
        yield made
