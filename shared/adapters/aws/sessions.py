"""Sessions of the SDK. AWS's own description of its services is read once for all of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.loaders import Loader


def session(region: str | None = None, keys: tuple[str, str, str] | None = None) -> Session:
    """A session of the standard credential chain, or of `keys` (access, secret, token); service models are parsed once."""
    import boto3  # noqa: PLC0415  # half a second of import, that those who only ask for permissions do not pay
    import botocore.session  # noqa: PLC0415

    core = botocore.session.get_session()
    core.register_component("data_loader", models())
    if keys:
        core.set_credentials(*keys)
    return boto3.Session(botocore_session=core, region_name=region)


@cache
def models() -> Loader:
    """AWS's own description of its services: parsed once, not once for each account."""
    from botocore.loaders import create_loader  # noqa: PLC0415

    return create_loader()


def described(*services: str) -> None:
    """Read what the SDK knows of these services, for every session to come. Nobody is called, and no credential is looked for."""
    nobody = session("us-east-1", ("nobody", "nothing", "none"))
    for name in services:
        nobody.client(name)  # type: ignore[call-overload]  # named at run time
