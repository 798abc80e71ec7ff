"""DynamoDB Local with Kontor's five tables, made from infra/template.yaml so that they cannot differ from it."""

import time
from functools import lru_cache
from typing import Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError

from tests.support import run
from tools import test_needs
from tools.embedded import free_port, has_ended, start_in_background


def start_server() -> dict[str, Any]:
    """Start DynamoDB Local in memory; answers {"endpoint": …}."""
    java, jar_folder = test_needs.dynamodb_local()
    port = free_port()
    log = run.folder() / "dynamodb.log"
    command = [
        # The quick compiler and one collector thread: in minutes of work the thorough one costs several times more
        # processor time than it saves.
        str(java), "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
        f"-Djava.library.path={jar_folder}/DynamoDBLocal_lib",
        "-jar", str(jar_folder / "DynamoDBLocal.jar"),
        "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port),
    ]  # fmt: skip
    number = start_in_background(command, log, folder=run.folder())
    run.note_process("dynamodb", number, "DynamoDBLocal.jar")
    endpoint = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while not _answers(endpoint):
        if has_ended(number) or time.monotonic() > deadline:
            raise RuntimeError(f"DynamoDB Local does not start:\n{log.read_text()}")
        time.sleep(0.1)
    return {"endpoint": endpoint}


def client(endpoint: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def create_tables(endpoint: str, prefix: str) -> None:
    """Create the five tables as `<prefix>-directory` and so on."""
    dynamodb = client(endpoint)
    for name, wanted in definitions().items():
        dynamodb.create_table(TableName=f"{prefix}-{name}", **wanted)


@lru_cache(maxsize=1)
def definitions() -> dict[str, dict[str, Any]]:
    """Arguments of CreateTable by short table name."""
    template = yaml.load((run.ROOT / "infra" / "template.yaml").read_text(), TemplateLoader)
    tables = {}
    for resource in template["Resources"].values():
        if resource.get("Type") != "AWS::DynamoDB::Table":
            continue
        properties = resource["Properties"]
        kept = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
        wanted = {key: properties[key] for key in kept if key in properties}
        if stream := properties.get("StreamSpecification"):
            wanted["StreamSpecification"] = {**stream, "StreamEnabled": True}
        tables[properties["TableName"].rsplit("-", 1)[1]] = wanted
    return tables


class TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, read as plain values."""


def _plain(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]


TemplateLoader.add_multi_constructor("!", _plain)


def _answers(endpoint: str) -> bool:
    try:
        client(endpoint).list_tables(Limit=1)
    except BotoCoreError:
        return False
    return True
