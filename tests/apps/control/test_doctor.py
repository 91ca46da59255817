"""Every check of the doctor, one trouble at a time; each says what mends it."""

import base64
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.apps.control.organisation import Organisation, make
from tests.company_ca import root
from tests.core.test_waiting_acts import ACT
from vedette.adapters.boot_file import CertificatesBoot, InboundBoot, KerberosBoot
from vedette.admin.audit import ChainReport
from vedette.admin.doctor import (
    CHECKS,
    Astray,
    DoorLag,
    Examined,
    Found,
    Health,
    InspectorSeen,
    SignInSeen,
    examine,
)
from vedette.admin.homeserver import homeserver_file, render
from vedette.admin.kerberos import KerberosSeen
from vedette.admin.key_table import KEYS
from vedette.admin.keys import KeyFound
from vedette.control.examination import open_secrets
from vedette.control.kerberos_here import kerberos_seen
from vedette.control.main import current_settings
from vedette.core.asks import Act
from vedette.core.break_glass import Recovery
from vedette.core.language import sentence
from vedette.core.pending import PendingChange, State
from vedette.core.settings.document import Document, Rule
from vedette.core.settings.issuers import CLIENT_AUTH, Issuer
from vedette.ports.certificates import RevocationSource

NOW = 1_800_000_000.0
LAG = DoorLag(
    door="gateway", stream="settings", sent=5, in_force=5, refused=None, expires=int(NOW) + 60
)
CHAIN = ChainReport(process="gateway", holds=True, records=3, anchored=None, words="whole")

ROWS = {row.name: row for row in KEYS}
MISSING_KEY = KeyFound(row=ROWS["radius-secrets"], file=Path("/x"), there=False)
ENDING_CA = KeyFound(row=ROWS["anchors"], file=Path("/x"), there=True, ends=NOW + 86400)
OLD_KEY = KeyFound(row=ROWS["settings-key"], file=Path("/x"), there=True, made=NOW - 731 * 86400)

SIGN_IN = SignInSeen(
    process_trouble=None,
    responder_trouble=None,
    store_trouble=None,
    store_key_trouble=None,
    breached_trouble=None,
    newest_key=int(NOW) - 86400,
    one_factor=(),
)


def with_list(document: Document, path: str = "/lists/pwned") -> Document:
    """The same with this list of breached passwords named."""
    values = document.sign_in.model_copy(update={"breached_passwords": path})
    return document.model_copy(update={"sign_in": values})


def as_recommended(document: Document) -> Document:
    """With what is recommended where the default is something else."""
    wanted = {"on_breach": "freeze", "ending_invites": "confirm"}
    standing = document.standing.model_copy(update=wanted)
    return with_list(document.model_copy(update={"standing": standing}))


@pytest.fixture
def healthy(organisation: Organisation) -> Examined:
    boot = organisation.boot
    revision, document = current_settings(boot)
    path = homeserver_file(boot)
    path.parent.mkdir(parents=True)
    path.write_text(render(document, boot))
    return Examined(
        boot=boot,
        document=as_recommended(document),
        revision=revision,
        control_answers=True,
        chains=(CHAIN,),
        chain_trouble=None,
        doors=(LAG, replace(LAG, door="synapse")),
        closed=(),
        open_secrets=(),
        people_faults=(),
        now=NOW,
        newest=NOW - 5,
        free_bytes=50 << 30,
        certificate_ends=NOW + 90 * 86400,
        console_ends=NOW + 90 * 86400,
        reachable={"https://chat.example.test": None},
        sign_in=SIGN_IN,
        inspector=InspectorSeen(),
        recovery=Recovery(digest="d" * 64, made=1),
    )


def troubles(seen: Examined) -> list[Found]:
    return [found for found in examine(seen) if found.health is not Health.GOOD]


def test_recovery_that_is_open_is_loud(healthy: Examined) -> None:
    assert healthy.recovery is not None
    opened = healthy.recovery.opened(NOW, "recover:7")
    (found,) = troubles(replace(healthy, recovery=opened))
    assert (found.health, found.mend) == (Health.BROKEN, "vedette recover --end")
    assert "recover:7" in found.words


def test_an_offline_code_that_is_missing_or_lies_about_is_weak(healthy: Examined) -> None:
    (found,) = troubles(replace(healthy, recovery=None))
    assert (found.health, found.mend) == (Health.WEAK, "vedette recover --new-code")
    (found,) = troubles(replace(healthy, code_lies_here=Path("/srv/x/offline-code.txt")))
    assert found.health is Health.WEAK
    assert "/srv/x/offline-code.txt" in found.words


def test_a_healthy_organisation_has_no_trouble(healthy: Examined) -> None:
    assert troubles(healthy) == []
    assert len(CHECKS) == len(set(CHECKS))


TROUBLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "the inspector is down": (
        {"inspector": InspectorSeen(process="no")},
        "inspector",
        "vedette up",
    ),
    "a virus scanner is silent": (
        {"inspector": InspectorSeen(scanners=("clamd at unix:/x does not answer",))},
        "inspector",
        "systemctl status clamav-daemon",
    ),
    "YARA rules are broken": (
        {"inspector": InspectorSeen(yara="own.yar:3: no")},
        "inspector",
        "$EDITOR",
    ),
    "the inspector could do more than it may": (
        {"inspector": InspectorSeen(lacks=("the inspector: dials scanners alone",))},
        "inspector",
        "Landlock",
    ),
    "control is down": ({"control_answers": False}, "control", "vedette up"),
    "a door is behind": ({"doors": (replace(LAG, in_force=4),)}, "doors", "vedette up"),
    "a door never ran": ({"doors": (replace(LAG, in_force=None),)}, "doors", "vedette up"),
    "a door was sent nothing": ({"doors": (replace(LAG, sent=None),)}, "doors", "vedette up"),
    "a door refused": ({"doors": (replace(LAG, refused="expired"),)}, "doors", "vedette up"),
    "a door has closed": ({"doors": (replace(LAG, expires=int(NOW) - 1),)}, "doors", "vedette up"),
    "a chain is broken": ({"chains": (replace(CHAIN, holds=False),)}, "audit", "audit verify"),
    "a checkpoint is forged": ({"chain_trouble": "signature"}, "audit", "audit verify"),
    "the record does not leave": ({"unsent": ("5 bytes",)}, "audit-leaves", "control.log"),
    "people are not sealed": ({"unsealed": ("no key",)}, "audit-names", "vedette up"),
    "a secret is open": ({"open_secrets": (Path("/x"),)}, "secrets", "chmod 600 /x"),
    "the people can't be read": ({"people_faults": ("line 3: no",)}, "people", "people.csv"),
    "a key is missing": ({"keys": (MISSING_KEY,)}, "keys", "BACKUP"),
    "a key is old": ({"keys": (OLD_KEY,)}, "keys", "vedette key rotate settings-key"),
    "a CA ends": ({"keys": (ENDING_CA,)}, "keys", "put the new CA beside the old one"),
    "the clock went back": ({"newest": NOW + 4000}, "clock", "timedatectl"),
    "the disk is full": ({"free_bytes": 5 << 20}, "disk", "du -xh"),
    "the certificate ends": ({"certificate_ends": NOW + 86400}, "certificate", "install -m 600"),
    "the certificate is gone": ({"certificate_ends": None}, "certificate", "install -m 600"),
    "the console's certificate ends": ({"console_ends": NOW + 86400}, "console", "console.crt"),
    "the console's certificate is gone": ({"console_ends": None}, "console", "console.crt"),
    "nobody finds the way in": (
        {"reachable": {"x": Astray("silent", "curl -s x")}},
        "delegation",
        "curl -s x",
    ),
    "a door does not fit": (
        {"closed": ("typing (it takes `x`)",)},
        "synapse",
        "make --always-make setup",
    ),
}


SIGN_IN_TROUBLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "sign-in is down": ({"process_trouble": "it does not answer"}, "sign-in", "vedette up"),
    "the responder is down": ({"responder_trouble": "nobody"}, "sign-in", "vedette up"),
    "the store is away": ({"store_trouble": "gone"}, "sign-in", "vedette up"),
    "no key signs": ({"newest_key": None}, "sign-in", "vedette up"),
    "the store's key is lost": ({"store_key_trouble": "gone"}, "sign-in", "BACKUP"),
    "the key is old": ({"newest_key": int(NOW) - 120 * 86400}, "token-key", "signin.log"),
    "people have one factor": ({"one_factor": tuple("abcdefg")}, "second-factors", "reset a"),
    "the list is gone": ({"breached_trouble": "gone"}, "passwords", "breached_passwords"),
}


@pytest.mark.parametrize("name", SIGN_IN_TROUBLES)
def test_a_trouble_with_signing_in_is_told_with_what_mends_it(healthy: Examined, name: str) -> None:
    change, check, mend = SIGN_IN_TROUBLES[name]
    seen = replace(healthy, sign_in=replace(SIGN_IN, **change))
    (found,) = troubles(seen)
    assert found.check == check
    assert mend in (found.mend or "")


def test_passwords_that_are_compared_with_nothing_are_weak(healthy: Examined) -> None:
    (found,) = troubles(replace(healthy, document=with_list(healthy.document, "")))
    assert (found.check, found.health) == ("passwords", Health.WEAK)


def test_secrets_of_the_sign_in_service_are_looked_at_wherever_they_lie(tmp_path: Path) -> None:
    boot = make(tmp_path / "org").boot
    elsewhere = boot.folder / "elsewhere.key"
    elsewhere.write_bytes(b"k" * 32)
    elsewhere.chmod(0o644)
    boot.folder.chmod(0o755)
    moved = boot.signin.model_copy(update={"store_key": Path("elsewhere.key")})
    assert elsewhere in open_secrets(boot.model_copy(update={"signin": moved}))


@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_is_told_with_what_mends_it(healthy: Examined, name: str) -> None:
    change, check, mend = TROUBLES[name]
    (found,) = troubles(replace(healthy, **change))
    assert found.check == check
    assert mend in (found.mend or "")


@pytest.mark.parametrize(("ends", "health"), [(None, "broken"), (1, "broken"), (90, "good")])
def test_the_certificate_to_which_others_push_is_looked_at_where_there_is_one(
    healthy: Examined, ends: int | None, health: str
) -> None:
    own = InboundBoot(listen="127.0.0.1:1", url="https://push.example.test")
    control = healthy.boot.control.model_copy(update={"inbound": own})
    boot = healthy.boot.model_copy(update={"control": control})
    then = None if ends is None else NOW + ends * 86400
    found = [
        each
        for each in examine(replace(healthy, boot=boot, inbound_ends=then))
        if each.check == "pushed"
    ]
    assert [each.health.value for each in found] == [health]


def test_a_change_of_synapse_s_configuration_is_drift(healthy: Examined) -> None:
    path = homeserver_file(healthy.boot)
    path.write_text(path.read_text() + "enable_registration: true\n")
    (found,) = troubles(healthy)
    assert (found.check, found.health) == ("drift", Health.BROKEN)
    assert "edited by hand" in found.words
    path.unlink()
    assert [found.check for found in troubles(healthy)] == ["drift"]


def test_a_value_with_which_synapse_was_not_started_yet_is_named(healthy: Examined) -> None:
    chosen = healthy.document.synapse.model_copy(update={"own_names": False, "presence": False})
    waits = replace(healthy, document=healthy.document.model_copy(update={"synapse": chosen}))
    (found,) = troubles(waits)
    assert (found.check, found.health) == ("drift", Health.WEAK)
    assert "older values of enable_set_displayname, presence;" in found.words
    homeserver_file(waits.boot).write_text(render(waits.document, waits.boot))
    assert troubles(waits) == []


def test_a_value_that_is_not_the_recommended_one_is_named_with_its_risk(healthy: Examined) -> None:
    messages = healthy.document.messages.model_copy(update={"encrypted": "never"})
    weak = replace(healthy, document=healthy.document.model_copy(update={"messages": messages}))
    homeserver_file(weak.boot).write_text(render(weak.document, weak.boot))
    (found,) = troubles(weak)
    assert found.health is Health.WEAK
    assert "read along" in found.words
    assert (found.mend or "").startswith("vedette settings set messages.encrypted")


def test_a_rule_that_only_observes_is_named(healthy: Examined) -> None:
    rule = Rule(
        between=("us", "outside"), allow=("message",), mode="observe", expires=date(2099, 1, 1)
    )
    rules = {**healthy.document.rules, "watching": rule}
    weak = replace(healthy, document=healthy.document.model_copy(update={"rules": rules}))
    (found,) = troubles(weak)
    assert "`watching` only observes" in found.words


def test_secrets_below_a_private_folder_are_not_open(organisation: Organisation) -> None:
    token = organisation.boot.path(organisation.boot.control.token)
    token.chmod(0o644)
    assert open_secrets(organisation.boot) == ()
    organisation.boot.folder.chmod(0o755)
    assert token in open_secrets(organisation.boot)


def test_changes_that_wait_are_listed_with_the_command_that_shows_them(healthy: Examined) -> None:
    change = PendingChange(
        id="0123456789", text="", digest="", base=1, act=Act.ADMINISTRATION_SETTINGS_APPLY,
        author="@anna:example.test", token="", reason="contract 4711", asked=int(NOW), expires=int(NOW) + 9,
    )  # fmt: skip
    scheduled = replace(change, id="9876543210", state=State.SCHEDULED)
    one, other = troubles(replace(healthy, waiting=(change, scheduled)))
    assert "`@anna:example.test` waits for a second person" in one.words
    assert ("contract 4711" in one.words, "its hour" in other.words) == (True, True)
    assert one.mend == "vedette settings pending 0123456789"


def test_acts_that_wait_are_listed_with_the_command_that_shows_them(healthy: Examined) -> None:
    (found,) = troubles(replace(healthy, acts=(ACT,)))
    assert "`keys:key:rotate` of `@anna:example.org` waits for a second person" in found.words
    assert found.mend == f"vedette act show {ACT.id}"


def test_acts_under_recovery_that_nothing_covers_break_trust(healthy: Examined) -> None:
    (found,) = troubles(replace(healthy, beyond=("record `control:7` was allowed",)))
    assert (found.check, found.health) == ("recovery", Health.BROKEN)


def with_ca(document: Document, ca: bytes) -> Document:
    issuer = Issuer(anchors=(base64.b64encode(ca).decode(),))
    return document.model_copy(update={"issuers": {"corp": issuer}})


@pytest.mark.parametrize(
    ("until", "health", "words"),
    [
        (int(NOW) + 365 * 86400, None, ""),
        (int(NOW) + 20 * 86400, Health.WEAK, "ends on 2027-02-04"),
        (int(NOW) - 60, Health.BROKEN, "has expired"),
    ],
)
def test_a_ca_of_the_company_that_ends_is_told_of_in_time(
    healthy: Examined, until: int, health: Health | None, words: str
) -> None:
    ca = root("O=Corp, CN=Corp Root", until=until)
    found = [
        each for each in examine(replace(healthy, document=with_ca(healthy.document, ca.der)))
        if each.check == "company's CAs"
    ]  # fmt: skip
    assert [each.health for each in found] == ([health] if health else [])
    assert all(words in each.words for each in found)
    assert all("vedette issuer add corp" in str(each.mend) for each in found)


def test_a_ca_that_is_none_or_can_not_be_read_is_broken(healthy: Examined) -> None:
    for wrong in (root().person().der, b"\x30\x82" + b"A" * 300):
        seen = replace(healthy, document=with_ca(healthy.document, wrong))
        (found,) = (each for each in examine(seen) if each.check == "company's CAs")
        assert found.health is Health.BROKEN


def with_issuer(seen: Examined, **sign_in: Any) -> Examined:
    """The same, with a CA of the company in the settings and an address to show certificates."""
    issuer = Issuer(anchors=(root().issued.pem,))
    document = seen.document.model_copy(update={"issuers": {"company": issuer}})
    apart = CertificatesBoot(listen="0.0.0.0:8449", url="https://card.example.test:8449")
    gateway = seen.boot.gateway.model_copy(update={"certificates": apart})
    boot = seen.boot.model_copy(update={"gateway": gateway})
    return replace(seen, boot=boot, document=document, sign_in=replace(SIGN_IN, **sign_in))


def of_certificates(seen: Examined) -> list[Found]:
    return [found for found in troubles(seen) if found.check == "certificates"]


def test_issuers_without_an_address_to_show_certificates_are_of_no_use(healthy: Examined) -> None:
    assert of_certificates(with_issuer(healthy)) == []
    (found,) = of_certificates(replace(with_issuer(healthy), boot=healthy.boot))
    assert found.health is Health.BROKEN
    assert "certificates = {" in str(found.mend)


@pytest.mark.parametrize(
    ("values", "health"),
    [
        ({"counts": 1}, None),
        ({"counts": 2}, Health.WEAK),
        ({"counts": 2, "policies": ("1.3.6.1.4.1.99999.1",)}, None),
        ({"counts": 2, "usages": (CLIENT_AUTH, "1.3.6.1.4.1.311.20.2.2")}, None),
    ],
)
def test_a_whole_sign_in_by_a_key_that_may_be_in_a_file_is_told_of(
    healthy: Examined, values: dict[str, object], health: Health | None
) -> None:
    seen = with_issuer(healthy)
    issuer = seen.document.issuers["company"].model_copy(update=values)
    document = seen.document.model_copy(update={"issuers": {"company": issuer}})
    found = of_certificates(replace(seen, document=document))
    assert [each.health for each in found] == ([health] if health else [])
    assert all("vedette issuer add company" in str(each.mend) for each in found)


def test_a_list_of_revocations_that_fails_or_is_late_is_named(healthy: Examined) -> None:
    good = RevocationSource(
        issuer="company", place="http://crl.test/a", kind="crl", next_update=int(NOW) + 9
    )
    assert of_certificates(with_issuer(healthy, sources=(good,))) == []
    for source in (
        replace(good, trouble="it answered 404"),
        replace(good, next_update=int(NOW) - 1),
    ):
        (found,) = of_certificates(with_issuer(healthy, sources=(source,)))
        assert found.health is Health.BROKEN
        assert good.place in found.words
    assert of_certificates(with_issuer(healthy, sources=(replace(good, issuer="gone"),))) == []


def test_certificates_in_use_that_end_soon_are_counted(healthy: Examined) -> None:
    (found,) = of_certificates(with_issuer(healthy, ending=3))
    assert (found.health, found.words) == (
        Health.WEAK,
        "3 certificates in use end within 30 days",
    )


# ---- Kerberos --------------------------------------------------------------------------------------


def with_kerberos(
    healthy: Examined, *, offered: str = "yes", principal: str = "", **seen: Any
) -> Examined:
    """The same with a keytab named, and Kerberos offered or not."""
    host = urlsplit(healthy.boot.gateway.client_url).hostname
    own = KerberosBoot(principal=principal or f"HTTP/{host}@CORP.TEST")
    signin = healthy.boot.signin.model_copy(update={"kerberos": own})
    values = healthy.document.sign_in.model_copy(update={"kerberos": offered})
    return replace(
        healthy,
        boot=healthy.boot.model_copy(update={"signin": signin}),
        document=healthy.document.model_copy(update={"sign_in": values}),
        kerberos=KerberosSeen(**seen),
    )


def test_kerberos_that_is_set_up_is_no_trouble(healthy: Examined) -> None:
    seen = with_kerberos(healthy)
    assert troubles(seen) == []
    (said,) = [each for each in examine(seen) if each.check == "kerberos"]
    assert "five minutes" in said.words


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        (
            {"missing": "apt install gcc python3-dev libkrb5-dev"},
            "apt install gcc python3-dev libkrb5-dev",
        ),
        ({"trouble": sentence("`x` is missing")}, "install -m 600 KEYTAB"),
        ({"trouble": sentence("`x` can be read by others"), "open": True}, "chmod 600"),
        ({"weak": sentence("`x` has only RC4 keys")}, "install -m 600 KEYTAB"),
        ({"offered": "no"}, "vedette settings set sign_in.kerberos yes"),
        ({"principal": "HTTP/elsewhere.example@CORP.TEST"}, "setspn -S HTTP/"),
    ],
)
def test_whatever_keeps_tickets_from_being_taken_is_named(
    healthy: Examined, changes: dict[str, Any], mend: str
) -> None:
    (found,) = troubles(with_kerberos(healthy, **changes))
    assert found.check == "kerberos"
    assert found.mend.startswith(mend)


def test_kerberos_that_is_offered_without_keys_is_broken(healthy: Examined) -> None:
    seen = with_kerberos(healthy)
    bare = replace(seen, boot=healthy.boot, kerberos=None)
    (found,) = troubles(bare)
    assert (found.check, found.health) == ("kerberos", Health.BROKEN)
    assert troubles(replace(healthy, kerberos=None)) == []


def test_what_is_seen_of_kerberos_is_what_lies_here(healthy: Examined) -> None:
    assert kerberos_seen(healthy.boot) is None
    boot = with_kerberos(healthy).boot
    seen = kerberos_seen(boot)
    assert seen is not None
    assert "is missing" in str(seen.trouble)
    assert not seen.open
    keytab = boot.path(KerberosBoot(principal="HTTP/x@X").keytab)
    keytab.write_bytes(b"no keytab")
    keytab.chmod(0o644)
    again = kerberos_seen(boot)
    assert again is not None
    assert "can't be used" in str(again.trouble)
    assert again.open
