"""`make deploy` as far as it goes without an AWS account."""

import json
import sys

import pytest

from tools import deploy


@pytest.mark.packaged
def test_a_dry_run_prints_the_whole_template_and_needs_no_aws(capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["--stage", "prod", "--dry-run"]) == 0
    template = json.loads(capsys.readouterr().out)
    functions = [r for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert len(functions) == 6
    assert all(f["Properties"]["CodeUri"].startswith("s3://<artifact bucket>/kontor/prod/") for f in functions)
    assert template["Resources"]["CoreTable"]["DeletionPolicy"] == "Retain"


def test_a_deployment_without_a_stage_says_how_to_name_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main([]) == 1
    assert "make deploy STAGE=prod" in capsys.readouterr().err


def test_a_python_whose_lambda_lacks_the_search_engine_may_not_package_for_the_cloud(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 7, "final", 0))
    assert deploy.main(["--stage", "prod"]) == 1
    assert "SQLite is too old" in capsys.readouterr().err


def test_a_stage_without_its_file_is_told_what_belongs_in_it() -> None:
    with pytest.raises(deploy.DeploymentRefused, match=r"infra/stages/nowhere\.json is missing(?s:.*)ArtifactBucket"):
        deploy.read_stage("nowhere")
