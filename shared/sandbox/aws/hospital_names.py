"""What things are called in the imaginary hospital: the clinic of `scenario_names` is its first tenant, two others beside it."""

from typing import Final

from shared.sandbox.aws import scenario_names as clinic

#: The county laboratory keeps its data, its key and its readers in three accounts; the readers' is the clinic's.
DATA_ACCOUNT: Final = "222233334444"
KEY_ACCOUNT: Final = "333344445555"
ACCOUNTS: Final = (clinic.ACCOUNT, DATA_ACCOUNT, KEY_ACCOUNT)

#: Tenant A, the clinic: its charts are copied into a second Region.
REPLICA: Final = "st-brendan-charts-west"

#: Tenant B, a hospice: one of its records is retained in compliance mode; logs and notices are encrypted with its key too.
RECORDS: Final = "marys-hospice-records"
HOSPICE_KEY_ID: Final = "2f4b8c16-90d7-4e35-8a2c-c0de5afe0002"
NURSE: Final = "marys-nurse"
LOG_GROUP: Final = "/marys-hospice/wards"
TOPIC: Final = "marys-hospice-rota"
KEYED_TRAIL: Final = "marys-hospice-audit"

#: Tenant C, the county laboratory: its store has no versions, and its key encrypts forms that are no health data.
RESULTS: Final = "county-lab-results"
FORMS: Final = "county-lab-forms"
LAB_KEY_ID: Final = "8d1e7a52-3c6f-4b09-b7e4-c0de5afe0003"
LAB_ALIAS: Final = "alias/county-lab"
LAB_LOG: Final = "county-lab-audit-log"
LAB_TRAIL: Final = "county-lab-audit"
PATHOLOGIST: Final = "county-pathologist"
SCANNER: Final = "county-scanner"
ENVELOPES: Final = "county-orders"

#: A program for images, whose own policy names the old key's ARN and nothing else of KMS.
RADIOLOGY: Final = "radiology-viewer"

#: Who approves what the program asks. The responder, who asks, is somebody else.
LEAD: Final = "incident-lead"

FINDING: Final = "b7c0a1d2e3f405162738495a6b7c8d9e"  # pragma: allowlist secret
"""What GuardDuty found, by its id."""

SPOKE: Final = "codeblue-spoke"
