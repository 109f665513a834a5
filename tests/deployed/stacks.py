"""The stacks as they are synthesised, created by ministack's CloudFormation."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra_cdk import package
from tests.contract.second_opinion import ACCOUNT
from tests.deployed.altered import altered
from tests.infra.conftest import SIGN_IN, given

REGION, SECOND = "us-east-1", "us-west-2"
STACKS: Mapping[str, str] = {
    "CodeblueCustody": REGION,
    "CodeblueCustodySecond": SECOND,
    "CodeblueResponder": REGION,
    f"CodeblueForwarding-{ACCOUNT}-{REGION}": REGION,
}
"""In the order in which they are deployed, and where: the account responds for itself, so that there is no spoke."""

type Regional = Callable[[str, str], Any]
"""A client of a service in a Region, as the root user."""


def synthesised(folder: Path, policy: Path) -> Path:
    """The assembly, with the real package and this policy file. Raises `RuntimeError` with the findings of the rule packs."""
    os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
    from aws_cdk import App  # noqa: PLC0415  # four seconds, for those who need it

    from infra_cdk.app import FLAGS, compose  # noqa: PLC0415

    zipped = folder / "codeblue.zip"
    assert package.main(zipped) == 0
    out = folder / "assembly"
    app = App(outdir=str(out), analytics_reporting=False, context=FLAGS)
    without = dict.fromkeys((*SIGN_IN, "management", "rehearse_account"), "")
    alone = {**without, "accounts": (ACCOUNT,), "guarded": (), "sso_groups": ()}
    compose(app, given(package=str(zipped), policy=str(policy), **alone))
    app.synth()
    return out


def deploy(assembly: Path, client: Regional, variables: Mapping[str, str]) -> frozenset[str]:
    """Create every stack; why anything of them was altered."""
    why: frozenset[str] = frozenset()
    for name, region in STACKS.items():
        template, reasons = altered(json.loads((assembly / f"{name}.template.json").read_text()), variables)
        _upload(assembly, name, client("s3", region), region)
        _create(name, template, client, region)
        _lock(template, client("s3", region))
        why |= reasons
    return why


def _upload(assembly: Path, name: str, s3: Any, region: str) -> None:  # noqa: ANN401  # any client
    """The assets where the templates look for them."""
    for asset in json.loads((assembly / f"{name}.assets.json").read_text())["files"].values():
        for place in asset["destinations"].values():
            bucket = place["bucketName"].replace("${AWS::AccountId}", ACCOUNT)
            _bucket(s3, bucket, region)
            path = assembly / asset["source"]["path"]
            zipped = Path(shutil.make_archive(str(path), "zip", path)) if path.is_dir() else path
            s3.put_object(Bucket=bucket, Key=place["objectKey"], Body=zipped.read_bytes())


def _bucket(s3: Any, name: str, region: str) -> None:  # noqa: ANN401
    if name not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        there = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **there)


def _create(name: str, template: Mapping[str, Any], client: Regional, region: str) -> None:
    bucket = f"templates-{region}"
    s3, formation = client("s3", region), client("cloudformation", region)
    _bucket(s3, bucket, region)
    s3.put_object(Bucket=bucket, Key=name, Body=json.dumps(template).encode())
    url = f"{s3.meta.endpoint_url}/{bucket}/{name}"
    formation.create_stack(StackName=name, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"], DisableRollback=True)
    while (said := formation.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
        time.sleep(0.2)
    assert said["StackStatus"] == "CREATE_COMPLETE", said.get("StackStatusReason")


def _lock(template: Mapping[str, Any], s3: Any) -> None:  # noqa: ANN401
    """Object Lock, which its CloudFormation drops, as the template has it."""
    for each in (r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::S3::Bucket"):
        if each.get("ObjectLockEnabled"):
            kept = each["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
            lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": kept["Mode"], "Days": kept["Days"]}}}
            s3.put_object_lock_configuration(Bucket=each["BucketName"], ObjectLockConfiguration=lock)
