"""Sessions of people and of 1C; rows expire."""

from __future__ import annotations

from chalicelib.storage.keys.base import Key, Partition, Table, pattern, tenant_prefix


@pattern("a session by the hash of its secret")
def session(tenant: str, digest: str) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}SESS#{digest}", "SESSION")


@pattern("sessions of a user, to list and revoke")
def user_sessions(tenant: str, user: str) -> Partition:
    return Partition(Table.EPHEMERAL, f"{tenant_prefix(tenant)}USESS#{user}")


@pattern("one session in its user's list")
def user_session(tenant: str, user: str, digest: str) -> Key:
    return user_sessions(tenant, user).item(digest)


@pattern("an exchange session of 1C by the hash of its cookie")
def exchange_session(tenant: str, digest: str) -> Key:
    return Key(Table.EPHEMERAL, f"{tenant_prefix(tenant)}XSESS#{digest}", "SESSION")
