"""The order that adds an issuer of certificates: one setting, and its command says so."""

from __future__ import annotations

import re

from vedette.admin.issuers import sorted_out
from vedette.admin.rejected import Code, Rejected
from vedette.console.orders import Form, OrderKind, reason_of
from vedette.console.settings_orders import SetValue, base_of
from vedette.core.language import told
from vedette.core.settings.reference import spell_value

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def _name(form: Form) -> str:
    name = form.get("name", "").strip()
    if _NAME.fullmatch(name) is None:
        raise Rejected(
            Code.INVALID,
            told("`{name}` is no name for an issuer", name=name[:80]),
            told("write small letters, digits and hyphens, at most 63"),
        )
    return name


def _add(form: Form) -> SetValue:
    """The CAs of a PEM text as one table: roots are anchors, unless every CA shall be one."""
    found = sorted_out(form.get("pem", "").encode(), all_anchors=bool(form.get("anchors")))
    if not found.anchors:
        raise Rejected(
            Code.INVALID,
            told("there is no root CA among them, so nothing would be trusted"),
            told("add the root's certificate, or trust each CA itself"),
        )
    names = [line.strip() for line in form.get("names", "").splitlines() if line.strip()]
    keys = {"anchors": found.anchors, "intermediates": found.intermediates, "names": names}
    table = spell_value({key: value for key, value in keys.items() if value})
    return SetValue(
        path=f"issuers.{_name(form)}", value=table, reason=reason_of(form), base=base_of(form)
    )


ADD = OrderKind(name="add-issuer", title="certificates", read=_add, back="/certificates")
