"""Clients that move the same objects, each in a process of its own: `python clients.py NAME URL PEM OBJECTS WIDTH` prints JSON.

What is measured is from the first request to the last answer, without imports. Objects lie under as many prefixes as are asked for,
so that a pace of one prefix is not what is measured, except where it is.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import batched
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

ETAG = "fba9dede5f27731c9771645a39863328"
VERSION = "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111"
ACCOUNT = "111122223333"


def keys(objects: int, prefixes: int) -> Iterator[str]:
    """The names of the objects, one prefix after another in turn."""
    return (f"data-{n % prefixes:02d}/obj-{n:09d}" for n in range(objects))


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Wall time, CPU and memory of what is done within."""
    said: dict[str, float] = {}
    before, began = resource.getrusage(resource.RUSAGE_SELF), perf_counter()
    yield said
    after = resource.getrusage(resource.RUSAGE_SELF)
    said["wall"] = perf_counter() - began
    said["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said["rss"] = after.ru_maxrss / 1024


def ours(
    url: str, pem: str, names: Iterable[str], width: int, *, copies: bool, acls: bool = False, workers: int = 1
) -> dict[str, float]:
    """The worker of a migration: signed, paced, tried again, every answer classified, over verified TLS.

    Two of S3's pages go together, as `FastObjects` lists them. `acls`: of a bucket in which an object's ACL can grant something,
    and is read before each copy.
    """
    from shared.adapters.aws.wire.answers import answered  # noqa: PLC0415
    from shared.adapters.aws.wire.forms import PAGE, Forms  # noqa: PLC0415
    from shared.adapters.aws.wire.network import Network  # noqa: PLC0415
    from shared.adapters.aws.wire.peer import Address, Peer  # noqa: PLC0415
    from shared.adapters.aws.wire.signing import Credentials  # noqa: PLC0415
    from shared.adapters.local.clock import SystemClock  # noqa: PLC0415
    from shared.ports.asking import Copy, Told, Update  # noqa: PLC0415
    from shared.ports.objects import Encryption, Facts, Moved, Scheme, Version  # noqa: PLC0415
    from shared.reencryption.asking import Conversation, Turns  # noqa: PLC0415
    from shared.reencryption.pacing import Paces  # noqa: PLC0415

    under, now, clock = Encryption(Scheme.SSE_KMS, KEY, bucket_key=True), datetime.now(UTC), SystemClock()
    facts = Facts(1024, ETAG, now, under)

    def moving(name: str) -> Conversation[Told]:
        ask = Copy(Version(name, VERSION, latest=True, modified=now), facts, under) if copies else Update(name, VERSION, under)
        told = yield ask
        return told

    credentials = Credentials("AKIDEXAMPLE", "example", "token" * 100)
    peer = Peer(lambda _: Address(url, "/bench/"), "us-east-1", lambda _: credentials, lambda: datetime.now(UTC))
    network, paces, moved = Network(width, pem), Paces(clock, workers), 0
    with measured() as said:
        for some in batched(names, 2 * PAGE, strict=False):
            turns = Turns([moving(name) for name in some], clock, paces)
            network.run(turns, peer, partial(answered, Forms("bench", ACCOUNT), acls=acls))
            moved += sum(isinstance(told, Moved) for told in turns.results)
    return said | {"ok": moved}


def boto3(url: str, pem: str, names: Iterable[str], width: int, *, copies: bool) -> dict[str, float]:
    """The SDK, as a script of threads would use it."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    config = Config(max_pool_connections=width, s3={"addressing_style": "path"})
    s3: Any = boto3.client("s3", endpoint_url=url, verify=pem, config=config, region_name="us-east-1")

    def move(name: str) -> bool:
        try:
            if copies:
                source = {"Bucket": "bench", "Key": name}
                s3.copy_object(Bucket="bench", Key=name, CopySource=source, ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY)
            else:
                wanted = {"SSEKMS": {"KMSKeyArn": KEY, "BucketKeyEnabled": True}}
                s3.update_object_encryption(Bucket="bench", Key=name, VersionId=VERSION, ObjectEncryption=wanted)
        except (ClientError, BotoCoreError):
            return False
        return True

    with measured() as said, ThreadPoolExecutor(width) as pool:
        said["ok"] = sum(pool.map(move, names))
    return said


def aiobotocore(url: str, pem: str, names: Iterable[str], width: int) -> dict[str, float]:
    """The SDK on asyncio."""
    import asyncio  # noqa: PLC0415

    from aiobotocore.config import AioConfig  # type: ignore[import-not-found]  # noqa: PLC0415  # in an environment of the bench
    from aiobotocore.session import get_session  # type: ignore[import-not-found]  # noqa: PLC0415

    async def run() -> dict[str, float]:
        config = AioConfig(max_pool_connections=width, s3={"addressing_style": "path"})
        client = get_session().create_client("s3", endpoint_url=url, verify=pem, config=config, region_name="us-east-1")
        async with client as s3:
            left, done = iter(names), 0

            async def worker() -> None:
                nonlocal done
                for name in left:
                    source = {"Bucket": "bench", "Key": name}
                    await s3.copy_object(
                        Bucket="bench", Key=name, CopySource=source, ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY
                    )
                    done += 1

            with measured() as said:
                await asyncio.gather(*(worker() for _ in range(width)))
            return said | {"ok": done}

    return asyncio.run(run())


def listing(url: str, pem: str, *, by_us: bool) -> dict[str, float]:
    """Every line of a listing, over the network: as the SDK's paginator gives it, or as a migration reads it."""
    if by_us:
        return _listed_by_us(url, pem)
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    s3 = boto3.client("s3", endpoint_url=url, verify=pem, config=Config(s3={"addressing_style": "path"}), region_name="us-east-1")
    with measured() as said:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket="bench")
        said["ok"] = sum(len(page["Versions"]) for page in pages)
    return said


def _listed_by_us(url: str, pem: str) -> dict[str, float]:
    from shared.adapters.aws.wire.exchange import accepted  # noqa: PLC0415
    from shared.adapters.aws.wire.forms import Forms  # noqa: PLC0415
    from shared.adapters.aws.wire.listing import page  # noqa: PLC0415
    from shared.adapters.aws.wire.network import Network  # noqa: PLC0415
    from shared.adapters.aws.wire.peer import Address, Peer  # noqa: PLC0415
    from shared.adapters.aws.wire.signing import Credentials  # noqa: PLC0415

    credentials = Credentials("AKIDEXAMPLE", "example")
    peer = Peer(lambda _: Address(url, "/bench/"), "us-east-1", lambda _: credentials, lambda: datetime.now(UTC))
    network, forms, after, lines, more = Network(1, pem), Forms("bench", ACCOUNT), None, 0, True
    with measured() as said:
        while more:
            request = forms.versions(after)
            part = page(accepted(request, network.reply(peer, request)).body)
            lines, after, more = lines + len(part.versions), part.after, part.after is not None
    return said | {"ok": lines}


CLIENTS: dict[str, Callable[..., dict[str, float]]] = {
    "ours, update": partial(ours, copies=False),
    "ours, update, 4 workers": partial(ours, copies=False, workers=4),
    "ours, copy": partial(ours, copies=True),
    "ours, copy, ACLs on": partial(ours, copies=True, acls=True),
    "boto3, update": partial(boto3, copies=False),
    "boto3, copy": partial(boto3, copies=True),
    "aiobotocore, copy": aiobotocore,
}
LISTINGS: dict[str, Callable[..., dict[str, float]]] = {
    "ours, listing": partial(listing, by_us=True),
    "boto3, listing": partial(listing, by_us=False),
}


def main() -> None:
    """Run one client and print what it took."""
    name, url, pem, objects, width, prefixes = sys.argv[1:]
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}  # pragma: allowlist secret
    said = LISTINGS[name](url, pem) if name in LISTINGS else CLIENTS[name](url, pem, keys(int(objects), int(prefixes)), int(width))
    print(json.dumps(said))


if __name__ == "__main__":
    main()
