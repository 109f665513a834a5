"""The decision page as it is deployed: who gets to it, who signs in, and that without a sign-in there is none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions import page
from functions.sign_in import RECENT, VERIFIED
from infra_cdk.decision_page import ROUTES
from infra_cdk.duties import Home, duties
from infra_cdk.roster import POSTS, SIGNED_IN, keepers, of_power, posts
from infra_cdk.sign_in import SESSION_SECONDS
from shared.adapters.aws import links, runbooks
from shared.adapters.aws.executions import ANSWER
from shared.domain.errors import BadInput
from shared.workflow.stages import Power
from tests.infra.conftest import HOME, SIGN_IN, WARD, Assembly, given

METADATA = "https://login.st-brendan.example/metadata.xml"


def test_the_api_has_the_routes_of_the_function_and_tokens_live_as_long_as_it_lets_them() -> None:
    assert set(ROUTES) == set(page.ROUTES)
    assert SESSION_SECONDS == RECENT == page.SESSION_SECONDS


def only(assembly: Assembly, kind: str) -> dict[str, Any]:
    """The properties of the one resource of this kind."""
    (found,) = assembly.of(kind).values()
    said: dict[str, Any] = found["Properties"]
    return said


def test_only_its_six_routes_are_served_and_by_its_function_alone(assembly: Assembly) -> None:
    routes = [each["Properties"] for each in assembly.of("AWS::ApiGatewayV2::Route").values()]
    assert {each["RouteKey"] for each in routes} == set(ROUTES)
    assert "PageFunctionLive" in json.dumps(only(assembly, "AWS::ApiGatewayV2::Integration")["IntegrationUri"])
    let_in = [
        each["Properties"]
        for each in assembly.of("AWS::Lambda::Permission").values()
        if each["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]
    assert len(let_in) == len(ROUTES)
    assert all("PageFunctionLive" in json.dumps(each["FunctionName"]) and "Api" in json.dumps(each["SourceArn"]) for each in let_in)


def test_its_log_has_neither_addresses_nor_links_in_it(assembly: Assembly) -> None:
    stage = only(assembly, "AWS::ApiGatewayV2::Stage")
    said = json.loads(stage["AccessLogSettings"]["Format"])
    assert not {name for name in said if "path" in name.lower() or "query" in name.lower() or "cookie" in name.lower()}
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0


def test_requests_beyond_its_rate_are_found_in_its_log_and_wake_people(assembly: Assembly) -> None:
    (found,) = (
        each["Properties"]
        for each in assembly.of("AWS::Logs::MetricFilter").values()
        if "429" in each["Properties"]["FilterPattern"]
    )
    assert found["FilterPattern"] == '{ $.status = "429" }'
    stage = only(assembly, "AWS::ApiGatewayV2::Stage")
    assert json.loads(stage["AccessLogSettings"]["Format"])["status"] == "$context.status"
    assert stage["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0] == found["LogGroupName"]["Ref"]
    (counted,) = found["MetricTransformations"]
    alarms = [each["Properties"] for each in assembly.of("AWS::CloudWatch::Alarm").values()]
    (alarm,) = (
        a for a in alarms if (a.get("Namespace"), a.get("MetricName")) == (counted["MetricNamespace"], counted["MetricName"])
    )
    assert (alarm["Threshold"], bool(alarm["AlarmActions"])) == (1, True)


def test_people_sign_in_at_the_organisations_provider_and_nowhere_else(assembly: Assembly) -> None:
    client = only(assembly, "AWS::Cognito::UserPoolClient")
    assert client["SupportedIdentityProviders"] == ["organisation"]
    assert (client["AllowedOAuthFlows"], client["ExplicitAuthFlows"]) == (["code"], ["ALLOW_REFRESH_TOKEN_AUTH"])
    assert "aws.cognito.signin.user.admin" not in client["AllowedOAuthScopes"]
    assert len(client["CallbackURLs"]) == 1
    assert only(assembly, "AWS::Cognito::UserPool")["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    provider = only(assembly, "AWS::Cognito::UserPoolIdentityProvider")
    mapped = {"email": "email", "custom:groups": "groups", "custom:mfa": "amr", VERIFIED: "email_verified"}
    assert provider["AttributeMapping"] == mapped
    assert mapped.keys() == set(client["ReadAttributes"]) == set(client["WriteAttributes"])
    assert provider["ProviderDetails"]["client_secret"].startswith("{{resolve:secretsmanager:")


def test_only_its_function_is_told_who_signs_in_and_all_are_told_where_it_is(assembly: Assembly) -> None:
    told = {
        f["Properties"]["FunctionName"]: f["Properties"]["Environment"]["Variables"]
        for f in assembly.of("AWS::Lambda::Function").values()
    }
    assert {name for name, said in told.items() if any("_SSO_" in each for each in said)} == {"codeblue-page"}
    assert all("CODEBLUE_PAGE" in said for said in told.values())


def test_its_role_may_what_deciding_takes_and_nothing_of_runbooks() -> None:
    home = Home("aws", HOME, "us-east-1", f"arn:aws:kms:us-east-1:{HOME}:key/EXAMPLE")
    page, decide = ({act for text in duties(name, home, (WARD,)).values() for act in acts(text)} for name in ("page", "decide"))
    assert page == decide - runbooks.PERMISSIONS
    assert page >= ANSWER | links.ACTIONS


def acts(policy: str) -> Iterator[str]:
    """Every action that a policy names."""
    for statement in json.loads(policy)["Statement"]:
        named = statement["Action"]
        yield from [named] if isinstance(named, str) else named


def test_without_a_sign_in_there_is_no_function_for_it_and_nobody_names_its_role() -> None:
    assert posts(sign_in=True).keys() - posts(sign_in=False).keys() == SIGNED_IN == {"page"}
    assert "page" not in {*keepers(sign_in=False), *of_power(Power.RECORD, sign_in=False)}
    assert posts(sign_in=True, rehearsed=True) == POSTS
    assert not given(**dict.fromkeys(SIGN_IN, ()) | {"sso_issuer": "", "sso_client": "", "sso_secret": ""}).sign_in


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"sso_metadata": METADATA}, id="two providers"),
        pytest.param({"sso_client": ""}, id="a provider that does not know us"),
        pytest.param({"sso_secret": ""}, id="a client without its secret"),
        pytest.param({"sso_groups": ()}, id="nobody who may decide"),
        pytest.param({"sso_groups": ("commanders, others",)}, id="a group whose name reads like two"),
        pytest.param({"sso_groups": ("commanders",)}, id="a group by a name that anybody could give theirs"),
        pytest.param({"sso_mfa": ()}, id="nothing that shows a second factor"),
        pytest.param({"sso_issuer": "", "sso_client": "", "sso_secret": ""}, id="groups, and nowhere to sign in"),
        pytest.param({"sso_issuer": "http://login.example"}, id="a provider without TLS"),
    ],
)
def test_it_is_not_deployed_with(other: dict[str, object]) -> None:
    with pytest.raises((BadInput, ValueError)):
        given(**other)


def test_a_provider_that_speaks_saml_is_enough() -> None:
    assert given(sso_issuer="", sso_client="", sso_secret="", sso_metadata=METADATA).sign_in
