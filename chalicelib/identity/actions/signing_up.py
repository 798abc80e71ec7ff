"""A manufacturer signs up: a login, its mailed code, then the tenant.

What was typed waits in the directory under the login's `sub`, so that closing the browser loses nothing. The person
who signed up in this browser needs the code alone; anybody else who comes with the code (another browser, or the
address was signed up again since) chooses the password with it: the code proves the mailbox, and only the mailbox
may decide the password.

Nobody learns whether an e-mail has a login. With the right password the owner of one founds a company under it; with
a wrong one the sign-up looks like any other, its mail says that there is a login, and no code ever fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from chalicelib.gateways.credentials import LoginExists, NeedsTotp, Signed
from chalicelib.identity import mails, store
from chalicelib.identity.actions.entering import admit, ask_code, check_password, person_audit
from chalicelib.identity.desk import Desk, Visitor
from chalicelib.identity.model import Admitted, ConfirmationWanted, Entry, Purpose, SignUp, Step, User
from chalicelib.identity.passwords import password_complaint
from chalicelib.identity.throttle import MAILS, MAILS_FROM, SIGN_UPS, SIGN_UPS_FROM
from chalicelib.kernel.access import Role
from chalicelib.kernel.errors import Complaint, Invalid, Refused, Unauthenticated
from chalicelib.kernel.ids import new_tenant_id, stable_id
from chalicelib.storage.session import TransactionRefused, open_tenant
from chalicelib.tenancy.company import Company, new_tenant
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import entry_write, settings_write

_STEP_TIME = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The sign-up form, checked. `once` is the form's own key: sent twice, it founds one tenant."""

    company: Company
    name: str
    email: str
    password: str
    once: str


def sign_up(desk: Desk, typed: Typed, *, visitor: Visitor, now: datetime) -> Entry:
    """Makes the login and keeps the rest until its code comes. Invalid("password") if the policy refuses it."""
    desk.count(SIGN_UPS_FROM, visitor.address, now)
    desk.count(SIGN_UPS, typed.email, now)
    desk.logins.forget_unfinished(typed.email)
    try:
        sub = desk.logins.sign_up(typed.email, typed.password)
    except LoginExists:
        return _with_known_login(desk, typed, visitor=visitor, now=now)
    desk.directory.commit([store.sign_up_put(_waiting(typed, sub), now)])
    return _ask_confirmation(desk, Step(purpose=Purpose.SIGN_UP, email=typed.email, sub=sub), now)


def confirm(
    desk: Desk, *, step_secret: str, email: str, code: str, password: str, visitor: Visitor, now: datetime
) -> Admitted:
    """The mailed code came: founds the tenant and signs in.

    Invalid names `code`, or `password` when one must be chosen (see above). Refused("already_confirmed") if only
    the password is missing now, Refused("sign_up_gone") when the sign-up is older than 30 days.
    """
    step = store.load_step(desk.directory, step_secret)
    if step is not None and step.purpose is not Purpose.SIGN_UP:
        step = None
    if not code:
        raise Invalid(fields={"code": Complaint(code="required")})
    if step is None and (complaint := password_complaint(password, email)):
        raise Invalid(fields={"password": complaint})
    email = step.email if step else email
    desk.count_guess(email, visitor, now)
    login = desk.logins.find(email)
    proven = step is not None and login is not None and step.sub == login.sub
    if login is None or (step and step.decoy) or (login.confirmed and not proven):
        raise Invalid(fields={"code": Complaint(code="code_wrong")})
    if login.confirmed:
        raise Refused("already_confirmed")
    if not proven and (complaint := password_complaint(password, email)):
        anew = complaint if password else Complaint(code="password_anew")
        raise Invalid(fields={"password": anew})
    desk.logins.confirm_sign_up(login.sub, code)
    if not proven:
        desk.logins.set_password(email, password)
    desk.guessed_right(email, visitor, now)
    waiting = store.load_sign_up(desk.directory, step.sub if step else login.sub)
    if waiting is None:
        raise Refused("sign_up_gone")
    if waiting.sub != login.sub:  # signed up again since, perhaps by a stranger: what this browser typed counts
        outdated, waiting = waiting, replace(waiting, sub=login.sub)
        desk.directory.commit([store.sign_up_put(waiting, now), store.sign_up_delete(outdated.sub)])
    cookie = found_and_admit(desk, waiting, visitor=visitor, now=now)
    if step is not None:
        desk.directory.commit([store.step_delete(step_secret)])
    return Admitted(cookie=cookie)


def waiting_email(desk: Desk, step_secret: str) -> str | None:
    """The e-mail that this browser signed up with and whose code it waits for; None if there is none."""
    step = store.load_step(desk.directory, step_secret)
    return step.email if step is not None and step.purpose is Purpose.SIGN_UP else None


def resend_code(desk: Desk, *, email: str, visitor: Visitor, now: datetime) -> None:
    """Mails the code again, if there is a sign-up that waits for one."""
    desk.count(MAILS_FROM, visitor.address, now)
    desk.count(MAILS, email, now)
    login = desk.logins.find(email)
    if login is not None and not login.confirmed:
        desk.logins.resend_code(login.sub)


def found_and_admit(desk: Desk, waiting: SignUp, *, visitor: Visitor, now: datetime) -> str:
    """The tenant of a confirmed sign-up and its owner's first session; the cookie's value."""
    found_tenant(desk, waiting, now)
    return admit(desk, waiting.email, tenant_id=waiting.tenant_id, user_id=waiting.owner_id, visitor=visitor, now=now)


def found_tenant(desk: Desk, waiting: SignUp, now: datetime) -> TenantSettings:
    """Makes the tenant with its owner; when it was done before or halfway, does what is missing.

    The tenant's own rows come first and the directory after them: a tenant in the directory always is a whole one.
    """
    db = open_tenant(waiting.tenant_id)
    settings = new_tenant(waiting.tenant_id, waiting.company, now)
    owner = User(
        id=waiting.owner_id,
        email=waiting.email,
        name=waiting.name,
        role=Role.OWNER,
        locale=waiting.company.locale,
        created=now,
    )
    try:
        db.commit(
            [
                settings_write(settings, version=0),
                store.user_put(settings.id, owner, version=0),
                store.email_taken(settings.id, owner.email, owner.id),
                person_audit(settings.id, owner.id, "tenant_founded", by=owner.id, now=now),
            ]
        )
    except TransactionRefused as refused:
        made = store.user_and_tenant(db, owner.id, None)
        if made is None or made[0].email != owner.email:
            raise Refused("sign_up_gone") from refused
        owner, settings = made
    desk.directory.commit(
        [entry_write(settings), store.membership_put(owner, settings, now), store.sign_up_delete(waiting.sub)]
    )
    return settings


def _with_known_login(desk: Desk, typed: Typed, *, visitor: Visitor, now: datetime) -> Entry:
    try:
        answer = check_password(desk, typed.email, typed.password, visitor, now)
    except Unauthenticated:
        mails.say_login_exists(typed.email, locale=typed.company.locale, time_zone=typed.company.time_zone)
        decoy = Step(purpose=Purpose.SIGN_UP, email=typed.email, sub=str(uuid4()), decoy=True)
        return _ask_confirmation(desk, decoy, now)
    sub = answer.sub if isinstance(answer, Signed) else _sub(desk, typed.email)
    waiting = _waiting(typed, sub)
    desk.directory.commit([store.sign_up_put(waiting, now)])
    if isinstance(answer, NeedsTotp):
        step = Step(purpose=Purpose.SIGN_UP, email=typed.email, sub=sub, session=answer.session)
        return ask_code(desk, step, now)
    return Admitted(cookie=found_and_admit(desk, waiting, visitor=visitor, now=now))


def _sub(desk: Desk, email: str) -> str:
    login = desk.logins.find(email)
    if login is None:  # deleted this very moment
        raise Unauthenticated("sign_in_again")
    return login.sub


def _waiting(typed: Typed, sub: str) -> SignUp:
    return SignUp(
        sub=sub,
        email=typed.email,
        name=typed.name,
        company=typed.company,
        tenant_id=new_tenant_id("tenant", typed.email, typed.once),
        owner_id=stable_id("owner", typed.email, typed.once),
    )


def _ask_confirmation(desk: Desk, step: Step, now: datetime) -> ConfirmationWanted:
    return ConfirmationWanted(step=store.keep_step(desk.directory, step, lasts=_STEP_TIME, now=now))
