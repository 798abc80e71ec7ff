"""Launcher of the embedded cloud: MiniStack with what Kontor needs added.

Started by tools/stack.py with its own interpreter (.venv-emulator) and a clean environment.
Adds the condition key dynamodb:LeadingKeys, durable state, the cabinet's host and the mailbox
page, and takes away two costs: a pause of 50 ms in every silent function call, and unpacking the
package anew for every worker.
"""

import os
import sys
from pathlib import Path

import front
import leading_keys
import unpacking
from durability import Durability
from ministack import app as ministack
from ministack.core import iam_actions, lambda_runtime

# What is changed or called inside MiniStack. It is pinned exactly, because none of this is its API.
INTERNALS = {
    "": (
        "_build_persistence_save_dict",
        "_get_module",
        "_MAIN_LOOP",
        "_load_persisted_state",
        "app",
        "main",
        "save_all",
    ),
    "dynamodb": ("_lock", "_remove_item", "_set_item", "_tables", "get_state", "handle_request"),
    "sqs": (
        "_Err",
        "_HANDLERS",
        "_delete_messages_for_esm",
        "_get_q",
        "_queue_by_arn",
        "_queues",
        "_queues_lock",
        "get_state",
    ),
    "cognito": ("get_state", "handle_request"),
    "ses": ("_parse_raw_mime", "_sent_emails", "_sent_emails_list", "handle_request"),
    "ses_v2": ("_parse_raw_mime", "handle_request"),
    "apigateway_v1": ("resolve_base_path_mapping",),
}


def missing_internals() -> list[str]:
    """Names that this launcher relies on and the installed MiniStack lacks."""
    missing = [
        f"{module or 'app'}.{name}"
        for module, names in INTERNALS.items()
        for name in names
        if not hasattr(ministack._get_module(module) if module else ministack, name)
    ]
    if not hasattr(iam_actions, "dynamodb_service_context"):
        missing.append("iam_actions.dynamodb_service_context")
    if not hasattr(lambda_runtime, "zipfile"):
        missing.append("lambda_runtime.zipfile")
    if len(getattr(lambda_runtime.Worker._drain_stderr_bounded, "__defaults__", None) or ()) != 3:
        missing.append("lambda_runtime.Worker._drain_stderr_bounded with three defaults")
    return missing


def main() -> None:
    if missing := missing_internals():
        sys.exit(f"This MiniStack is not the version that tools/emulator is written for: no {', '.join(missing)}")
    leading_keys.install(iam_actions, ministack._get_module("dynamodb")._tables)
    # Waits for a log line, then for silence, then at most (seconds): 50 ms -> 2 ms for silent handlers.
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.002, 0.002, 0.25)
    unpacking.install(lambda_runtime)
    durability = Durability(ministack, Path(os.environ["STATE_DIR"]))
    durability.install()
    ministack.app = front.in_front_of(ministack.app, ministack._get_module("apigateway_v1"), durability)
    ministack.main()


if __name__ == "__main__":
    main()
