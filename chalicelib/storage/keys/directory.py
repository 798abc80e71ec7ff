"""Found before the tenant is known; only identity and tenancy touch it."""

from __future__ import annotations

from chalicelib.storage.keys.base import Key, Partition, Table, pattern


@pattern("all tenants, for the schedule's fan-out")
def tenants() -> Partition:
    return Partition(Table.DIRECTORY, "TENANTS")


@pattern("a tenant's entry in the list of tenants")
def tenant_entry(tenant: str) -> Key:
    return tenants().item(tenant)


@pattern("memberships of a login")
def memberships(email: str) -> Partition:
    return Partition(Table.DIRECTORY, f"LOGIN#{email}", "MEMBER#")


@pattern("one membership of a login")
def membership(email: str, tenant: str, user: str) -> Key:
    return memberships(email).item(f"{tenant}#{user}")


@pattern("a browser that a login has signed in with before")
def known_device(email: str, digest: str) -> Key:
    return Key(Table.DIRECTORY, f"LOGIN#{email}", f"DEVICE#{digest}")


@pattern("a machine's login (1C) → tenant and the hash of its password")
def machine_login(login: str) -> Key:
    return Key(Table.DIRECTORY, f"MACHINE#{login}", "TENANT")


@pattern("a sign-up that waits for its mailed code, by the login's sub")
def sign_up(sub: str) -> Key:
    return Key(Table.DIRECTORY, f"SIGNUP#{sub}", "SIGNUP")


@pattern("what a visitor is in the middle of (code, recovery), by the hash of its cookie")
def visitor_step(digest: str) -> Key:
    return Key(Table.DIRECTORY, f"STEP#{digest}", "STEP")


@pattern("a throttle's window before the tenant is known (sign-in, sign-up)")
def door_throttle(scope: str, subject: str, window: str) -> Key:
    return Key(Table.DIRECTORY, f"THR#{scope}#{subject}", window)
