"""The decision page: an HTTP API with six routes and one function behind it, and how people sign in for it.

The API is made before the functions, for its address is in the pages that they send; what it serves is said afterwards.
"""

import json
from collections.abc import Mapping

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from .acknowledged import acknowledge
from .parameters import Parameters
from .sign_in import GROUPS, MFA, SignIn
from .vended_log import vended_log

ROUTES = ("GET /open", "GET /signed-in", "GET /cases", "GET /case", "POST /acknowledge", "POST /decide")
"""Those that the function knows."""

RATE, BURST = 5, 20
"""Requests a second: people read, and whoever sends more is none of them."""

LOGGED = ("requestId", "requestTime", "routeKey", "status", "identity.sourceIp", "integrationErrorMessage")
"""What the access log says (API Gateway developer guide, "$context variables"): the route, and neither address nor link."""

WHY = {
    "AwsSolutions-APIG4": "whoever is not signed in is sent to sign in; the function verifies the ID token of every request itself",
}


class DecisionPage(Construct):
    """The API at `url`; `told` are variables of the function `page`, and of all (by an empty name)."""

    def __init__(self, scope: Construct, ident: str, *, given: Parameters, key: kms.IKey) -> None:
        super().__init__(scope, ident)
        self.api = apigateway.HttpApi(self, "Api", api_name="codeblue-page", create_default_stage=False)
        self.url = self.api.api_endpoint
        self.log = self._stage(key)
        self.sign_in = SignIn(self, "SignIn", given=given, back=f"{self.url}/signed-in")
        self.told: Mapping[str, Mapping[str, str]] = {
            "": {"CODEBLUE_PAGE": self.url},
            "page": {
                "CODEBLUE_SSO_ISSUER": self.sign_in.issuer,
                "CODEBLUE_SSO_DOMAIN": self.sign_in.domain,
                "CODEBLUE_SSO_CLIENT": self.sign_in.client.user_pool_client_id,
                "CODEBLUE_SSO_GROUPS": ",".join(given.sso_groups),
                "CODEBLUE_SSO_GROUPS_CLAIM": f"custom:{GROUPS}",
                "CODEBLUE_SSO_MFA": ",".join(given.sso_mfa),
                "CODEBLUE_SSO_MFA_CLAIM": f"custom:{MFA}",
            },
        }

    def serve(self, function: lambda_.IFunction) -> None:
        """Have this function answer every route that it knows, and no other."""
        behind = integrations.HttpLambdaIntegration("Function", function)
        for route in ROUTES:
            method, _, path = route.partition(" ")
            self.api.add_routes(path=path, methods=[apigateway.HttpMethod[method]], integration=behind)
        acknowledge(self.api, WHY)

    def _stage(self, key: kms.IKey) -> logs.LogGroup:
        log = vended_log(self, "apigateway/codeblue-page", key)
        stage = apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings={"throttlingRateLimit": RATE, "throttlingBurstLimit": BURST},
            access_log_settings={
                "destinationArn": log.log_group_arn,
                "format": json.dumps({name: f"$context.{name}" for name in LOGGED}),
            },
        )
        stage.node.add_dependency(log)
        return log
