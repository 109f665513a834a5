"""How people sign in for the decision page: a Cognito user pool without users of its own, before the organisation's provider."""

from aws_cdk import Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from .acknowledged import acknowledge
from .parameters import Parameters

PROVIDER = "organisation"
GROUPS, MFA, VERIFIED = "groups", "mfa", "email_verified"
"""Attributes of the pool that the provider's claims are mapped to; a token has them as `custom:…`."""

LONGEST_ATTRIBUTE = 2048
SESSION_SECONDS = 30 * 60
"""How long an ID token holds: as old as the function lets a sign-in be."""

WHY = {
    "AwsSolutions-COG1": "the pool has no passwords: its only client signs in at the organisation's provider",
    "AwsSolutions-COG2": "the second factor is the organisation's provider's; the function refuses a token that shows none",
    "AwsSolutions-COG8": "what the plan adds is about passwords of the pool's own, and it has none",
}


class SignIn(Construct):
    """The pool, the provider behind it, and its one client: a public one with PKCE, which comes back to `back` alone."""

    def __init__(self, scope: Construct, ident: str, *, given: Parameters, back: str) -> None:
        super().__init__(scope, ident)
        mapped = cognito.StringAttribute(max_len=LONGEST_ATTRIBUTE, mutable=True)
        self.pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name="codeblue",
            self_sign_up_enabled=False,
            account_recovery=cognito.AccountRecovery.NONE,
            custom_attributes={GROUPS: mapped, MFA: mapped, VERIFIED: mapped},
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(self.pool, WHY)
        provider = self._provider(given)
        named = cognito.ClientAttributes()
        self.client = self.pool.add_client(
            "Page",
            user_pool_client_name="codeblue-page",
            generate_secret=False,
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.custom(PROVIDER)],
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=[back],
            ),
            read_attributes=named.with_standard_attributes(email=True).with_custom_attributes(GROUPS, MFA, VERIFIED),
            write_attributes=named.with_standard_attributes(email=True).with_custom_attributes(GROUPS, MFA, VERIFIED),
            auth_flows=cognito.AuthFlow(user_srp=False),  # said, so that nobody signs in by the pool's API, past the provider
            id_token_validity=Duration.seconds(SESSION_SECONDS),
            access_token_validity=Duration.minutes(5),
            refresh_token_validity=Duration.hours(1),
            enable_token_revocation=True,
            prevent_user_existence_errors=True,
        )
        self.client.node.add_dependency(provider)
        prefix = cognito.CognitoDomainOptions(domain_prefix=f"codeblue-{given.account}-{given.region}")
        self.domain = self.pool.add_domain("Domain", cognito_domain=prefix).base_url()
        self.issuer = self.pool.user_pool_provider_url

    def _provider(self, given: Parameters) -> cognito.IUserPoolIdentityProvider:
        """The organisation's own, whose claims are taken over at a sign-in; what it sends no longer may stay (ADR 44)."""
        mapping = cognito.AttributeMapping(
            email=cognito.ProviderAttribute.other(EMAIL[bool(given.sso_metadata)]),
            custom={
                f"custom:{GROUPS}": cognito.ProviderAttribute.other(given.sso_groups_claim),
                f"custom:{MFA}": cognito.ProviderAttribute.other(given.sso_mfa_claim),
                **({} if given.sso_metadata else {f"custom:{VERIFIED}": cognito.ProviderAttribute.other("email_verified")}),
            },
        )
        if given.sso_metadata:
            return cognito.UserPoolIdentityProviderSaml(
                self,
                "Provider",
                user_pool=self.pool,
                name=PROVIDER,
                metadata=cognito.UserPoolIdentityProviderSamlMetadata.url(given.sso_metadata),
                attribute_mapping=mapping,
            )
        return cognito.UserPoolIdentityProviderOidc(
            self,
            "Provider",
            user_pool=self.pool,
            name=PROVIDER,
            issuer_url=given.sso_issuer,
            client_id=given.sso_client,
            client_secret=SecretValue.secrets_manager(given.sso_secret).unsafe_unwrap(),  # a reference, which is resolved there
            scopes=["openid", "email", "profile"],
            attribute_request_method=cognito.OidcAttributeRequestMethod.GET,
            attribute_mapping=mapping,
        )


EMAIL = {False: "email", True: "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"}
"""What a mail address is called, by whether it is said in SAML."""
