"""What the hospital's things on Azure are called, beside the clinic's."""

from shared.sandbox.azure import clinic_names as names

LAB_ACCOUNT = "stbrendanresults"
LAB_KEY = "laboratory"
LAB_SCOPE = "results"
LAB_IDENTITY = "results-reader"
CONSENTS = "consents"
LEAD = "lena.ferrante@st-brendan.example"

BENCH = "laboratory"
BENCH_IP = "10.20.2.4"
PARTNER_IP = "203.0.113.90"
LINKED = "0001.dcm"

ARCHIVE = "image-archive"
DISKS = "archive-disks"

LAB_ID = f"{names.SCOPE}/providers/Microsoft.Storage/storageAccounts/{LAB_ACCOUNT}"
LAB_URL = f"https://{LAB_ACCOUNT}.blob.core.windows.net"
LAB_IDENTITY_ID = f"{names.SCOPE}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{LAB_IDENTITY}"
DISK_ID = f"{names.SCOPE}/providers/Microsoft.Compute/disks/{ARCHIVE}"
DISKS_ID = f"{names.SCOPE}/providers/Microsoft.Compute/diskEncryptionSets/{DISKS}"
BENCH_ID = f"{names.NETWORK_ID}/subnets/{BENCH}"

STORES = {names.ACCOUNT: (names.ACCOUNT_ID, names.BLOB_URL), LAB_ACCOUNT: (LAB_ID, LAB_URL)}
"""Resource id and address of each account, by its name."""

TENANTS = {"cardiology": names.ACCOUNT, "radiology": names.ACCOUNT, LAB_SCOPE: LAB_ACCOUNT}
"""The account of each tenant's container and encryption scope, by its name."""
