"""What hangs on a key in a re-key: its aliases, what encrypts with it, and what only people can move."""

from shared.domain.resource import Cloud, Kind, Ref
from shared.sandbox.aws.server import ACCOUNT, REGION
from tests.contract import aws_rekey_scenes as scenes
from tests.contract.aws_stores import Stage, at, fresh

type Related = tuple[Ref, tuple[Ref, ...]]


def aliases_of_a_key(stage: Stage) -> Related:
    key = stage.key()
    scenes.alias(stage, stage.key())
    return key, (scenes.alias(stage, key), scenes.alias(stage, key))


def whatever_encrypts_with_a_key(stage: Stage) -> Related:
    """By ARN, id and alias, and beside others of the same kind under another key."""
    key, other = stage.key(), stage.key().id
    scenes.topic_under(stage, other)
    scenes.queue_under(stage, other)
    return key, (
        scenes.bucket_under(stage, key.id),
        scenes.bucket_under(stage, scenes.alias(stage, key).id),
        scenes.replicated_under(stage, key.id),
        scenes.trail_under(stage, key.id),
        scenes.log_group_under(stage, key.id),
        scenes.secret_under(stage, key.name),
        scenes.function_under(stage, key.id),
        scenes.topic_under(stage, scenes.alias(stage, key).id.rpartition(":")[2]),
        scenes.queue_under(stage, key.name),
        scenes.volumes_under(stage, key.id),
    )


def what_only_people_can_move(stage: Stage) -> Related:
    key, other = stage.key(), stage.key()
    _table(stage, other)
    return key, (*_disks(stage, key), *_databases(stage, key), _table(stage, key), _file_system(stage, key), _vault(stage, key))


def _disks(stage: Stage, key: Ref) -> tuple[Ref, ...]:
    ec2 = stage.client("ec2")
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a", Encrypted=True, KmsKeyId=key.id)["VolumeId"]
    copy = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    snapshot = f"arn:aws:ec2:{REGION}::snapshot/{copy}"
    return (
        at(Kind.VOLUME, f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{volume}"),
        Ref(cloud=Cloud.AWS, kind=Kind.SNAPSHOT, account=ACCOUNT, region=REGION, id=snapshot),
    )


def _databases(stage: Stage, key: Ref) -> tuple[Ref, ...]:
    rds, owner = (
        stage.client("rds"),
        {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret-1"},  # pragma: allowlist secret
    )  # pragma: allowlist secret
    encrypted = {"StorageEncrypted": True, "KmsKeyId": key.id, **owner}
    made = rds.create_db_instance(
        DBInstanceIdentifier=fresh("records"), DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, **encrypted
    )["DBInstance"]
    cluster = rds.create_db_cluster(DBClusterIdentifier=fresh("cluster"), Engine="aurora-postgresql", **encrypted)["DBCluster"]
    instance, whole = made["DBInstanceIdentifier"], cluster["DBClusterIdentifier"]
    rds.create_db_snapshot(DBInstanceIdentifier=instance, DBSnapshotIdentifier=fresh("night"))
    rds.create_db_cluster_snapshot(DBClusterIdentifier=whole, DBClusterSnapshotIdentifier=fresh("day"))
    nights = rds.describe_db_snapshots(DBInstanceIdentifier=instance)["DBSnapshots"]  # RDS's own automated one as well
    days = rds.describe_db_cluster_snapshots(DBClusterIdentifier=whole)["DBClusterSnapshots"]
    return (
        at(Kind.DATABASE, made["DBInstanceArn"]),
        at(Kind.DATABASE, cluster["DBClusterArn"]),
        *(at(Kind.DATABASE_SNAPSHOT, each["DBSnapshotArn"]) for each in nights),
        *(at(Kind.DATABASE_SNAPSHOT, each["DBClusterSnapshotArn"]) for each in days),
    )


def _table(stage: Stage, key: Ref) -> Ref:
    made = stage.client("dynamodb").create_table(
        TableName=fresh("visits"),
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key.id},
    )
    return at(Kind.TABLE, made["TableDescription"]["TableArn"])


def _file_system(stage: Stage, key: Ref) -> Ref:
    made = stage.client("efs").create_file_system(CreationToken=fresh("scans"), Encrypted=True, KmsKeyId=key.id)
    return at(Kind.FILE_SYSTEM, made["FileSystemArn"])


def _vault(stage: Stage, key: Ref) -> Ref:
    made = stage.client("backup").create_backup_vault(BackupVaultName=fresh("vault"), EncryptionKeyArn=key.id)
    return at(Kind.BACKUP_VAULT, made["BackupVaultArn"])
