"""What is seen of a recovery from outside: every stored version with its key, and people who go on working meanwhile."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from shared.sandbox.aws import scenario_names as names
from tests.drills.respond_scene import Scene, refusal

AWKWARD = ("charts/a b+c.pdf", "charts/é.pdf", "charts//twice.pdf", "charts/line\nbreak.pdf", "charts/../up.pdf")


@dataclass(frozen=True, slots=True)
class Stored:
    """One version as anybody who may read it sees it, without its key."""

    name: str
    id: str
    etag: str
    modified: str
    content: bytes
    metadata: Mapping[str, str]
    tags: tuple[tuple[str, str], ...]
    latest: bool


def policy(folder: Path, scene: Scene, *modes: str) -> Path:
    """The clinic's own `response.toml`, with these modes besides; it ends with the proof unless they say otherwise."""
    path = folder / "response.toml"
    said = ('enforce = "observe"', 'retire = "observe"', *modes)
    path.write_text("\n".join((scene.described["response_toml"], "[modes]", *said)))
    return path


def furnish(scene: Scene) -> None:
    """What a migration meets besides plain charts: awkward names, tags, metadata, a delete marker."""
    s3 = scene.client("s3")
    for name in AWKWARD:
        s3.put_object(Bucket=names.CHARTS, Key=name, Body=name.encode(), Metadata={"ward": "7"}, Tagging="class=phi&kept=1")
    s3.delete_object(Bucket=names.CHARTS, Key=AWKWARD[0])


def stored(scene: Scene, bucket: str = names.CHARTS) -> dict[tuple[str, str], Stored]:
    """Every version that holds content, by name and id."""
    s3 = scene.client("s3")
    return {(each["Key"], each["VersionId"]): _stored(s3, bucket, each) for each in listed(scene, bucket)}


def _stored(s3: Any, bucket: str, line: Mapping[str, Any]) -> Stored:  # noqa: ANN401  # a boto3 client
    asked = {"Bucket": bucket, "Key": line["Key"], "VersionId": line["VersionId"]}
    got, tags = s3.get_object(**asked), s3.get_object_tagging(**asked)["TagSet"]
    return Stored(
        name=line["Key"],
        id=line["VersionId"],
        etag=got["ETag"],
        modified=str(got["LastModified"]),
        content=got["Body"].read(),
        metadata=got["Metadata"],
        tags=tuple(sorted((tag["Key"], tag["Value"]) for tag in tags)),
        latest=line["IsLatest"],
    )


def listed(scene: Scene, bucket: str = names.CHARTS) -> list[dict[str, Any]]:
    return list(scene.client("s3").list_object_versions(Bucket=bucket).get("Versions", ()))


def keys(scene: Scene, bucket: str = names.CHARTS) -> Counter[str]:
    """How many versions are under which key."""
    s3 = scene.client("s3")
    heads = (s3.head_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"]) for each in listed(scene, bucket))
    return Counter(str(head.get("SSEKMSKeyId", "")) for head in heads)


def successors(scene: Scene) -> list[str]:
    """Keys that stand under an alias of a case."""
    aliases = scene.client("kms").list_aliases()["Aliases"]
    found = [a["TargetKeyId"] for a in aliases if a["AliasName"].startswith("alias/codeblue/")]
    return [f"arn:aws:kms:{names.REGION}:{names.ACCOUNT}:key/{key}" for key in found]


def default_key(scene: Scene, bucket: str = names.CHARTS) -> str:
    found = scene.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return str(found[0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"])


@dataclass(slots=True)
class Ward:
    """Clinicians at work: what they wrote last and did not delete, and every call of theirs that failed."""

    written: dict[str, bytes] = field(default_factory=dict)
    calls: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def working(scene: Scene, *, pause: float = 0.05, deleting: bool = False) -> Iterator[Ward]:
    """Somebody reads charts and writes new ones, until the block ends. `deleting`: and deletes some of them again."""
    ward, stopped = Ward(), threading.Event()
    worker = threading.Thread(target=_work, args=(scene, ward, stopped, pause), kwargs={"deleting": deleting})
    worker.start()
    try:
        yield ward
    finally:
        stopped.set()
        worker.join()


def _work(scene: Scene, ward: Ward, stopped: threading.Event, pause: float, *, deleting: bool) -> None:
    s3, old = scene.client("s3", "clinician"), f"charts/{names.PATIENTS[1]}.pdf"

    def do(call: Callable[..., object], **asked: object) -> None:
        ward.calls += 1
        if code := refusal(partial(call, Bucket=names.CHARTS, **asked)):
            ward.failures.append(code)

    for number in count():
        name, content = f"ward/{number % 5}.txt", f"note {number}".encode()
        do(s3.get_object, Key=old)
        do(s3.put_object, Key=name, Body=content)
        ward.written[name] = content
        if deleting and number % 3 == 0:
            do(s3.delete_object, Key=name)
            ward.written.pop(name)
        if stopped.wait(pause):
            return
