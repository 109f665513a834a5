"""Amazon Resource Names: `arn:partition:service:region:account:resource`."""

from shared.domain.resource import Cloud, Kind, Ref


def account_of(arn: str) -> str:
    """The account in the ARN, empty where it has none (buckets, snapshots)."""
    return arn.split(":", 5)[4]


def region_of(arn: str) -> str:
    """The Region in the ARN, empty where it has none."""
    return arn.split(":", 5)[3]


def partition_of(region: str) -> str:
    """The partition that a Region belongs to: `aws`, `aws-cn` or `aws-us-gov`."""
    return next((name for prefix, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")) if region.startswith(prefix)), "aws")


def named(kind: Kind, arn: str) -> Ref:
    """The resource of an ARN that says its own account and Region."""
    return Ref(cloud=Cloud.AWS, kind=kind, account=account_of(arn), region=region_of(arn), id=arn)
