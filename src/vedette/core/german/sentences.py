"""Every sentence that is known by its English, in German."""

from __future__ import annotations

from vedette.core.german import (
    certificates,
    changes,
    directory,
    explaining,
    faults,
    findings,
    officers,
    orders,
    refusals,
    second_person,
)

TABLES = (
    explaining.TO_PEOPLE,
    explaining.TO_ADMINISTRATORS,
    explaining.HELD,
    explaining.PARTNERS,
    explaining.AT_SIGN_IN,
    directory.CHECKS,
    directory.TLS,
    findings.DOCTOR,
    findings.EXAMINATION,
    findings.CERTIFICATES,
    findings.SHOWN,
    findings.RECOVERY,
    findings.CHAINS,
    findings.ADVICE,
    findings.DOORS,
    officers.ENDING,
    officers.OFFICERS,
    refusals.PEOPLE,
    refusals.ADMINISTRATION,
    refusals.PARTNERS,
    refusals.SETTINGS,
    refusals.LOOKING,
    refusals.ISSUERS,
    refusals.KEYS,
    refusals.FILES,
    orders.ASKED_ROOMS,
    orders.OF_THE_CONSOLE,
    second_person.LOCK_OUT,
    second_person.SECOND_PERSON,
    changes.DIFFERENCES,
    changes.EDITS,
    changes.DONE,
    changes.KINDS,
    faults.REFERENCES,
    faults.SHAPES,
    faults.VALUES,
    faults.WARNINGS,
    certificates.FAULTS,
    certificates.WAYS_OUT,
    certificates.SOURCES,
)

SENTENCES: dict[str, str] = dict(pair for table in TABLES for pair in table)
"""By the English, with its places; `told` looks here."""
