"""What things are called in the imaginary clinic: as in the example events, so that an alert finds what it names."""

from typing import Final

ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"
SECOND_REGION: Final = "us-west-2"

DETECTOR: Final = "4ab7c2d0e5f61829304a5b6c7d8e9f01"
KEY_ID: Final = "mrk-7d3c1a90-5b2e-4f68-9a11-c0de5afe0001"

CHARTS: Final = "st-brendan-charts"
LABS: Final = "st-brendan-labs"
AUDIT_LOG: Final = "st-brendan-audit-log"
TRAIL: Final = "st-brendan-audit"
VAULT: Final = "st-brendan-backups"
ACCESS_POINT: Final = "st-brendan-wards"

#: An IAM user for exports, with far too many rights: whose long-term key is stolen.
EXPORT_USER: Final = "imaging-export"
EXPORT_USER_ID: Final = "AIDAIMAGINGEXPEXAMPLE"
EXPORT_KEY: Final = "AKIAIMGEXPRTKEXAMPLE"

BACKUP_USER: Final = "ehr-backup"
BACKUP_KEY: Final = "AKIAEHRBACKUPEXAMPLE"

#: The role of the application that clinicians work with; its instance's credentials are stolen in one scenario.
APP_ROLE: Final = "clinician-app"
APP_ROLE_ID: Final = "AROACLINICIANAEXAMPLE"
APP_INSTANCE: Final = "i-0a1b2c3d4e5f60718"
APP_SESSION_KEY: Final = "ASIACLINICAPPEXAMPLE"
APP_VPC: Final = "vpc-0a1b2c3d4e5f60718"
APP_ENDPOINT: Final = "vpce-0a1b2c3d4e5f60718"
APP_ADDRESS: Final = "10.20.4.17"

#: A nightly job with far too many rights; a session of it is stolen in one scenario.
BATCH_ROLE: Final = "billing-batch"
BATCH_ROLE_ID: Final = "AROABILLINGBATEXAMPLE"
BATCH_SESSION: Final = "billing-nightly"
BATCH_SESSION_KEY: Final = "ASIABILLBATCHEXAMPLE"

CLINICIAN: Final = "dr-amal"
CLINICIAN_ADDRESS: Final = "192.0.2.44"

#: A clinician whose only permission to use a key names the charts' key by its ARN: no policy of theirs knows a successor.
CLINICIAN_BY_ARN: Final = "dr-osei"
PIPELINE: Final = "terraform"
BREAK_GLASS: Final = "break-glass"
RESPONDER: Final = "codeblue-responder"
ADMINISTRATOR: Final = "platform-admin"

THIEF_ADDRESS: Final = "198.51.100.23"
THIEF_ADDRESS_ELSEWHERE: Final = "203.0.113.77"
THIEF_ACCOUNT: Final = "999988887777"

PATIENTS: Final = ("Doe-Jane-1961-04-02", "Osei-Kwame-1978-11-19", "Lindqvist-Maja-2003-07-30", "Rahimi-Parisa-1990-01-05")
"""Object names that would be health data: none may ever be seen outside the stores."""
