"""Names as CloudTrail spells them, where they differ from the API's; and what it counts as data, as reading, as secret."""

EVENT_SOURCES = {
    "cloudwatch": "monitoring.amazonaws.com",
    "s3control": "s3.amazonaws.com",
    "service-quotas": "servicequotas.amazonaws.com",
    "sso-admin": "sso.amazonaws.com",
    "stepfunctions": "states.amazonaws.com",
}

EVENT_NAMES = {
    "lambda:CreateFunction": "CreateFunction20150331",
    "lambda:DeleteFunction": "DeleteFunction20150331",
    "s3:DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "s3:GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "s3:GetBucketNotificationConfiguration": "GetBucketNotification",
    "s3:GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "s3:ListObjectsV2": "ListObjects",
    "s3:PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "s3:PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3control:DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "s3control:PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}

#: Object-level calls: in a trail with data event selectors, never in the event history.
DATA_EVENTS = frozenset(
    {
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
        "lambda:Invoke",
        "s3:AbortMultipartUpload",
        "s3:CompleteMultipartUpload",
        "s3:CopyObject",
        "s3:CreateMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectTagging",
        "s3:DeleteObjects",
        "s3:GetObject",
        "s3:GetObjectAcl",
        "s3:GetObjectAttributes",
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
        "s3:GetObjectTagging",
        "s3:HeadObject",
        "s3:ListMultipartUploads",
        "s3:ListObjectVersions",
        "s3:ListObjects",
        "s3:ListObjectsV2",
        "s3:ListParts",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
        "s3:PutObjectTagging",
        "s3:RestoreObject",
        "s3:UpdateObjectEncryption",
        "s3:UploadPart",
        "s3:UploadPartCopy",
    }
)

#: Operations that read although their names do not say so.
READ_ONLY = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "ReEncrypt",
        "Sign",
        "Verify",
        "VerifyMac",
    }
)

SECRETS = frozenset(
    {
        "CiphertextBlob",
        "Ciphertext",
        "CopySourceSSECustomerKey",
        "GrantToken",
        "Message",
        "Password",
        "Plaintext",
        "SSECustomerKey",
        "SecretAccessKey",
        "SecretString",
        "SessionToken",
        "Signature",
    }
)
