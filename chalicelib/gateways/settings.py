"""The environment, read once into one frozen object. Nothing else reads environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where this stage's parts are. Names of tables are `<table_prefix>-<table>`."""

    stage: str
    table_prefix: str
    bucket: str
    import_queue_url: str
    events_queue_url: str
    due_queue_url: str
    user_pool_id: str
    user_pool_client_id: str
    tenant_role_arn: str  # empty = no role is assumed (rule and storage tests)
    mail_from: str
    public_url: str  # where links in mails lead, without a trailing slash
    cookie_secure: bool
    handler: str  # the Lambda handler that this process runs, e.g. `app.on_event`; empty outside Lambda

    @property
    def serves_pages(self) -> bool:
        """False in the workers: they needn't import what only pages need."""
        return self.handler in ("", "app.app")


def _read(environment: dict[str, str]) -> Settings:
    def value(name: str, default: str = "") -> str:
        return environment.get(f"KONTOR_{name}", default)

    return Settings(
        stage=value("STAGE", "local"),
        table_prefix=value("TABLE_PREFIX", "kontor"),
        bucket=value("BUCKET", "kontor"),
        import_queue_url=value("IMPORT_QUEUE_URL"),
        events_queue_url=value("EVENTS_QUEUE_URL"),
        due_queue_url=value("DUE_QUEUE_URL"),
        user_pool_id=value("USER_POOL_ID"),
        user_pool_client_id=value("USER_POOL_CLIENT_ID"),
        tenant_role_arn=value("TENANT_ROLE_ARN"),
        mail_from=value("MAIL_FROM", "kontor@example.org"),
        public_url=value("PUBLIC_URL", "http://localhost:4566").rstrip("/"),
        cookie_secure=value("COOKIE_SECURE", "1") == "1",
        handler=environment.get("_HANDLER", ""),
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    return _read(dict(os.environ))
