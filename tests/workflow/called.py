"""How a function is called: by which of its aliases, as AWS tells it."""

from aws_lambda_powertools.utilities.typing import LambdaContext


def by_alias(alias: str) -> LambdaContext:
    """What a function is told of its call by this alias; by none where it is empty."""
    context = LambdaContext()
    context._invoked_function_arn = ":".join(
        ("arn:aws:lambda:us-east-1:111122223333:function:codeblue-desk", *filter(None, [alias]))
    )
    return context
