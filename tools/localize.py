"""What the template must lose or change for the embedded cloud; everything else is deployed as it is."""

import copy
from typing import Any

Template = dict[str, Any]

# Types that MiniStack refuses together with the whole stack.
REFUSED_TYPES = frozenset(
    {
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::Budgets::Budget",
        "AWS::CloudTrail::Trail",
        "AWS::CloudWatch::AnomalyDetector",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::Events::Archive",
        "AWS::Logs::DataProtection",
        "AWS::Logs::QueryDefinition",
        "AWS::SES::Template",
        "AWS::Synthetics::Canary",
        "AWS::WAFv2::WebACLAssociation",
        "AWS::XRay::Group",
    }
)


def localized(template: Template, code_uri: str) -> Template:
    """A copy of the packaged template for the embedded cloud; `code_uri` is where the package was uploaded."""
    local = copy.deepcopy(template)
    resources = local["Resources"]
    gone = {name for name, resource in resources.items() if resource["Type"] in REFUSED_TYPES}
    for name in gone:
        del resources[name]
    for resource in resources.values():
        _adapt(resource, gone, code_uri)
    return local


def _adapt(resource: Template, gone: set[str], code_uri: str) -> None:
    # A local stack is thrown away whole: nothing is retained.
    resource.pop("DeletionPolicy", None)
    resource.pop("UpdateReplacePolicy", None)
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::Serverless::Function":
        properties["CodeUri"] = code_uri
    if resource["Type"] == "AWS::Cognito::UserPool":
        properties.pop("DeletionProtection", None)
    if resource["Type"] == "AWS::S3::BucketPolicy":
        # The embedded cloud is reached over plain http on this machine.
        statements = properties["PolicyDocument"]["Statement"]
        statements[:] = [s for s in statements if s.get("Sid") != "OnlyEncryptedTransport"] or [_NOTHING_DENIED]
    if resource["Type"] == "AWS::IAM::Role":
        _widen(properties)
    if "DependsOn" in resource:
        named = resource["DependsOn"]
        kept = [n for n in ([named] if isinstance(named, str) else named) if n not in gone]
        if kept:
            resource["DependsOn"] = kept
        else:
            del resource["DependsOn"]


def _widen(role: Template) -> None:
    # AWS checks SendEmail against the sender's identity, MiniStack against "*"; on AWS `sqs:SendMessage` allows
    # batches too, MiniStack asks for an action of its own.
    for policy in role.get("Policies", ()):
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Sid") == "SendMail":
                statement["Resource"] = "*"
            if "sqs:SendMessage" in statement["Action"] and isinstance(statement["Action"], list):
                statement["Action"].append("sqs:SendMessageBatch")


_NOTHING_DENIED = {
    "Sid": "OnlyEncryptedTransportIsForTheCloud",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:DeleteBucket",
    "Resource": {"Fn::GetAtt": ["FilesBucket", "Arn"]},
}
