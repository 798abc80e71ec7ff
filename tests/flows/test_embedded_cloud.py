"""The embedded cloud itself: what survives a kill, and that it refuses what AWS would refuse."""

import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.support import run
from tests.support.stack import Stack
from tools import environment, local_stack
from tools.embedded import Emulator, free_port, has_ended

Client = Callable[[str], Any]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An embedded cloud of this test alone, without a stack."""
    environment.ensure("emulator")
    folder = Path(tempfile.mkdtemp(prefix="cloud-", dir=run.folder()))
    one = Emulator(folder, free_port())
    one.start()
    yield one
    one.stop()


def _client(emulator: Emulator, service: str) -> Any:
    return local_stack.client(emulator, service)


def _kill_and_restart(emulator: Emulator) -> None:
    number = emulator.process_id()
    assert number is not None
    os.kill(number, signal.SIGKILL)
    while not has_ended(number):
        pass
    emulator.start()


def _table(emulator: Emulator) -> Any:
    dynamodb = _client(emulator, "dynamodb")
    dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    emulator.switch("snapshot")
    return dynamodb


def _order(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"order-{number}"}, "total": {"N": str(number)}, "кому": {"S": "Окна «Юг»"}}


def _numbers(dynamodb: Any) -> set[int]:
    items = dynamodb.scan(TableName="orders")["Items"]
    return {int(item["total"]["N"]) for item in items}


def test_no_acknowledged_write_is_lost_when_the_cloud_is_killed(emulator: Emulator) -> None:
    dynamodb = _table(emulator)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: dynamodb.put_item(TableName="orders", Item=_order(n)), range(100)))
    dynamodb.delete_item(TableName="orders", Key={"pk": {"S": "order-7"}})
    actions = [{"Put": {"TableName": "orders", "Item": _order(n)}} for n in (200, 201)]
    dynamodb.transact_write_items(TransactItems=actions)
    _kill_and_restart(emulator)
    assert _numbers(dynamodb) == {*range(100), 200, 201} - {7}
    dynamodb.put_item(TableName="orders", Item=_order(300))
    _kill_and_restart(emulator)
    assert _numbers(dynamodb) == {*range(100), 200, 201, 300} - {7}


def test_a_line_that_the_kill_tore_is_left_out_and_the_rest_kept(emulator: Emulator) -> None:
    dynamodb = _table(emulator)
    for number in range(3):
        dynamodb.put_item(TableName="orders", Item=_order(number))
    journal = max((emulator.folder / "state").glob("journal.*"))
    emulator_number = emulator.process_id()
    assert emulator_number is not None
    os.kill(emulator_number, signal.SIGKILL)
    while not has_ended(emulator_number):
        pass
    journal.write_bytes(journal.read_bytes()[:-5])
    emulator.start()
    assert _numbers(dynamodb) == {0, 1}


def test_a_killed_cloud_keeps_queued_messages_and_gives_out_received_ones_again(emulator: Emulator) -> None:
    sqs = _client(emulator, "sqs")
    queue = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
    for text in ("a", "b", "c"):
        sqs.send_message(QueueUrl=queue, MessageBody=text)
    first = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1)["Messages"][0]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    second = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1)["Messages"][0]
    sqs.send_message(QueueUrl=queue, MessageBody="d")
    _kill_and_restart(emulator)
    found = {m["Body"] for m in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]}
    assert found == {"a", "b", "c", "d"} - {first["Body"]}
    assert second["Body"] in found


def test_a_killed_cloud_keeps_passwords_and_mails_with_their_attachments(emulator: Emulator) -> None:
    cognito = _client(emulator, "cognito-idp")
    pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="a@example.org", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="a@example.org", Password="Qwerty-12345", Permanent=True)
    ses = _client(emulator, "ses")
    ses.verify_email_identity(EmailAddress="kontor@example.org")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "kontor@example.org", "b@example.org", "Счёт <1>"
    mail.set_content("Оплатите: http://localhost/pay?a=1&b=2.")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Счёт.pdf")
    sent = ses.send_raw_email(RawMessage={"Data": mail.as_bytes()})["MessageId"]
    _kill_and_restart(emulator)
    signed_in = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "a@example.org", "PASSWORD": "Qwerty-12345"},
    )
    assert signed_in["AuthenticationResult"]["AccessToken"]
    page = requests.get(f"{emulator.endpoint}/_kontor/mail", timeout=10).text
    assert "Счёт &lt;1&gt;" in page
    assert "href='http://localhost/pay?a=1&amp;b=2'" in page
    assert "Счёт.pdf" in page
    attached = requests.get(f"{emulator.endpoint}/_kontor/mail/{sent}/0", timeout=10)
    assert attached.content == b"%PDF-1.7"
    assert attached.headers["content-type"] == "application/pdf"


def _tenant_client(stack: Stack, tenant: str) -> Any:
    """DynamoDB under the tenant role with the session policy that the product uses."""
    from chalicelib.storage.credentials import session_policy

    role = stack.outputs["TenantRoleArn"]
    iam, sts = stack.client("iam"), stack.client("sts")
    trusted = next(r for r in iam.list_roles()["Roles"] if "ApiHandlerRole" in r["RoleName"])
    web = sts.assume_role(RoleArn=trusted["Arn"], RoleSessionName="web")["Credentials"]
    as_web = _with(stack, "sts", web)
    policy = session_policy(tenant, stack.outputs["FilesBucketName"])
    narrowed = as_web.assume_role(RoleArn=role, RoleSessionName=tenant, Policy=policy)
    return _with(stack, "dynamodb", narrowed["Credentials"])


def _with(stack: Stack, service: str, credentials: dict[str, str]) -> Any:
    import boto3

    return boto3.client(
        service,
        endpoint_url=stack.aws_endpoint,
        region_name="eu-central-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


@pytest.fixture(scope="module")
def trusting(stack: Stack) -> Stack:
    """The stack whose web role may be taken on by this test: Lambda's trust alone would refuse us."""
    iam = stack.client("iam")
    role = next(r for r in iam.list_roles()["Roles"] if "ApiHandlerRole" in r["RoleName"])
    policy = role["AssumeRolePolicyDocument"]
    policy = json.loads(policy) if isinstance(policy, str) else policy
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}
    iam.update_assume_role_policy(
        RoleName=role["RoleName"],
        PolicyDocument=json.dumps({**policy, "Statement": [*policy["Statement"], statement]}),
    )
    return stack


OWN, OTHER = "taaaaaaaaaaa", "tbbbbbbbbbbb"
CORE = "kontor-local-core"


def _key(tenant: str) -> dict[str, Any]:
    return {"pk": {"S": f"T#{tenant}#CFG"}, "sk": {"S": "PROBE"}}


CALLS: dict[str, Callable[[Any, str], Any]] = {
    "GetItem": lambda db, t: db.get_item(TableName=CORE, Key=_key(t)),
    "PutItem": lambda db, t: db.put_item(TableName=CORE, Item=_key(t)),
    "UpdateItem": lambda db, t: db.update_item(
        TableName=CORE, Key=_key(t), UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"N": "1"}}
    ),
    "DeleteItem": lambda db, t: db.delete_item(TableName=CORE, Key=_key(t)),
    "Query": lambda db, t: db.query(
        TableName=CORE, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": f"T#{t}#CFG"}}
    ),
    "Query of an index": lambda db, t: db.query(
        TableName=CORE,
        IndexName="gsi1",
        KeyConditionExpression="#p = :p",
        ExpressionAttributeNames={"#p": "gsi1pk"},
        ExpressionAttributeValues={":p": {"S": f"T#{t}#PARTIES"}},
    ),
    "BatchGetItem": lambda db, t: db.batch_get_item(RequestItems={CORE: {"Keys": [_key(t)]}}),
    "TransactWriteItems": lambda db, t: db.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": CORE, "Item": {**_key(OWN), "sk": {"S": "ANOTHER"}}}},
            {"Put": {"TableName": CORE, "Item": _key(t)}},
        ]
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_tenants_session_reaches_its_own_items_and_never_anothers(trusting: Stack, call: str) -> None:
    dynamodb = _tenant_client(trusting, OWN)
    CALLS[call](dynamodb, OWN)
    with pytest.raises(ClientError) as refused:
        CALLS[call](dynamodb, OTHER)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_tenants_session_may_not_scan_nor_read_the_directory(trusting: Stack) -> None:
    dynamodb = _tenant_client(trusting, OWN)
    for attempt in (
        lambda: dynamodb.scan(TableName=CORE),
        lambda: dynamodb.execute_statement(Statement=f'SELECT * FROM "{CORE}"'),
        lambda: dynamodb.get_item(TableName="kontor-local-directory", Key=_key(OWN)),
    ):
        with pytest.raises(ClientError) as refused:
            attempt()
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_the_cabinet_answers_on_localhost_even_where_the_emulator_has_pages_of_its_own(stack: Stack) -> None:
    health = requests.get(f"{stack.url}/health", timeout=60)
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    elsewhere = requests.get(f"{stack.aws_endpoint}/health", timeout=60)
    assert "services" in elsewhere.json()
