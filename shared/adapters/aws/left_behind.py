"""What is stored under a key and can not be told to use another one: a person copies or restores it under the successor.

EBS volumes and snapshots, RDS databases and snapshots, DynamoDB tables, EFS file systems and Backup vaults keep their key for
life, or need a copy that people plan (each service's user guide, "Encryption at rest").
"""

from collections.abc import Iterator

from shared.adapters.aws.arns import named, partition_of
from shared.adapters.aws.clients import Clients
from shared.adapters.aws.dependants import reads, under
from shared.adapters.aws.encrypted import Lister, Named, each
from shared.adapters.aws.errors import call, pages
from shared.adapters.aws.facets import RelationAdapter, RelationTable
from shared.domain.resource import Cloud, Kind, Ref
from shared.ports import Relation


def _volumes(clients: Clients, key: Ref) -> Iterator[Named]:
    start = f"arn:{partition_of(key.region)}:ec2:{key.region}:{key.account}:volume/"
    for page in pages(clients.ec2(key.account, key.region).get_paginator("describe_volumes")):
        for found in page["Volumes"]:
            yield named(Kind.VOLUME, f"{start}{found['VolumeId']}"), found.get("KmsKeyId", "")


def _snapshots(clients: Clients, key: Ref) -> Iterator[Named]:
    """The ARN of a snapshot names no account."""
    start = f"arn:{partition_of(key.region)}:ec2:{key.region}::snapshot/"
    paginator = clients.ec2(key.account, key.region).get_paginator("describe_snapshots")
    for page in pages(paginator, OwnerIds=["self"]):
        for found in page["Snapshots"]:
            arn = f"{start}{found['SnapshotId']}"
            ref = Ref(cloud=Cloud.AWS, kind=Kind.SNAPSHOT, account=key.account, region=key.region, id=arn)
            yield ref, found.get("KmsKeyId", "")


def _databases(clients: Clients, key: Ref) -> Iterator[Named]:
    rds = clients.rds(key.account, key.region)
    for instances in pages(rds.get_paginator("describe_db_instances")):
        for instance in instances["DBInstances"]:
            yield named(Kind.DATABASE, instance["DBInstanceArn"]), instance.get("KmsKeyId", "")
    for clusters in pages(rds.get_paginator("describe_db_clusters")):
        for cluster in clusters["DBClusters"]:
            yield named(Kind.DATABASE, cluster["DBClusterArn"]), cluster.get("KmsKeyId", "")


def _database_snapshots(clients: Clients, key: Ref) -> Iterator[Named]:
    """Automated ones as well: they are restored from."""
    rds = clients.rds(key.account, key.region)
    for of_instances in pages(rds.get_paginator("describe_db_snapshots")):
        for found in of_instances["DBSnapshots"]:
            yield named(Kind.DATABASE_SNAPSHOT, found["DBSnapshotArn"]), found.get("KmsKeyId", "")
    for of_clusters in pages(rds.get_paginator("describe_db_cluster_snapshots")):
        for of_cluster in of_clusters["DBClusterSnapshots"]:
            yield named(Kind.DATABASE_SNAPSHOT, of_cluster["DBClusterSnapshotArn"]), of_cluster.get("KmsKeyId", "")


def _table_key(clients: Clients, table: Ref) -> str:
    described = call(clients.dynamodb(table.account, table.region).describe_table, TableName=table.name)["Table"]
    return described.get("SSEDescription", {}).get("KMSMasterKeyArn", "")


def _tables(clients: Clients, key: Ref) -> Iterator[Named]:
    start = f"arn:{partition_of(key.region)}:dynamodb:{key.region}:{key.account}:table/"
    listed = pages(clients.dynamodb(key.account, key.region).get_paginator("list_tables"))
    return each(_table_key, clients, (named(Kind.TABLE, f"{start}{name}") for page in listed for name in page["TableNames"]))


def _file_systems(clients: Clients, key: Ref) -> Iterator[Named]:
    for page in pages(clients.efs(key.account, key.region).get_paginator("describe_file_systems")):
        for found in page["FileSystems"]:
            yield named(Kind.FILE_SYSTEM, found["FileSystemArn"]), found.get("KmsKeyId", "")


def _vaults(clients: Clients, key: Ref) -> Iterator[Named]:
    for page in pages(clients.backup(key.account, key.region).get_paginator("list_backup_vaults")):
        for found in page["BackupVaultList"]:
            yield named(Kind.BACKUP_VAULT, found["BackupVaultArn"]), found.get("EncryptionKeyArn", "")


LISTERS: tuple[Lister, ...] = (
    Lister(_volumes, frozenset({"ec2:DescribeVolumes"})),
    Lister(_snapshots, frozenset({"ec2:DescribeSnapshots"})),
    Lister(_databases, frozenset({"rds:DescribeDBClusters", "rds:DescribeDBInstances"})),
    Lister(_database_snapshots, frozenset({"rds:DescribeDBClusterSnapshots", "rds:DescribeDBSnapshots"})),
    Lister(_tables, frozenset({"dynamodb:DescribeTable", "dynamodb:ListTables"})),
    Lister(_file_systems, frozenset({"elasticfilesystem:DescribeFileSystems"})),
    Lister(_vaults, frozenset({"backup:ListBackupVaults"})),
)

RELATIONS: RelationTable = {
    (Kind.KEY, Relation.LISTED): RelationAdapter(lambda clients, key: under(clients, key, LISTERS), reads(LISTERS)),
}
