"""Rules that the packaged CloudFormation template keeps, checked on what `chalice package` really makes."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chalicelib.exchange.model import MOST_READERS
from chalicelib.http.i18n import LOCALES
from chalicelib.http.responses import SECURITY_HEADERS
from tests.support.tables import TemplateLoader
from tools import local_stack, packaging

pytestmark = pytest.mark.packaged

Template = dict[str, Any]
FUNCTIONS = {"APIHandler", "PublishOutbox", "OnEvent", "OnImport", "OnDue", "EveryMinute"}
# AWS offers no narrower resource for these.
NEEDS_STAR = {"dynamodb:ListStreams"}


@pytest.fixture(scope="module")
def package() -> packaging.Package:
    return packaging.build()


@pytest.fixture(scope="module")
def template(package: packaging.Package) -> Template:
    found: Template = json.loads(package.template.read_text())
    return found


def _of_type(template: Template, kind: str) -> dict[str, Template]:
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def _statements(template: Template) -> Iterator[tuple[str, Template]]:
    for name, role in _of_type(template, "AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def _queue_name(reference: Any) -> str:
    """Logical id in {"Fn::GetAtt": [id, "Arn"]} or {"Fn::Sub": "${id.Arn}"}."""
    if "Fn::GetAtt" in reference:
        return str(reference["Fn::GetAtt"][0])
    found = re.fullmatch(r"\$\{(\w+)\.Arn\}", reference["Fn::Sub"])
    assert found, reference
    return found.group(1)


def _sources(template: Template, kind: str) -> Iterator[tuple[str, Template, Template]]:
    for name, function in _of_type(template, "AWS::Serverless::Function").items():
        for event in function.get("Events", {}).values():
            if event["Type"] == kind:
                yield name, function, event["Properties"]


def test_there_are_exactly_the_six_functions_each_with_a_role_of_its_own(template: Template) -> None:
    functions = _of_type(template, "AWS::Serverless::Function")
    assert set(functions) == FUNCTIONS
    roles = {name: function["Role"]["Fn::GetAtt"][0] for name, function in functions.items()}
    assert len(set(roles.values())) == len(FUNCTIONS), roles


def test_a_queue_hides_a_message_at_least_six_times_as_long_as_its_function_may_run(template: Template) -> None:
    queues = _of_type(template, "AWS::SQS::Queue")
    consumers = list(_sources(template, "SQS"))
    assert {name for name, _, _ in consumers} == {"OnEvent", "OnImport", "OnDue"}
    for name, function, source in consumers:
        visibility = queues[_queue_name(source["Queue"])]["VisibilityTimeout"]
        assert visibility >= 6 * function["Timeout"], name


def test_every_consumer_of_a_queue_reports_the_failed_items_of_a_batch(template: Template) -> None:
    for name, _, source in _sources(template, "SQS"):
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_imports_leave_most_of_an_accounts_thousand_executions_to_pages(template: Template) -> None:
    (source,) = [source for name, _, source in _sources(template, "SQS") if name == "OnImport"]
    assert MOST_READERS <= source["ScalingConfig"]["MaximumConcurrency"] <= 100


def test_every_queue_has_a_dead_letter_queue_of_its_kind_and_an_alarm_on_it(template: Template) -> None:
    queues = _of_type(template, "AWS::SQS::Queue")
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in _of_type(template, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
    }
    for name, queue in queues.items():
        if "DeadLetter" in name:
            assert name in watched, name
            continue
        dead_letters = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert "DeadLetter" in dead_letters
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
        assert queues[dead_letters].get("FifoQueue") == queue.get("FifoQueue")


def test_no_policy_scans_or_allows_a_wildcard_action(template: Template) -> None:
    for role, statement in _statements(template):
        for action in statement["Action"]:
            assert "*" not in action, (role, action)
            assert action not in {"dynamodb:Scan", "dynamodb:PartiQLSelect"}, (role, action)


def test_no_policy_allows_any_resource_except_where_aws_knows_no_narrower(template: Template) -> None:
    for role, statement in _statements(template):
        if "*" in statement["Resource"]:
            assert set(statement["Action"]) <= NEEDS_STAR, (role, statement)


def test_only_the_tenant_role_reaches_the_business_tables(template: Template) -> None:
    for role, statement in _statements(template):
        text = json.dumps(statement)
        touched = {table for table in ("CoreTable", "StockTable", "EphemeralTable") if f"{table}" in text}
        if role == "TenantRole" and touched:
            assert statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["T#*"]
        elif touched:
            assert role == "PublishOutboxRole", role
            assert "CoreTable.StreamArn" in text, role


def test_only_the_tenant_role_reaches_files_and_may_not_list_them(template: Template) -> None:
    for role, statement in _statements(template):
        if any(action.startswith("s3:") for action in statement["Action"]):
            assert role == "TenantRole"
            assert set(statement["Action"]) == {"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}
            tops = ("T", "uploads/T", "made/T")
            assert statement["Resource"] == [{"Fn::Sub": f"${{FilesBucket.Arn}}/{top}/*"} for top in tops]


def test_the_tenant_role_trusts_our_functions_and_nobody_else(template: Template) -> None:
    (trust,) = template["Resources"]["TenantRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    trusted = {arn["Fn::GetAtt"][0] for arn in trust["Principal"]["AWS"]}
    assert trusted == {"ApiHandlerRole", "OnEventRole", "OnImportRole", "OnDueRole"}
    assert set(trust["Principal"]) == {"AWS"}


def test_tables_expire_recover_and_are_encrypted_and_billed_by_use(template: Template) -> None:
    tables = _of_type(template, "AWS::DynamoDB::Table")
    names = {table["TableName"]["Fn::Sub"].removeprefix("kontor-${Stage}-") for table in tables.values()}
    assert names == set(local_stack.TABLES)
    for name, table in tables.items():
        assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}, name
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"] == {"SSEEnabled": True}, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


def test_what_holds_business_data_outlives_the_stack(template: Template) -> None:
    for name in ("CoreTable", "DirectoryTable", "StockTable", "FilesBucket", "UserPool"):
        resource = template["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_every_function_writes_to_a_log_group_that_forgets(template: Template) -> None:
    groups = _of_type(template, "AWS::Logs::LogGroup")
    for name, function in _of_type(template, "AWS::Serverless::Function").items():
        assert groups[function["LoggingConfig"]["LogGroup"]["Ref"]]["RetentionInDays"] <= 90, name


def test_no_name_of_ours_replaces_one_of_chalices() -> None:
    """A merge by logical id is silent: only the sections that mean to extend Chalice's resources have no type."""
    ours = yaml.load((packaging.ROOT / "infra" / "template.yaml").read_text(), TemplateLoader)["Resources"]
    untyped = {name for name, resource in ours.items() if "Type" not in resource}
    assert untyped == FUNCTIONS | {"RestAPI"}
    endings = (
        "Table", "Queue", "Bucket", "BucketPolicy", "Pool", "PoolClient", "Role", "LogGroup", "Alarm",
    )  # fmt: skip
    assert all(name.endswith(endings) for name in ours.keys() - untyped)
    assert not {f"{name}Role" for name in FUNCTIONS} & ours.keys()


def test_the_template_stays_within_what_cloudformation_and_api_gateway_take(
    package: packaging.Package, template: Template
) -> None:
    assert package.template.stat().st_size < 1_000_000
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    segments = {"/".join(path.split("/")[:n]) for path in paths for n in range(2, len(path.split("/")) + 1)}
    assert len(segments) < 300, "API Gateway takes 300 resources, one per path segment"
    assert len(template["Resources"]) < 450


def test_what_the_gateway_answers_itself_is_our_page_with_our_headers_in_every_language(template: Template) -> None:
    responses = template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "REQUEST_TOO_LARGE"} <= responses.keys()
    for kind, response in responses.items():
        headers = response["ResponseParameters"]["Headers"]
        for name, value in SECURITY_HEADERS.items():
            assert headers[name] == f"'{value}'", (kind, name)
        (page,) = response["ResponseTemplates"].values()
        assert all(f'<section lang="{locale}">' in page for locale in LOCALES), kind
        assert re.findall(r"\$[\w.]+", page) == ["$context.requestId"], "the gateway fills in variables"


def test_the_package_is_small(package: packaging.Package) -> None:
    assert package.archive.stat().st_size < packaging.LARGEST_ZIP


def test_boto3_keeps_the_description_of_every_service_that_the_product_calls() -> None:
    used = set()
    for file in (packaging.ROOT / "chalicelib").rglob("*.py"):
        used |= set(re.findall(r"(?:\b|_)client\(\s*\"([a-z0-9-]+)\"", file.read_text()))
    assert used <= packaging.SERVICES


def test_cfn_lint_finds_nothing(package: packaging.Package) -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([str(linter), str(package.template)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
