"""Deploys the package to an embedded cloud: the same CloudFormation stack that an AWS account gets."""

import json
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tools.embedded import REGION, Emulator, EmulatorTrouble
from tools.localize import localized
from tools.packaging import Package

STACK = "kontor"
STAGE = "local"
MAIL_FROM = "kontor@example.org"
DOMAIN = "kontor.localhost"  # the front (tools/emulator/front.py) sends `localhost` here
ARTIFACTS = "kontor-artifacts"
TABLES = ("directory", "core", "stock", "ephemeral")


def client(emulator: Emulator, service: str) -> Any:
    """An AWS client of the embedded cloud with all rights."""
    return boto3.client(
        service,
        endpoint_url=emulator.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}),
    )


def cabinet_url(emulator: Emulator) -> str:
    return f"http://localhost:{emulator.port}"


def deploy(emulator: Emulator, package: Package) -> dict[str, str]:
    """Create or update the stack and what the emulator's CloudFormation leaves out; returns its outputs.

    A kill in the middle leaves the state from before: the emulator keeps its snapshots back until the end.
    """
    emulator.switch("hold")
    template_url = _upload(emulator, package)
    cloudformation = client(emulator, "cloudformation")
    outputs = _apply(cloudformation, template_url, _parameters(emulator))
    _protect_tables(client(emulator, "dynamodb"))
    _map_domain(client(emulator, "apigateway"), outputs["RestAPIId"])
    _take_gateway_page(client(emulator, "apigateway"), outputs["RestAPIId"], package)
    client(emulator, "ses").verify_email_identity(EmailAddress=MAIL_FROM)
    emulator.switch("snapshot")
    return outputs


def _parameters(emulator: Emulator) -> dict[str, str]:
    return {
        "Stage": STAGE,
        "PublicUrl": cabinet_url(emulator),
        "MailFrom": MAIL_FROM,
        "MailIdentity": MAIL_FROM,
        "CookieSecure": "0",
    }


def _upload(emulator: Emulator, package: Package) -> str:
    s3 = client(emulator, "s3")
    try:
        s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise
    archive, template = f"{package.fingerprint}.zip", f"{package.fingerprint}.json"
    s3.upload_file(str(package.archive), ARTIFACTS, archive)
    local = localized(json.loads(package.template.read_text()), f"s3://{ARTIFACTS}/{archive}")
    s3.put_object(Bucket=ARTIFACTS, Key=template, Body=json.dumps(local).encode())
    return f"{emulator.endpoint}/{ARTIFACTS}/{template}"


def _apply(cloudformation: Any, template_url: str, parameters: dict[str, str]) -> dict[str, str]:
    wanted = {
        "StackName": STACK,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    try:
        if _status(cloudformation) is None:
            cloudformation.create_stack(**wanted)
        else:
            cloudformation.update_stack(**wanted)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    deadline = time.monotonic() + 120
    while (status := _status(cloudformation) or "GONE").endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise EmulatorTrouble(f"the stack is still {status} after two minutes")
        time.sleep(0.1)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise EmulatorTrouble(f"the stack is {status}:\n" + "\n".join(_failures(cloudformation)))
    return _outputs(cloudformation)


def _status(cloudformation: Any) -> str | None:
    try:
        return str(cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _outputs(cloudformation: Any) -> dict[str, str]:
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _failures(cloudformation: Any) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in events
        if "FAILED" in event["ResourceStatus"]
    ]


def _protect_tables(dynamodb: Any) -> None:
    """TTL and point-in-time recovery: in the template, but MiniStack's CloudFormation leaves them out."""
    for table in TABLES:
        name = f"kontor-{STAGE}-{table}"
        ttl = {"Enabled": True, "AttributeName": "ttl"}
        if dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED":
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        recovery = {"PointInTimeRecoveryEnabled": True}
        dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)


def _take_gateway_page(gateway: Any, api: str, package: Package) -> None:
    """The API's gateway responses: in the template, but MiniStack leaves them out. A deployment puts them in force."""
    properties = json.loads(package.template.read_text())["Resources"]["RestAPI"]["Properties"]
    for kind, response in properties["GatewayResponses"].items():
        headers = response["ResponseParameters"]["Headers"]
        gateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=response["ResponseTemplates"],
            **({"statusCode": response["StatusCode"]} if "StatusCode" in response else {}),
        )
    gateway.create_deployment(restApiId=api, stageName=properties["StageName"])


def _map_domain(gateway: Any, api: str) -> None:
    if DOMAIN not in {item["domainName"] for item in gateway.get_domain_names().get("items", [])}:
        gateway.create_domain_name(domainName=DOMAIN, endpointConfiguration={"types": ["REGIONAL"]})
    mappings = gateway.get_base_path_mappings(domainName=DOMAIN).get("items", [])
    if any(mapping["restApiId"] == api for mapping in mappings):
        return
    for mapping in mappings:
        gateway.delete_base_path_mapping(domainName=DOMAIN, basePath=mapping.get("basePath", "(none)"))
    gateway.create_base_path_mapping(domainName=DOMAIN, restApiId=api, stage="api")
