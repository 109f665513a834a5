"""An imaginary hospital on the embedded Azure: the clinic of `clinic`, and a laboratory with an account and a key of its own.

Two departments share an account, each under an encryption scope and key of its own. There are earlier versions, snapshots, a
container that nobody can change, links that were handed out, and a program with a connection string from outside the network.
The laboratory's archive of images lies on a disk, whose encryption set follows the laboratory's key.
"""

import json
from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from shared.adapters.azure import custody_init
from shared.adapters.azure.clients import Clients
from shared.adapters.azure.custody_places import by_convention
from shared.sandbox.azure import clinic_names as names
from shared.sandbox.azure import hospital_names as hospital
from shared.sandbox.azure.clinic import LOG_SETTINGS, RECORDED_FOR, Clinic, Hands, account, container
from shared.sandbox.azure.clinic import build as clinic
from shared.sandbox.azure.clock import iso
from shared.sandbox.azure.cloud import Cloud
from shared.sandbox.azure.transport import transport
from shared.settings import Policy

_YEAR = 365 * 86400.0
GRAPH = ("Application.ReadWrite.All", "User.ReadWrite.All")
"""What nobody has looked at since the program was set up."""


def build(cloud: Cloud) -> Clinic:
    """The hospital before anything happens, in a blank cloud."""
    made = clinic(cloud)
    admin = cloud.entra.directory.principal_of(made.credentials["administrator"]["azure_client_id"])
    if admin is None:
        raise RuntimeError("the clinic has no administrator")
    hands = Hands(cloud, admin)
    _laboratory(cloud, hands)
    _archive(cloud)
    _history(hands)
    _people(cloud, made)
    cloud.activity.age(LOG_SETTINGS, RECORDED_FOR)
    return made


def response_policy() -> str:
    """The hospital's `response.toml`: what its administrators have declared beforehand."""
    stores = json.dumps([place for place, _ in hospital.STORES.values()])
    return f"""version = 1

[custody]
azure = "{names.SCOPE}"

[tenants.st-brendan]
buckets = {stores}
accounts = ["{names.SUBSCRIPTION}"]
"""


def custody(cloud: Cloud, made: Clinic) -> None:
    """The places of the record, as the administrator makes them once (`codeblue init`)."""
    from azure.identity import ClientSecretCredential  # noqa: PLC0415 - a slow import, paid when needed

    held, place = made.credentials["administrator"], transport(cloud)
    secret = (held["azure_tenant_id"], held["azure_client_id"], held["azure_client_secret"])
    clients = Clients(ClientSecretCredential(*secret, transport=place), place)
    days = Policy.read(response_policy()).custody.retention_days
    at = by_convention(names.SUBSCRIPTION, names.GROUP)
    custody_init.init(clients, at, cloud.entra.directory.tenant, names.REGION, days)


def _laboratory(cloud: Cloud, hands: Hands) -> None:
    """An account under a key of its own, whose tenant's blobs are in an encryption scope under it too."""
    bench = {"addressPrefix": "10.20.2.0/24", "serviceEndpoints": [{"service": "Microsoft.Storage"}]}
    subnet = cloud.resources.put(hospital.BENCH_ID, {"properties": bench}, "Microsoft.Network/virtualNetworks/subnets")
    cloud.resources.get(names.NETWORK_ID)["properties"]["subnets"].append(subnet)
    hands.key("POST", f"keys/{hospital.LAB_KEY}/create", {"kty": "RSA", "key_size": 2048})
    account(cloud, hands, hospital.LAB_ID, hospital.LAB_KEY)
    container(hands, hospital.LAB_ID, hospital.LAB_SCOPE, hospital.LAB_KEY)
    for number in range(3):
        content = f"result {number}".encode()
        hands.blob(f"{hospital.LAB_SCOPE}/{number:04}.hl7", content, hospital.LAB_URL, x_ms_blob_type="BlockBlob")


def _archive(cloud: Cloud) -> None:
    """A disk and its encryption set, put there as they are: the description of disks takes seconds to load."""
    found = cloud.vaults.find(names.VAULT_URL, hospital.LAB_KEY)
    if found is None:
        raise RuntimeError("the laboratory has no key")
    own = cloud.entra.directory.add_managed_identity(hospital.DISKS_ID)
    cloud.rbac.assign(own.id, "Key Vault Crypto Service Encryption User", names.VAULT_ID)
    followed = {
        "activeKey": {"keyUrl": found[0].kid(found[1], found[2]), "sourceVault": {"id": names.VAULT_ID}},
        "rotationToLatestKeyVersionEnabled": True,
        "encryptionType": "EncryptionAtRestWithCustomerKey",
        "lastKeyRotationTimestamp": iso(cloud.clock.now()),
        "previousKeys": [],
    }
    identity = {"type": "SystemAssigned", "principalId": own.id, "tenantId": cloud.entra.directory.tenant}
    held = {"location": names.REGION, "identity": identity, "properties": followed}
    cloud.resources.put(hospital.DISKS_ID, held, "Microsoft.Compute/diskEncryptionSets")
    disk = {
        "encryption": {"type": "EncryptionAtRestWithCustomerKey", "diskEncryptionSetId": hospital.DISKS_ID},
        "diskState": "Unattached",
        "networkAccessPolicy": "AllowAll",
        "uniqueId": str(uuid5(NAMESPACE_URL, hospital.DISK_ID)),
    }
    cloud.resources.put(hospital.DISK_ID, {"location": names.REGION, "properties": disk}, "Microsoft.Compute/disks")


def _history(hands: Hands) -> None:
    """Earlier versions, a snapshot, tags, and consents that stay as they are for years."""
    for tenant in names.TENANTS:
        hands.blob(f"{tenant}/0002.dcm", b"looked at again", x_ms_blob_type="BlockBlob", x_ms_meta_study="12", x_ms_tags="kind=mr")
        hands.blob(f"{tenant}/0000.dcm?comp=snapshot", b"")
    service = f"{names.ACCOUNT_ID}/blobServices/default/containers/{hospital.CONSENTS}"
    hands.arm("PUT", service, {"properties": {}})
    hands.blob(f"{hospital.CONSENTS}/signed.pdf", b"a consent", x_ms_blob_type="BlockBlob")
    kept = {"properties": {"immutabilityPeriodSinceCreationInDays": 2192, "allowProtectedAppendWrites": True}}
    made = hands.arm("PUT", service, kept, "/immutabilityPolicies/default")
    hands.arm("POST", service, tail="/immutabilityPolicies/default/lock", if_match=str(made["etag"]))


def _people(cloud: Cloud, made: Clinic) -> None:
    """Who works in the laboratory, who leads the response, and rights of the stolen program that nobody has looked at."""
    directory = cloud.entra.directory
    reader = directory.add_managed_identity(hospital.LAB_IDENTITY_ID)
    cloud.rbac.assign(reader.id, "Storage Blob Data Contributor", hospital.LAB_ID)
    place = {"managed_identity": hospital.LAB_IDENTITY_ID, "subnet": hospital.BENCH_ID, "ip": hospital.BENCH_IP}
    made.credentials["laboratory"] = place
    made.resources["lead"] = directory.add_user(hospital.LEAD, "a-leads-password-EXAMPLE").id
    directory.principals[names.EXPORT_ID].permissions |= set(GRAPH)
    for role in ("Storage Account Contributor", "User Access Administrator"):
        cloud.rbac.assign(names.EXPORT_ID, role, names.ACCOUNT_ID)
    cloud.rbac.assign(names.EXPORT_ID, "Storage Blob Data Reader", hospital.LAB_ID)
    cloud.rbac.assign(names.EXPORT_ID, "Virtual Machine Contributor", hospital.DISK_ID)
    lab = cloud.storage.accounts[hospital.LAB_ACCOUNT].keys
    lab.update({name: replace(key, created=key.created - _YEAR) for name, key in lab.items()})
