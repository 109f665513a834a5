"""What is stored in the imaginary hospital: the kinds of versions that a migration meets, a few of each."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from shared.sandbox.aws import hospital_names as hospital
from shared.sandbox.aws import scenario_names as names

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

AWKWARD: Final = (
    "wards/a b+c",
    "wards/é/ü",
    "wards/a//b",
    "wards/line\nbreak",
    "wards/%41",
    "wards/x?y=z&encryption",
    "wards/sub/",
)
"""Keys that have broken programs before ours."""

DESCRIBED: Final[Mapping[str, Any]] = {
    "Metadata": {"ward": "7", "seen-by": "dr-amal"},
    "Tagging": "data-class=phi&ward=7",
    "ContentType": "text/plain; charset=utf-8",
    "CacheControl": "no-store",
    "ChecksumAlgorithm": "SHA256",
}

RETAINED: Final = timedelta(days=365)

CUSTOMER: Final[Mapping[str, Any]] = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"an imaginary pharmacy's key....."}

PART: Final = 5 * 1024 * 1024
"""Bytes of every part of an upload but the last, at least (S3 quotas)."""

WRITERS: Final = 4


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as it is written: so many versions, one after the other, and deleted at last or not (a delete marker remains)."""

    bucket: str
    key: str
    versions: int = 1
    deleted: bool = False
    parts: int = 0
    """so many parts of an upload, 0 for a plain write"""
    options: Mapping[str, Any] = field(default_factory=dict)


def clinic() -> Iterator[Stored]:
    """Beside the charts that the clinic has anyway."""
    yield from (Stored(names.CHARTS, key) for key in AWKWARD)
    yield from (Stored(names.CHARTS, f"imaging/xray-{number}.png", versions=2) for number in range(3))
    yield Stored(names.CHARTS, "notes/described.txt", versions=2, options=DESCRIBED)
    yield Stored(names.CHARTS, "charts/discharged.pdf", versions=2, deleted=True)
    yield Stored(names.CHARTS, "imaging/study.dcm", parts=2)


def hospice() -> Iterator[Stored]:
    """One record that nobody can change for a year, and one under a key that only the pharmacy has."""
    yield from (Stored(hospital.RECORDS, f"records/{number}.xml", versions=3) for number in range(4))
    yield Stored(hospital.RECORDS, "records/departed.xml", versions=2, deleted=True)
    until = datetime.now(UTC) + RETAINED
    yield Stored(hospital.RECORDS, "records/will.pdf", options={"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until})
    yield Stored(hospital.RECORDS, "pharmacy/orders.csv", options=CUSTOMER)


def laboratory() -> Iterator[Stored]:
    """A store without versions, and forms that share its key and are nobody's health data."""
    yield from (Stored(hospital.RESULTS, f"results/{number}.hl7") for number in range(8))
    yield Stored(hospital.RESULTS, "results/described.txt", options=DESCRIBED)
    yield from (Stored(hospital.FORMS, f"forms/{number}.pdf") for number in range(3))


def replicas() -> Iterator[Stored]:
    """What replication has brought into the second Region."""
    yield from (Stored(hospital.REPLICA, f"charts/{patient}.pdf", versions=2) for patient in names.PATIENTS)


def store(s3: "S3Client", objects: Iterator[Stored]) -> None:
    """Write them, some at a time; the versions of one object in their order."""
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda stored: _store(s3, stored), objects))


def _store(s3: "S3Client", stored: Stored) -> None:
    for version in range(stored.versions if not stored.parts else 0):
        body = f"{stored.bucket}, {stored.key!r}, version {version}".encode()
        s3.put_object(Bucket=stored.bucket, Key=stored.key, Body=body, **stored.options)
    if stored.parts:
        _uploaded(s3, stored)
    if stored.deleted:
        s3.delete_object(Bucket=stored.bucket, Key=stored.key)


def _uploaded(s3: "S3Client", stored: Stored) -> None:
    """An upload in parts; the last part is a short one."""
    place: dict[str, Any] = {"Bucket": stored.bucket, "Key": stored.key}
    upload = s3.create_multipart_upload(
        **place, ContentType="application/dicom", ChecksumAlgorithm="SHA256", Metadata={"study": "12"}
    )
    parts = []
    for number in range(1, stored.parts + 1):
        body = bytes([number]) * (PART if number < stored.parts else 1024)
        sent = s3.upload_part(**place, UploadId=upload["UploadId"], PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]})
    s3.complete_multipart_upload(**place, UploadId=upload["UploadId"], MultipartUpload={"Parts": parts})  # type: ignore[typeddict-item]  # as S3 gave them
