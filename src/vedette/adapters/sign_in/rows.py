"""What the port's values are in rows, and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from vedette.adapters.sign_in.seal import Seal
from vedette.core.names import UserId
from vedette.core.sessions import (
    CONSOLE,
    OVER,
    Session,
    SessionFacts,
    SessionState,
    session_facts_from_json,
    session_facts_to_json,
)
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import Account, Factor, OAuthClient, TokenKey

Row = sa.Row[Any]


def account_of(row: Row) -> Account:
    """The account in a row."""
    return Account(
        localpart=row.localpart,
        display_name=row.display_name,
        password_hash=row.password_hash,
        must_change=row.must_change,
        created=row.created,
        provisioned=row.provisioned,
        reset_by_other=row.reset_by_other,
    )


def factor_columns(factor: Factor, seal: Seal) -> dict[str, object]:
    """The factor's columns, its secret sealed to it and to the person."""
    return {
        "id": factor.id,
        "localpart": factor.localpart,
        "kind": factor.kind,
        "label": factor.label,
        "secret": seal.close(factor.secret, "factor", factor.id, factor.localpart, factor.kind),
        "counter": factor.counter,
        "created": factor.created,
        "last_used": factor.last_used,
        "details": dict(factor.details),
    }


def factor_of(row: Row, seal: Seal) -> Factor:
    """The factor in a row. Raises Unavailable where its secret is not this factor's."""
    return Factor(
        id=row.id,
        localpart=row.localpart,
        kind=row.kind,
        label=row.label,
        secret=seal.open(row.secret, "factor", row.id, row.localpart, row.kind),
        counter=row.counter,
        created=row.created,
        last_used=row.last_used,
        details=row.details,
    )


def facts_column(facts: SessionFacts) -> dict[str, Any]:
    """Facts as they are kept.

    Raises:
        ValueError: they could not be read back.
    """
    data = session_facts_to_json(facts)
    session_facts_from_json(data)
    return data


def session_columns(session: Session, change: int) -> dict[str, object]:
    """The session's columns. Raises ValueError where its facts could not be read back."""
    return {
        "id": session.id,
        "user_id": str(session.user),
        "device": session.device,
        "state": session.state.value,
        "kind": session.kind,
        "client": session.client,
        "facts": facts_column(session.facts),
        "created": session.created,
        "expires": session.expires,
        "device_name": session.device_name,
        "because": session.because,
        "change": change,
        "certificate": session.certificate,
    }


def session_of(row: Row, number: int) -> Session:
    """The session in a row, with its rank.

    Raises:
        Unavailable: another version of this program wrote it in a way that can't be read here.
    """
    try:
        return Session(
            id=row.id,
            user=UserId(row.user_id),
            device=row.device,
            state=SessionState(row.state),
            kind=row.kind,
            client=row.client,
            facts=session_facts_from_json(row.facts),
            created=row.created,
            expires=row.expires,
            device_name=row.device_name,
            because=row.because,
            number=number,
            certificate=row.certificate,
        )
    except ValueError as fault:
        raise Unavailable(f"the session `{row.id}` can't be read: {fault}") from fault


def ranked(rows: Iterable[Row]) -> Iterator[Session]:
    """The sessions, oldest first, each with its rank among its person's that are not over."""
    ranks: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        if row.state in OVER:
            yield session_of(row, 0)
        elif row.kind == CONSOLE:
            yield session_of(row, 1)
        else:
            ranks[row.user_id] += 1
            yield session_of(row, ranks[row.user_id])


def token_key_columns(key: TokenKey, seal: Seal) -> dict[str, object]:
    """The key's columns, its private half sealed to its name."""
    return {
        "kid": key.kid,
        "public": key.public,
        "private": seal.close(key.private, "token key", key.kid),
        "made": key.made,
        "retired": key.retired,
    }


def token_key_of(row: Row, seal: Seal) -> TokenKey:
    """The key in a row."""
    return TokenKey(
        kid=row.kid,
        public=row.public,
        private=seal.open(row.private, "token key", row.kid),
        made=row.made,
        retired=row.retired,
    )


def client_columns(client: OAuthClient) -> dict[str, object]:
    """The client's columns."""
    return {
        "id": client.id,
        "name": client.name,
        "uri": client.uri,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": list(client.grant_types),
        "application_type": client.application_type,
        "logo_uri": client.logo_uri,
        "created": client.created,
        "registered_from": client.registered_from,
        "software_version": client.software_version,
    }


def client_of(row: Row) -> OAuthClient:
    """The client in a row."""
    return OAuthClient(
        id=row.id,
        name=row.name,
        uri=row.uri,
        redirect_uris=tuple(row.redirect_uris),
        grant_types=tuple(row.grant_types),
        application_type=row.application_type,
        logo_uri=row.logo_uri,
        created=row.created,
        registered_from=row.registered_from,
        software_version=row.software_version,
    )
