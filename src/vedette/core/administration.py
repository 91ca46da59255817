"""Every act of administration, in words. What is not listed here is no act that rules can give."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vedette.core.asks import Act
from vedette.core.german.acts import ACTS
from vedette.core.language import Sentence

_ENGLISH = {
    Act.ADMINISTRATION_ACT_APPROVE: "be the second person for an act of somebody else, such as a new "
    "key, where a rule wants one",
    Act.ADMINISTRATION_ACT_LIST: "see which acts wait for a second person",
    Act.ADMINISTRATION_ACT_REJECT: "turn an act away that waits",
    Act.ADMINISTRATION_RECOVERY_BEGIN: "open recovery with the offline code, on control's host; no "
    "rule gives or forbids it",
    Act.ADMINISTRATION_RECOVERY_END: "close recovery, on control's host",
    Act.ADMINISTRATION_RECOVERY_RENEW: "make a new offline code, on control's host",
    Act.ADMINISTRATION_SETTINGS_APPLY: "change the settings and the rules",
    Act.ADMINISTRATION_SETTINGS_APPROVE: "be the second person for a change of somebody else",
    Act.ADMINISTRATION_SETTINGS_CONFIRM: "say of a revision on trial that it shut nobody out, so that "
    "it stays",
    Act.ADMINISTRATION_SETTINGS_DRAFT: "keep and remove drafts of the settings, which are in force for "
    "nobody",
    Act.ADMINISTRATION_SETTINGS_READ: "read the settings, the rules and their history; compare a "
    "draft with them. Every change of the settings asks for this too",
    Act.ADMINISTRATION_SETTINGS_REJECT: "turn a waiting change away",
    Act.ADMINISTRATION_SETTINGS_REPLAY: "have recorded asks decided by a draft",
    Act.ADMINISTRATION_SETTINGS_RESTORE: "make an earlier revision the newest",
    Act.ADMINISTRATION_SETTINGS_WITHDRAW: "take back a waiting change of one's own",
    Act.ADMINISTRATION_AUDIT_VERIFY: "have the audit chains checked",
    Act.ADMINISTRATION_PERSON_ERASE: "make what the record says of somebody unreadable for good",
    Act.ADMINISTRATION_PERSON_REPORT: "have told what the record says of somebody",
    Act.ADMINISTRATION_AUDIT_READ: "read records of the audit log, which say who did what when",
    Act.ADMINISTRATION_SHOWN_CERTIFICATE_LIST: "see issuers of certificates, who signs in with what, "
    "and how revocation lists and responders stand",
    Act.ADMINISTRATION_SHOWN_CERTIFICATE_REVOKE: "say that a certificate was revoked by its CA: every "
    "session that stands on it ends. Meant for the CA's own procedure",
    Act.ADMINISTRATION_CERTIFICATE_LIST: "see the certificates of our servers, and what becomes of "
    "their orders",
    Act.ADMINISTRATION_CERTIFICATE_RENEW: "have the gateway order a new certificate now",
    Act.ADMINISTRATION_DEVICE_APPROVE: "let a waiting device of somebody in, or turn it away",
    Act.ADMINISTRATION_INVENTORY_LIST: "see what device management reports of devices, who is "
    "signed in on them, and how its inventories stand",
    Act.ADMINISTRATION_INVENTORY_SYNC: "have an inventory of the device management read now, and take "
    "what it tells though it misses many devices",
    Act.ADMINISTRATION_INVENTORY_TEST: "try an inventory of the device management, step by step",
    Act.ADMINISTRATION_DOOR_LIST: "see how the doors stand",
    Act.ADMINISTRATION_FILE_HOLD: "keep a file that somebody has sent from everybody",
    Act.ADMINISTRATION_FILE_LIST: "see which files of somebody are held or were refused, by name",
    Act.ADMINISTRATION_FILE_RELEASE: "release a held file that somebody else has sent, where the "
    "rules have nothing against it",
    Act.ADMINISTRATION_KEY_LIST: "see every key and secret of the organisation by its name, never "
    "its value",
    Act.ADMINISTRATION_KEY_ROTATE: "put a new key in the place of one of ours",
    Act.ADMINISTRATION_PARTNER_CHANGE: "add a partner, with a rule for people and channels between "
    "us and it, or remove one",
    Act.ADMINISTRATION_PARTNER_CHECK: "have the gateway try to reach a partner",
    Act.ADMINISTRATION_PARTNER_LIST: "see partners and what passes between them and us",
    Act.ADMINISTRATION_ACCOUNT_CREATE: "make somebody an account",
    Act.ADMINISTRATION_DIRECTORY_PREVIEW: "see whom a party, a group or another filter of the "
    "company's directory would hold",
    Act.ADMINISTRATION_DIRECTORY_SHOW: "see how the list of people stands towards the company's "
    "directory",
    Act.ADMINISTRATION_DIRECTORY_SYNC: "have the company's directory read now, and take a list that "
    "is held since it would take many people away",
    Act.ADMINISTRATION_FACTOR_RESET: "take somebody's second factors away and hand out a start code",
    Act.ADMINISTRATION_GROUP_PROVISION: "push a group and who is in it (SCIM), as an identity provider",
    Act.ADMINISTRATION_PASSWORD_RESET: "hand out a start password; forget failed sign-ins",
    Act.ADMINISTRATION_PEOPLE_COUNT: "see how many people the directory has, and its faults",
    Act.ADMINISTRATION_PERSON_PROVISION: "push somebody, change or deactivate them (SCIM), as an "
    "identity provider",
    Act.ADMINISTRATION_PUSHED_CONFIRM: "have what an identity provider pushed come into force though "
    "it takes many people away",
    Act.ADMINISTRATION_PUSHED_READ: "read what was pushed (SCIM), as an identity provider",
    Act.ADMINISTRATION_PUSHED_SHOW: "see what an identity provider has pushed",
    Act.ADMINISTRATION_DECISION_EXPLAIN: "ask how something would be decided, whoever does it",
    Act.ADMINISTRATION_ROOM_COUNT: "see how many rooms are against the rules",
    Act.ADMINISTRATION_ROOM_LIST: "see which rooms are against the rules, and who is "
    "in a room: in those, and in one whose id is asked about",
    Act.ADMINISTRATION_ROOM_SWEEP: "have every room judged again",
    Act.ADMINISTRATION_SESSION_END: "end a session of somebody for good",
    Act.ADMINISTRATION_SESSION_LIST: "see somebody's sessions, devices, account and kinds of factor",
    Act.ADMINISTRATION_SESSION_RESUME: "let a suspended session of somebody go on",
    Act.ADMINISTRATION_SESSION_SUSPEND: "suspend a session of somebody",
    Act.ADMINISTRATION_TOKEN_ADD: "make a token that acts for somebody: whoever may do this may act "
    "as that person. No token is good for it",
    Act.ADMINISTRATION_TOKEN_LIST: "see every token, never its value",
    Act.ADMINISTRATION_TOKEN_REMOVE: "remove a token of somebody",
}

MEANINGS: Mapping[Act, Sentence] = MappingProxyType(
    {act: Sentence(english, ACTS.get(act.value, english)) for act, english in _ENGLISH.items()}
)
"""What each act is, for the reference page and for people who choose acts for a token."""
