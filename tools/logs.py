"""`python -m tools.logs <function> [text]`: the newest lines of a function's log in the running local stack, or those
that have a text, such as the request number of an error page."""

from __future__ import annotations

import json
import sys

from botocore.session import Session

from tools.run import CONFIG

_NEWEST = 50


def main(function: str, text: str = "") -> None:
    config = json.loads(CONFIG.read_text())
    logs = Session().create_client(
        "logs",
        "eu-central-1",
        endpoint_url=config["aws_endpoint"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/kontor/local/{function}")
    found = (event["message"].rstrip() for page in pages for event in page["events"])
    print(*[line for line in found if text in line][-_NEWEST:], sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
