"""`make deploy STAGE=prod`: the same package and template to a real AWS account, as a change set.

`--dry-run` makes the package and prints the template that would be deployed; it needs no AWS access.
What a stage needs (addresses, sender) is read from infra/stages/<stage>.json; docs/deploying.md says more.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools import packaging

ROOT = Path(__file__).resolve().parent.parent
PARAMETERS = ("PublicUrl", "MailFrom", "MailIdentity")
OPTIONAL_PARAMETERS = ("AlarmTopicArn",)
OLDEST_RUNTIME = (3, 12)


class DeploymentRefused(Exception):
    """The deployment is not possible as asked; the text says what is needed."""


def stage_file(stage: str) -> Path:
    return ROOT / "infra" / "stages" / f"{stage}.json"


def read_stage(stage: str) -> dict[str, str]:
    """The stage's parameters, region and bucket for artifacts; all must be there."""
    path = stage_file(stage)
    if not path.exists():
        raise DeploymentRefused(
            f"{path.relative_to(ROOT)} is missing. It names what the stage needs, for example:\n"
            + json.dumps(
                {
                    "Region": "eu-central-1",
                    "ArtifactBucket": "my-company-artifacts",
                    "PublicUrl": "https://portal.example.org",
                    "MailFrom": "orders@example.org",
                    "MailIdentity": "example.org",
                },
                indent=2,
            )
        )
    values: dict[str, str] = json.loads(path.read_text())
    missing = [name for name in ("Region", "ArtifactBucket", *PARAMETERS) if not values.get(name)]
    if missing:
        raise DeploymentRefused(f"{path.relative_to(ROOT)} lacks {', '.join(missing)}")
    return values


def show(stage: str) -> None:
    """Print the template of the change set; nothing is read from or sent to AWS."""
    package = packaging.build(_note)
    template = with_code(json.loads(package.template.read_text()), "s3://<artifact bucket>/" + _key(stage, package))
    print(json.dumps(template, indent=1, ensure_ascii=False))
    _note(f"stage {stage}: {len(template['Resources'])} resources, package {package.fingerprint}")


def deploy(stage: str) -> None:
    """Upload the package, make a change set, show it and carry it out."""
    if sys.version_info < OLDEST_RUNTIME:
        raise DeploymentRefused(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]}, and the version that packages is the one "
            "that runs. Lambda's Python 3.11 stands on Amazon Linux 2, whose SQLite is too old for the catalogue's "
            "search (FTS5 with trigrams). Make the environment with 3.12 or later: PYTHON=python3.12 make deploy …"
        )
    values = read_stage(stage)
    package = packaging.build(_note)
    bucket, key = values["ArtifactBucket"], _key(stage, package)
    session = boto3.Session(region_name=values["Region"])
    s3, cloudformation = session.client("s3"), session.client("cloudformation")
    s3.upload_file(str(package.archive), bucket, key)
    template = with_code(json.loads(package.template.read_text()), f"s3://{bucket}/{key}")
    template_key = key.removesuffix(".zip") + ".json"
    s3.put_object(Bucket=bucket, Key=template_key, Body=json.dumps(template).encode())
    url = f"https://{bucket}.s3.{values['Region']}.amazonaws.com/{template_key}"
    _apply(cloudformation, f"kontor-{stage}", url, _parameters(stage, values))


def with_code(template: dict[str, Any], uri: str) -> dict[str, Any]:
    """The template with every function's code at `uri`."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = uri
    return template


def _key(stage: str, package: packaging.Package) -> str:
    return f"kontor/{stage}/{package.fingerprint}.zip"


def _parameters(stage: str, values: dict[str, str]) -> list[dict[str, str]]:
    given = {name: values[name] for name in (*PARAMETERS, *OPTIONAL_PARAMETERS) if name in values}
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in {"Stage": stage, **given}.items()]


def _apply(cloudformation: Any, stack: str, template_url: str, parameters: list[dict[str, str]]) -> None:
    name = f"release-{int(time.time())}"
    exists = _exists(cloudformation, stack)
    cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=name,
        ChangeSetType="UPDATE" if exists else "CREATE",
        TemplateURL=template_url,
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    change_set = _finished_change_set(cloudformation, stack, name)
    if change_set is None:
        _note("nothing to change")
        return
    for change in change_set["Changes"]:
        what = change["ResourceChange"]
        _note(f"{what['Action']:<8} {what['ResourceType']:<36} {what['LogicalResourceId']}")
    cloudformation.execute_change_set(StackName=stack, ChangeSetName=name)
    _note("carrying it out (this takes minutes)")
    waiter = "stack_update_complete" if exists else "stack_create_complete"
    cloudformation.get_waiter(waiter).wait(StackName=stack)
    for output in cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", []):
        _note(f"{output['OutputKey']}: {output['OutputValue']}")


def _exists(cloudformation: Any, stack: str) -> bool:
    try:
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    return bool(status != "REVIEW_IN_PROGRESS")


def _finished_change_set(cloudformation: Any, stack: str, name: str) -> dict[str, Any] | None:
    while True:
        change_set: dict[str, Any] = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
        status, reason = change_set["Status"], change_set.get("StatusReason", "")
        if status == "CREATE_COMPLETE":
            return change_set
        if status == "FAILED":
            if "didn't contain changes" in reason or "No updates" in reason:
                cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
                return None
            raise DeploymentRefused(f"CloudFormation refuses the change set: {reason}")
        time.sleep(2)


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--stage", help="name of the environment, e.g. prod")
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args(arguments)
    try:
        if not options.stage:
            raise DeploymentRefused("Which stage? make deploy STAGE=prod (DRY_RUN=1 only shows the template)")
        if options.dry_run:
            show(options.stage)
        else:
            deploy(options.stage)
    except (DeploymentRefused, packaging.PackagingFailed, BotoCoreError, ClientError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
