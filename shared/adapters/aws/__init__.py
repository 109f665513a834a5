"""The ports, over boto3."""
