"""What deploys the responder to AWS, with the CDK: one construct a file, stacks only compose."""
