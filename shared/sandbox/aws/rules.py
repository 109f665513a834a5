"""Which rule answers which operation. Without a rule the emulator answers."""

from collections.abc import Callable, Mapping

from shared.sandbox.aws import (
    backup_rules,
    guardduty_rules,
    iam_rules,
    kms_rules,
    map_run_rules,
    metric_rules,
    s3_batch_rules,
    s3_listing,
    s3_rules,
    s3control_rules,
    service_keys,
    simulation,
    sso_rules,
    sts_rules,
    trail_delivery,
    trail_rules,
)
from shared.sandbox.aws.cloud import Ask, Cloud, Rule, forward
from shared.sandbox.aws.http import Reply

RULES: Mapping[str, Mapping[str, Rule]] = {
    "backup": backup_rules.RULES,
    "cloudtrail": trail_rules.RULES,
    "cloudwatch": metric_rules.CLOUDWATCH,
    "ec2": service_keys.EC2,
    "guardduty": guardduty_rules.RULES,
    "iam": {**iam_rules.RULES, **simulation.RULES},
    "kms": kms_rules.RULES,
    "lambda": service_keys.LAMBDA,
    "logs": service_keys.LOGS,
    "s3": {**s3_rules.RULES, **s3_listing.RULES},
    "s3control": {**s3control_rules.RULES, **s3_batch_rules.RULES},
    "secretsmanager": service_keys.SECRETS,
    "service-quotas": metric_rules.QUOTAS,
    "sso-admin": sso_rules.RULES,
    "stepfunctions": map_run_rules.RULES,
    "sts": sts_rules.RULES,
}

#: What a service checks before any of its operations.
GUARDS: Mapping[str, Callable[[Cloud, Ask], None]] = {
    "iam": iam_rules.guard,
    "kms": kms_rules.guard,
    "s3": s3_rules.guard,
    "sts": sts_rules.guard,
}

#: How a service's other operations reach the emulator, where the request does not suit it as it is.
OTHERWISE: Mapping[str, Rule] = {"kms": kms_rules.with_plain_ids}


def apply(cloud: Cloud, ask: Ask) -> Reply:
    """The answer to an allowed request. Raises Refusal."""
    service, operation = ask.call.service, ask.call.operation
    if service == "cloudtrail":
        cloud.trails.sort(cloud.calls, cloud.inner)
    if service == "s3" and operation in trail_delivery.LOOKS:
        cloud.trails.deliver(ask.params["Bucket"], cloud.clock.now() - cloud.trail_lag, cloud.calls, cloud.inner)
        cloud.access_logs.deliver(ask.params["Bucket"], cloud.clock.now() - cloud.trail_lag, cloud.calls)
    if service in GUARDS:
        GUARDS[service](cloud, ask)
    rule = RULES.get(service, {}).get(operation) or OTHERWISE.get(service, forward)
    return rule(cloud, ask)
