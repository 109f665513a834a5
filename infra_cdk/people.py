"""The doors for people: URLs that only signed requests of the approvers' roles come through."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


class Door(Construct):
    """The URL of a function; `approvers` are role ARNs. AWS checks the signature and tells the function whose it is."""

    def __init__(self, scope: Construct, ident: str, *, function: lambda_.Alias, approvers: Sequence[str]) -> None:
        super().__init__(scope, ident)
        self.url = function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM)
        for number, approver in enumerate(approvers):
            who = iam.ArnPrincipal(approver)
            function.add_permission(
                f"Url{number}",
                principal=who,
                action="lambda:InvokeFunctionUrl",
                function_url_auth_type=lambda_.FunctionUrlAuthType.AWS_IAM,
            )
            function.add_permission(f"Invoke{number}", principal=who, action="lambda:InvokeFunction", invoked_via_function_url=True)
