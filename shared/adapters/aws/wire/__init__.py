"""S3's REST API spoken by ourselves, where millions of the same call go out: signed from templates, sent through libcurl.

The SDK stays the way for everything else. What is said here is held against the SDK's own words by tests.
"""
