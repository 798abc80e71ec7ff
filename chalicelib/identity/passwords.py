"""Which passwords may be chosen. Cognito keeps them and enforces the length once more."""

from __future__ import annotations

from chalicelib.kernel.errors import Complaint

PASSWORD_MIN = 10
_PASSWORD_MAX = 256  # what Cognito takes
_DISTINCT = 5  # characters
_COMMON = frozenset(
    """
    0123456789 1234567890 1234567891 12345678910 123456789a 123456789q 123456789z 9876543210 0987654321 1234554321
    1234512345 1231231231 123123123123 12344321 a123456789 q123456789 z123456789 123456qwerty 12345qwert 123qweasdzxc
    1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv qazwsx1234 zaq12wsxcde3
    qwertyuiop qwertyuiop123 qwerty1234 qwerty12345 qwerty123456 qwerty123! qwertyqwerty qwerty7890 asdfghjkl1
    asdfghjkl123 asdfasdfasdf zxcvbnm123 zxcvbnm1234 abcdefghij abcdef1234 abcd123456 abc1234567 abcdefg123
    password12 password123 password1234 password12345 password123! passwordpassword passw0rd12 passw0rd123 p@ssw0rd12
    p@ssw0rd123 pa$$w0rd123 welcome123 welcome1234 letmein123 iloveyou12 iloveyou123 admin12345 admin123456
    administrator changeme123 football123 baseball123 superman123 sunshine123 princess123 monkey1234 dragon1234
    master1234 shadow1234 michael123 charlie123 samsung123 computer123 internet123 secret1234 trustno1234
    йцукенгшщз йцукенгшщзх йцукен1234 йцукен12345 пароль1234 пароль12345 пароль123456 парольпароль
    """.split()  # noqa: SIM905
)


def password_complaint(password: str, email: str) -> Complaint | None:
    """What is wrong with a new password, None if nothing.

    Length counts, composition doesn't (ASVS 6.2.5), as in the user pool's policy (infra/template.yaml); what everybody
    tries first is refused: the e-mail, the commonest long passwords, a handful of characters.
    """
    if not password:
        return Complaint(code="required")
    if not PASSWORD_MIN <= len(password) <= _PASSWORD_MAX:
        return Complaint(code="password_length", params={"least": PASSWORD_MIN})
    lower = password.lower()
    is_email = bool(email) and (lower in email or email.partition("@")[0] == lower.rstrip("0123456789!"))
    if is_email or lower in _COMMON or len(set(lower)) < _DISTINCT:
        return Complaint(code="password_weak")
    return None
