"""What is expected of the labelled part of the corpus, by what each rule asks and not by what we find.

Rules of others that concern data, keys, identities, logs or backups, and what a true case of each is to come to; the rules that do
not concern them; and those whose truth stands in no record. docs/triage-misses.md gives the reasons to people.
"""

ACT = frozenset(
    {
        "AWS.CloudTrail.DNSLogsDeleted",
        "AWS.CloudTrail.EventSelectorsDisabled",
        "AWS.CloudTrail.ResourceMadePublic",
        "AWS.CloudTrail.RootAccessKeyCreated",
        "AWS.CloudTrail.RootPasswordChanged",
        "AWS.CloudTrail.SecurityConfigurationChange",
        "AWS.CloudTrail.ShortLifecycle",
        "AWS.CloudTrail.SnapshotMadePublic",
        "AWS.CloudTrail.Stopped",
        "AWS.CloudTrail.VPCE.SensitiveAPICalls",
        "AWS.ConfigService.DisabledDeleted",
        "AWS.Console.GetSigninToken.Abuse",
        "AWS.Console.LoginWithoutMFA",
        "AWS.Console.RootLogin",
        "AWS.IAM.AccessKeyCompromised",
        "AWS.IAM.AttachAdminUserPolicy",
        "AWS.IAM.BackdoorRole",
        "AWS.KMS.CustomerManagedKeyLoss",
        "AWS.RDS.PublicRestore",
        "AWS.Root.Activity",
        "AWS.S3.CopyObject.CrossAccount.Encryption.KMS",
        "AWS.S3.SecurityControlDisabling",
        "AWS.SecretsManager.BatchRetrieveSecretsCatchAll",
        "Azure.Audit.ServicePrincipalCredentialsAdded",
        "Azure.MonitorActivity.Authorization.ResourceLockDeleted",
        "Azure.MonitorActivity.Compute.DiskSASURIGenerated",
        "Azure.MonitorActivity.EventHub.Deleted",
        "Azure.MonitorActivity.KeyVault.Purged",
        "Azure.MonitorActivity.Network.WatcherDeleted",
        "Azure.MonitorActivity.RecoveryServices.ProtectionContainerDeleted",
        "Azure.MonitorActivity.StorageAccount.BlobSoftDeleteDisabled",
        "Azure.MonitorActivity.StorageAccount.Deleted",
        "Azure.MonitorActivity.StorageAccount.HttpsOnlyDisabled",
        "Azure.MonitorActivity.StorageAccount.PublicNetworkAccessEnabled",
        "Decoy.S3.Accessed",
        "Decoy.Systems.Manager.Parameter.Accessed",
    }
)
"""A true case is acted on: it opens a case by itself."""

WATCH = frozenset(
    {
        "AWS.CloudTrail.IAMAnythingChanged",
        "AWS.CloudTrail.IAMEntityCreatedWithoutCloudFormation",
        "AWS.CloudTrail.SES.CheckSESSendingEnabled",
        "AWS.CloudTrail.SES.ListIdentities",
        "AWS.ConfigService.Created",
        "AWS.Console.RootLoginFailed",
        "AWS.EC2.DownloadInstanceUserData",
        "AWS.IAM.CreateRole",
        "AWS.IAM.CreateUser",
        "AWS.Lambda.UpdateFunctionCode",
        "AWS.Lambda.UpdateFunctionConfiguration",
        "AWS.RDS.ManualSnapshotCreated",
        "AWS.RDS.MasterPasswordUpdated",
        "AWS.S3.BucketPolicyModified",
        "AWS.STS.GetSessionToken.Misuse",
        "AWS.SecretsManager.BatchRetrieveSecrets",
        "Azure.Audit.DeviceCodeBrokerClient",
        "Azure.Audit.ExcessiveAccountLockouts",
        "Azure.Audit.InviteExternalUsers",
        "Azure.Audit.LegacyAuth",
        "Azure.Audit.ManyFailedSignIns",
        "Azure.Audit.PolicyChanged",
        "Azure.MonitorActivity.Storage.Blob.BulkDeletion",
        "Azure.MonitorActivity.Storage.BlobPermissionsModified",
        "Azure.MonitorActivity.Storage.SASTokenExternalAccess",
        "Azure.MonitorActivity.StorageAccount.KeysListed",
        "Standard.BruteForceByIP",
        "Standard.BruteForceByUser",
    }
)
"""A true case is watched: it is ordinary by itself, and telling beside others."""

LOOKUP = {
    "AWS.CloudTrail.IAMAssumeRoleBlacklistIgnored": "which roles nobody may assume is the organisation's own list",
    "AWS.CloudTrail.IMDSCredentialExfiltration": "whether a public address is the instance's own",
    "AWS.CloudTrail.UnauthorizedAPICall": "how many refusals are usual; one alone is no pattern",
    "AWS.CloudTrail.UserAccessKeyAuth": "that nobody here uses access keys",
    "AWS.CloudTrail.VPCE.AccessDenied": "that the endpoint's policy is never met by mistake; nothing was read",
    "AWS.CloudTrail.VPCE.S3ExternalIP": "which addresses are the organisation's own",
    "AWS.ECR.CRUD": "which accounts and Regions are the organisation's own",
    "AWS.ECR.EVENTS": "which accounts and Regions are the organisation's own",
    "AWS.LAMBDA.CRUD": "which accounts and users may change functions",
    "AWS.S3.ServerAccess.UnknownRequester": "who may read the bucket",
    "Azure.Audit.GraphSessionMultipleIPs": "the session's other addresses",
    "Standard.ImpossibleTravel.Login": "where the person signed in before",
}
"""Rules whose truth stands in no record, and what one would have to ask."""

OTHER = frozenset(
    {
        "AWS.CloudTrail.NetworkACLPermissiveEntry",
        "AWS.EC2.GatewayModified",
        "AWS.EC2.ManualSecurityGroupChange",
        "AWS.EC2.Startup.Script.Change",
        "AWS.EC2.VPCModified",
        "AWS.S3.ServerAccess.Error",
        "AWS.WAF.Disassociation",
        "Azure.MonitorActivity.Advisor.SecurityRecommendation",
        "Azure.MonitorActivity.Automation.AccountCreated",
        "Azure.MonitorActivity.Automation.RunbookCreatedOrModified",
        "Azure.MonitorActivity.Automation.ScheduleCreated",
        "Azure.MonitorActivity.Network.IPDiscovery",
        "Azure.MonitorActivity.Network.PacketCaptureEnabled",
        "Azure.MonitorActivity.Network.PortMapping",
        "Azure.MonitorActivity.Policy.DeployIfNotExists",
        "Azure.MonitorActivity.VirtualMachine.Deleted",
    }
)
"""Rules about networks, machines and errors: neither data nor keys, identities, logs or backups."""

CONTRADICTED = {
    "AWS.CloudTrail.RootAccessKeyCreated": "a key that root makes for another user is a second way in all the same",
    "AWS.ConfigService.Created": "its false case deletes the recorder, which is the true case of another rule",
    "AWS.Console.LoginWithoutMFA": "a new user's first password sign-in: known only to who keeps a list of users",
    "AWS.Console.RootLoginFailed": "its false case is root's success, which is the true case of another rule",
    "AWS.IAM.CreateRole": "its false case makes a user administrator, which is the true case of another rule",
    "AWS.IAM.CreateUser": "its false case makes a user administrator, which is the true case of another rule",
    "Azure.MonitorActivity.EventHub.Deleted": "its false case deletes a storage account, the true case of another rule",
    "Azure.MonitorActivity.KeyVault.Purged": "its false case deletes a key vault, which Stratus calls an attack",
    "Standard.BruteForceByIP": "its false case is a sign-in by password alone, the true case of another rule",
    "Standard.BruteForceByUser": "its false case is a sign-in by password alone, the true case of another rule",
    "Standard.ImpossibleTravel.Login": "its false case is a sign-in by password alone, the true case of another rule",
}
"""Rules with a case that is false for them and true for another: labels that contradict each other."""

STRATUS = {
    "aws.discovery.ec2-download-user-data": "act",
    "aws.execution.ec2-user-data": "watch",
    "aws.execution.ssm-send-command": "watch",
    "aws.exfiltration.rds-share-snapshot": "act",
    "aws.impact.bedrock-invoke-model": "drop",
    "aws.impact.s3-ransomware-client-side-encryption": "act",
    "aws.impact.s3-ransomware-individual-deletion": "watch",
    "aws.initial-access.console-login-without-mfa": "act",
    "aws.lateral-movement.ec2-instance-connect": "watch",
    "aws.persistence.iam-backdoor-user": "act",
    "aws.persistence.lambda-backdoor-function": "act",
    "aws.persistence.lambda-layer-extension": "watch",
    "aws.persistence.sts-federation-token": "act",
    "aws.privilege-escalation.iam-update-user-login-profile": "act",
    "azure.execution.vm-run-command": "watch",
    "azure.impact.blob-ransomware-client-encryption-scope": "act",
    "azure.impact.blob-ransomware-cpek": "drop",
    "azure.impact.blob-ransomware-service-storage-cmk": "act",
    "azure.persistence.backdoor-managed-identity-fic": "act",
}
"""Technique of Stratus Red Team, and what the most telling of its records is to come to."""
