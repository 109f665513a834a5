"""What KMS refuses, and how: each test is a rule of the documentation that moto does not keep."""

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from shared.sandbox.aws.server import ACCOUNT, Sandbox
from tests.contract.sandbox_scenes import ALLOW_ALL, OTHER, Client, assume, document, refused, role, statement, user

ROOT_ALLOWS = statement("Allow", "kms:*", "*", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


@pytest.fixture
def kms(sandbox: Sandbox) -> Client:
    return sandbox.root().client("kms")


CRYPTO: dict[str, dict[str, Any]] = {
    "encrypt": {"Plaintext": b"x"},
    "generate_data_key": {"KeySpec": "AES_256"},
    "generate_data_key_without_plaintext": {"KeySpec": "AES_256"},
    "create_grant": {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:root", "Operations": ["Decrypt"]},
    "rotate_key_on_demand": {},
    "enable_key_rotation": {},
}


@pytest.mark.parametrize("operation", CRYPTO)
def test_a_disabled_key_refuses_cryptography_and_grants(kms: Client, key: str, operation: str) -> None:
    kms.disable_key(KeyId=key)
    assert refused(getattr(kms, operation), KeyId=key, **CRYPTO[operation]) == ("DisabledException", f"{key} is disabled.")


@pytest.mark.parametrize("operation", [*CRYPTO, "enable_key", "disable_key"])
def test_a_key_pending_deletion_refuses_nearly_everything(kms: Client, key: str, operation: str) -> None:
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    answer = refused(getattr(kms, operation), KeyId=key, **CRYPTO.get(operation, {}))
    assert answer == ("KMSInvalidStateException", f"{key} is pending deletion.")


def test_a_ciphertext_is_refused_by_the_state_of_the_key_it_names(kms: Client, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    assert refused(kms.decrypt, CiphertextBlob=blob)[0] == "DisabledException"
    kms.enable_key(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_cancelled_deletion_leaves_the_key_disabled(kms: Client, key: str) -> None:
    assert refused(kms.cancel_key_deletion, KeyId=key) == ("KMSInvalidStateException", f"{key} is not pending deletion.")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


class TestKeyPolicies:
    def test_a_deny_in_the_key_policy_beats_every_permission(self, sandbox: Sandbox, kms: Client, key: str) -> None:
        thief = user(sandbox).client("kms")
        thief.encrypt(KeyId=key, Plaintext=b"x")
        deny = statement("Deny", "kms:Encrypt", "*", "*", StringEquals={"aws:username": "mallory"})
        kms.put_key_policy(KeyId=key, Policy=document(ROOT_ALLOWS, deny))
        code, message = refused(thief.encrypt, KeyId=key, Plaintext=b"x")
        assert code == "AccessDeniedException"
        assert message.endswith("with an explicit deny in a resource-based policy")

    def test_without_delegation_iam_alone_is_not_enough(self, sandbox: Sandbox, kms: Client, key: str) -> None:
        someone = user(sandbox).client("kms")
        root_only = statement("Allow", "kms:PutKeyPolicy", "*", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        kms.put_key_policy(KeyId=key, Policy=document(root_only))
        assert refused(someone.encrypt, KeyId=key, Plaintext=b"x")[0] == "AccessDeniedException"

    def test_whoever_writes_a_policy_must_not_lock_themselves_out(self, kms: Client, key: str) -> None:
        policy = document(statement("Allow", "kms:Decrypt", "*", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
        sentence = "The new key policy will not allow you to update the key policy in the future."
        assert refused(kms.put_key_policy, KeyId=key, Policy=policy) == ("MalformedPolicyDocumentException", sentence)
        assert refused(kms.create_key, Policy=policy) == ("MalformedPolicyDocumentException", sentence)
        kms.put_key_policy(KeyId=key, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
        assert refused(kms.put_key_policy, KeyId=key, Policy=document(ROOT_ALLOWS))[0] == "AccessDeniedException"

    def test_a_policy_naming_a_deleted_principal_is_refused(self, sandbox: Sandbox, kms: Client, key: str) -> None:
        user(sandbox, "x", policy=None)
        iam = sandbox.root().client("iam")
        unique_id = iam.get_user(UserName="x")["User"]["UserId"]
        allow = statement("Allow", "kms:Decrypt", "*", {"AWS": f"arn:aws:iam::{ACCOUNT}:user/x"})
        kms.put_key_policy(KeyId=key, Policy=document(ROOT_ALLOWS, allow))
        iam.delete_access_key(UserName="x", AccessKeyId=iam.list_access_keys(UserName="x")["AccessKeyMetadata"][0]["AccessKeyId"])
        iam.delete_user(UserName="x")
        read = kms.get_key_policy(KeyId=key)["Policy"]
        assert json.loads(read)["Statement"][1]["Principal"] == {"AWS": unique_id}
        sentence = "Policy contains a statement with one or more invalid principals."
        assert refused(kms.put_key_policy, KeyId=key, Policy=read) == ("MalformedPolicyDocumentException", sentence)

    def test_thirty_two_kilobytes_are_the_most(self, kms: Client, key: str) -> None:
        padded = ROOT_ALLOWS | {"Sid": "x" * 32_768}
        assert refused(kms.put_key_policy, KeyId=key, Policy=document(padded))[0] == "LimitExceededException"

    def test_another_account_needs_the_key_policy_and_its_own_iam(self, sandbox: Sandbox, kms: Client, key: str) -> None:
        stranger = user(sandbox, "stranger", account=OTHER).client("kms")
        assert refused(stranger.encrypt, KeyId=key, Plaintext=b"x")[0] == "AccessDeniedException"
        allow = statement("Allow", "kms:Encrypt", "*", {"AWS": f"arn:aws:iam::{OTHER}:root"})
        kms.put_key_policy(KeyId=key, Policy=document(ROOT_ALLOWS, allow))
        assert stranger.encrypt(KeyId=key, Plaintext=b"x")["KeyId"] == key


class TestGrants:
    def test_a_grant_allows_what_no_policy_does_until_it_is_revoked(self, sandbox: Sandbox, kms: Client, key: str) -> None:
        thief = user(sandbox, policy=None).client("kms")
        blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"ward": "7"})["CiphertextBlob"]
        asked = {"CiphertextBlob": blob, "EncryptionContext": {"ward": "7"}}
        assert refused(thief.decrypt, **asked)[0] == "AccessDeniedException"
        given = kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/mallory", Operations=["Decrypt"])
        assert thief.decrypt(**asked)["Plaintext"] == b"x"
        assert refused(thief.encrypt, KeyId=key, Plaintext=b"x")[0] == "AccessDeniedException"
        kms.revoke_grant(KeyId=key, GrantId=given["GrantId"])
        assert refused(thief.decrypt, **asked)[0] == "AccessDeniedException"

    def test_a_grant_is_listed_with_what_it_gives(self, kms: Client, key: str, sandbox: Sandbox) -> None:
        user(sandbox)
        grantee = f"arn:aws:iam::{ACCOUNT}:user/mallory"
        constraints = {"EncryptionContextSubset": {"ward": "7"}}
        kms.create_grant(KeyId=key, GranteePrincipal=grantee, Operations=["Decrypt"], Constraints=constraints, Name="n")
        kms.create_grant(KeyId=key, GranteePrincipal=grantee, Operations=["Decrypt"], Constraints=constraints, Name="n")
        (listed,) = kms.list_grants(KeyId=key)["Grants"]
        assert (listed["KeyId"], listed["GranteePrincipal"], listed["Constraints"]) == (key, grantee, constraints)
        assert listed["IssuingAccount"] == f"arn:aws:iam::{ACCOUNT}:root"

    def test_a_principal_that_does_not_exist_gets_no_grant(self, sandbox: Sandbox, kms: Client, key: str) -> None:
        user(sandbox)
        grant = {"KeyId": key, "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/nobody", "Operations": ["Decrypt"]}
        assert refused(kms.create_grant, **grant)[0] == "InvalidArnException"


class TestRotation:
    def test_the_period_is_kept(self, kms: Client, key: str) -> None:
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
        status = kms.get_key_rotation_status(KeyId=key)
        assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)

    def test_a_key_is_rotated_on_demand_twenty_five_times_at_most(self, kms: Client, key: str) -> None:
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        for _ in range(25):
            kms.rotate_key_on_demand(KeyId=key)
        assert refused(kms.rotate_key_on_demand, KeyId=key)[0] == "LimitExceededException"
        assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"

    def test_a_signing_key_cannot_be_rotated(self, kms: Client) -> None:
        signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        assert refused(kms.rotate_key_on_demand, KeyId=signing)[0] == "UnsupportedOperationException"


def test_a_signature_of_a_digest_is_one_of_the_message(kms: Client) -> None:
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    digest = hashlib.sha256(b"head of the chain").digest()
    asked = {"KeyId": key, "Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    signature = kms.sign(**asked)["Signature"]
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, b"head of the chain", ec.ECDSA(hashes.SHA256()))
    public.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    assert kms.verify(**asked, Signature=signature)["SignatureValid"] is True
    other = hashlib.sha256(b"another head").digest()
    assert refused(kms.verify, **(asked | {"Message": other}), Signature=signature)[0] == "KMSInvalidSignatureException"
    assert refused(kms.sign, **(asked | {"Message": b"short"})) == (
        "ValidationException",
        "Digest is invalid length for algorithm.",
    )


@pytest.mark.parametrize("algorithm", ["RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_512"])
def test_an_rsa_key_signs_messages(kms: Client, algorithm: str) -> None:
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    asked = {"KeyId": key, "Message": b"message", "SigningAlgorithm": algorithm}
    assert kms.verify(**asked, Signature=kms.sign(**asked)["Signature"])["SignatureValid"] is True
    assert refused(kms.sign, **(asked | {"SigningAlgorithm": "ECDSA_SHA_256"}))[0] == "InvalidKeyUsageException"


@pytest.mark.parametrize("text", ["not json", "[]", '{"Statement": []}', '{"Statement": [{"Effect": "Allow"}]}'])
def test_a_malformed_key_policy_is_refused(kms: Client, key: str, text: str) -> None:
    assert refused(kms.put_key_policy, KeyId=key, Policy=text)[0] == "MalformedPolicyDocumentException"


def test_a_retirable_grant_is_listed_for_whoever_may_retire_it(kms: Client, key: str) -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    given = kms.create_grant(KeyId=key, GranteePrincipal=root, RetiringPrincipal=root, Operations=["Decrypt"])
    assert [each["GrantId"] for each in kms.list_retirable_grants(RetiringPrincipal=root)["Grants"]] == [given["GrantId"]]
    kms.retire_grant(KeyId=key, GrantId=given["GrantId"])
    assert kms.list_grants(KeyId=key)["Grants"] == []
    assert refused(kms.revoke_grant, KeyId=key, GrantId=given["GrantId"])[0] == "NotFoundException"


class TestReplicas:
    @pytest.fixture
    def primary(self, kms: Client) -> str:
        return str(kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"])

    def test_a_replica_decrypts_what_the_primary_encrypted_under_a_policy_of_its_own(
        self, sandbox: Sandbox, kms: Client, primary: str
    ) -> None:
        blob = kms.encrypt(KeyId=primary, Plaintext=b"x")["CiphertextBlob"]
        kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
        west = sandbox.root(region="eu-west-1").client("kms")
        replica = primary.replace("us-east-1", "eu-west-1")
        assert west.decrypt(CiphertextBlob=blob, KeyId=replica)["Plaintext"] == b"x"
        kms.disable_key(KeyId=primary)
        assert west.decrypt(CiphertextBlob=blob, KeyId=replica)["Plaintext"] == b"x"
        deny = statement("Deny", "kms:Decrypt", "*", "*")
        west.put_key_policy(KeyId=replica, Policy=document(ROOT_ALLOWS, deny))
        assert refused(west.decrypt, CiphertextBlob=blob, KeyId=replica)[0] == "AccessDeniedException"

    def test_every_member_knows_its_family(self, sandbox: Sandbox, kms: Client, primary: str) -> None:
        kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
        west = sandbox.root(region="eu-west-1").client("kms")
        replica = primary.replace("us-east-1", "eu-west-1")
        family = kms.describe_key(KeyId=primary)["KeyMetadata"]["MultiRegionConfiguration"]
        assert (family["MultiRegionKeyType"], family["ReplicaKeys"]) == ("PRIMARY", [{"Arn": replica, "Region": "eu-west-1"}])
        assert refused(kms.replicate_key, KeyId=primary, ReplicaRegion="eu-west-1")[0] == "AlreadyExistsException"
        assert refused(west.replicate_key, KeyId=replica, ReplicaRegion="eu-west-2")[0] == "UnsupportedOperationException"
        kms.update_primary_region(KeyId=primary, PrimaryRegion="eu-west-1")
        assert west.describe_key(KeyId=replica)["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"

    def test_a_key_of_one_region_cannot_be_replicated(self, kms: Client, key: str) -> None:
        assert refused(kms.replicate_key, KeyId=key, ReplicaRegion="eu-west-1")[0] == "UnsupportedOperationException"


def test_the_last_use_of_a_key_is_told(sandbox: Sandbox, kms: Client, key: str) -> None:
    assert "KeyLastUsage" not in kms.get_key_last_usage(KeyId=key)
    answered = kms.encrypt(KeyId=key, Plaintext=b"x")
    last = kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]
    assert (last["Operation"], last["KmsRequestId"]) == ("Encrypt", answered["ResponseMetadata"]["RequestId"])


def test_of_two_who_claim_an_alias_the_second_is_refused(kms: Client, key: str) -> None:
    kms.create_alias(AliasName="alias/codeblue/case/1", TargetKeyId=key)
    assert refused(kms.create_alias, AliasName="alias/codeblue/case/1", TargetKeyId=key)[0] == "AlreadyExistsException"


def test_a_session_denied_by_its_age_is_stopped_and_a_newer_one_is_not(sandbox: Sandbox, kms: Client, key: str) -> None:
    from shared.sandbox.aws.clock import iso  # noqa: PLC0415 - only here

    caller = user(sandbox)
    arn = role(sandbox, "clinician", policy=ALLOW_ALL)
    old = assume(sandbox, caller, arn).client("kms")
    sandbox.cloud.clock.advance(2)
    stamp = iso(sandbox.cloud.clock.now())
    older = statement("Deny", "*", DateLessThan={"aws:TokenIssueTime": stamp})
    sandbox.root().client("iam").put_role_policy(RoleName="clinician", PolicyName="revoke", PolicyDocument=document(older))
    assert refused(old.encrypt, KeyId=key, Plaintext=b"x")[0] == "AccessDeniedException"
    sandbox.cloud.clock.advance(2)
    assume(sandbox, caller, arn, "again").client("kms").encrypt(KeyId=key, Plaintext=b"x")
