"""The tables of the sign-in store, as the migrations in `alembic_sign_in` make them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from vedette.adapters.sign_in.storable import storable


class Text(sa.TypeDecorator[str]):
    """A text that is made storable on its way in."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """Make it storable."""
        return None if value is None else storable(value)


_METADATA = sa.MetaData()


def _table(name: str, /, **columns: type[Any]) -> sa.Table:
    return sa.Table(
        name, _METADATA, *(sa.Column(column, type_) for column, type_ in columns.items())
    )


CHANGES = _table("sign_in_changes", id=sa.Integer, number=sa.BigInteger, sealed=sa.LargeBinary)
ACCOUNTS = _table(
    "sign_in_accounts",
    localpart=Text,
    display_name=Text,
    password_hash=Text,
    must_change=sa.Boolean,
    created=sa.BigInteger,
    provisioned=sa.Boolean,
    reset_by_other=sa.BigInteger,
)
FACTORS = _table(
    "sign_in_factors",
    id=Text,
    localpart=Text,
    kind=Text,
    label=Text,
    secret=sa.LargeBinary,
    counter=sa.BigInteger,
    created=sa.BigInteger,
    last_used=sa.BigInteger,
    details=sa.JSON,
)
RECOVERY = _table("sign_in_recovery", localpart=Text, hash=Text, made=sa.BigInteger)
PAST = _table(
    "sign_in_past",
    seq=sa.BigInteger,
    localpart=Text,
    at=sa.BigInteger,
    address=Text,
    client=Text,
    outcome=Text,
)
SESSIONS = _table(
    "sign_in_sessions",
    seq=sa.BigInteger,
    id=Text,
    user_id=Text,
    device=Text,
    state=Text,
    kind=Text,
    client=Text,
    facts=sa.JSON,
    created=sa.BigInteger,
    expires=sa.BigInteger,
    device_name=Text,
    because=Text,
    change=sa.BigInteger,
    ended=sa.BigInteger,
    seen_at=sa.BigInteger,
    seen_address=Text,
    certificate=Text,
)
REFRESH = _table(
    "sign_in_refresh",
    seq=sa.BigInteger,
    hash=Text,
    session=Text,
    generation=sa.BigInteger,
    state=Text,
)
ERRANDS = _table(
    "sign_in_errands",
    id=sa.BigInteger,
    kind=Text,
    user_id=Text,
    device=Text,
    made=sa.BigInteger,
)
ONCE = _table(
    "sign_in_once",
    kind=Text,
    key_hash=Text,
    body=sa.LargeBinary,
    expires=sa.BigInteger,
    taken=sa.Boolean,
)
ATTEMPTS = _table(
    "sign_in_attempts", key=Text, at=sa.BigInteger, count=sa.BigInteger, until=sa.BigInteger
)
TOKEN_KEYS = _table(
    "sign_in_token_keys",
    kid=Text,
    public=sa.LargeBinary,
    private=sa.LargeBinary,
    made=sa.BigInteger,
    retired=sa.BigInteger,
)
CLIENTS = _table(
    "sign_in_clients",
    id=Text,
    name=Text,
    uri=Text,
    redirect_uris=sa.JSON,
    grant_types=sa.JSON,
    application_type=Text,
    logo_uri=Text,
    created=sa.BigInteger,
    registered_from=Text,
    software_version=Text,
)
CERTIFICATES = _table(
    "sign_in_certificates",
    thumbprint=Text,
    der=sa.LargeBinary,
    issuer=Text,
    serial=Text,
    subject=Text,
    localpart=Text,
    trouble=Text,
    ends=sa.BigInteger,
    shown=sa.BigInteger,
    checked=sa.BigInteger,
)
CERTIFICATE_USES = _table("sign_in_certificate_uses", session=Text, thumbprint=Text)
REVOKED = _table("sign_in_revoked", issuer=Text, serial=Text, at=sa.BigInteger, because=Text)
REVOCATION_SOURCES = _table(
    "sign_in_revocation_sources",
    issuer=Text,
    place=Text,
    kind=Text,
    trouble=Text,
    fetched=sa.BigInteger,
    next_update=sa.BigInteger,
    revoked=sa.BigInteger,
    tried=sa.BigInteger,
)
DEVICE_CHANGES = _table("sign_in_device_changes", id=sa.Integer, number=sa.BigInteger)
DEVICES = _table(
    "sign_in_devices",
    source=Text,
    id=Text,
    body=Text,
    words=Text,
    reported=sa.BigInteger,
    gone=sa.Boolean,
    change=sa.BigInteger,
)
DEVICE_NAMES = _table("sign_in_device_names", source=Text, id=Text, name=Text, lost=sa.Boolean)
CERTIFICATE_NAMES = _table("sign_in_certificate_names", thumbprint=Text, name=Text)
DEVICE_REPORTS = _table("sign_in_device_reports", source=Text, id=Text, at=sa.BigInteger)
INVENTORIES = _table(
    "sign_in_inventories",
    source=Text,
    read=sa.BigInteger,
    tried=sa.BigInteger,
    devices=sa.BigInteger,
    trouble=Text,
    told=sa.BigInteger,
)
