"""What the jobs of S3 Batch Operations are known by, for whoever orders none: their service, their role and their place."""

ROLE = "codeblue-batch"
"""The role of jobs, by convention."""

SERVICE = "batchoperations.s3.amazonaws.com"
PLACE = "codeblue/jobs"

LENT = f"arn:*:iam::*:role/{ROLE}"
"""The role, in whichever account: a service has it, so that what is done under it is not by that alone ours."""
