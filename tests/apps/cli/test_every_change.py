"""The command and the call under every change do the very same on another organisation.

The walk goes over the model itself: a setting, a fact or an operator without a case fails it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.apps.cli.served import Served
from vedette.core.asks import Act
from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.conditions import ConditionError, Operator, parse
from vedette.core.facts import ONLY_CLAIMED, REGISTRY, FactSpec, FactType
from vedette.core.settings.canonical import digest
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.edit import add_rule, remove, set_value
from vedette.core.settings.parse import parse_document
from vedette.core.settings.reference import settings_reference, spell_value

START = set_value(default_document("Example AG", "example.test"), "audit.keep", '"300 days"')
"""Records are kept for a time already: keeping them for less long is nobody's alone."""
KEY = "ed25519:a_1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
PIN = "pin-sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
CA = "MIIB" + "A" * 40

Case = tuple[str, str, str | None]
"""A setting of the reference, the path that is changed, and its TOML value (None takes it out)."""

WORDS: list[Case] = [
    ("organisation.name", "organisation.name", '"Müller\'s \\"Söhne\\" & $HOME `id` \\\\ AG"'),
    ("parties.<name>.groups", "parties.staff", '{ groups = ["Employees", "R&D \'quoted\'"] }'),
    ("parties.<name>.users", "parties.staff.users", '["@ann:example.test"]'),
    ("parties.<name>.except", "parties.temps", '{ groups = ["Temps"], except = ["staff"] }'),
    ("partners.<name>.domains", "partners.acme",
     '{ domains = ["acme.example", "*.acme.example"] }'),
    ("partners.<name>.keys", "partners.acme.keys", f'["{KEY}", "{KEY} until 2099-01-01"]'),
    ("partners.<name>.tls", "partners.acme.tls", f"['{PIN}']"),
    ("partners.<name>.ca", "partners.acme.ca", f'["{CA}"]'),
    ("partners.<name>.contact", "partners.acme.contact", '"Frau Ångström, +49 30 1234 (Mo-Fr)"'),
    ("partners.<name>.valid_until", "partners.acme.valid_until", "2099-06-30"),
    ("networks.<name>", "networks.office", '["10.1.0.0/16", "2001:db8:1::/48"]'),
    ("issuers.<name>.anchors", "issuers.corp", f'{{ anchors = ["{CA}"] }}'),
    ("issuers.<name>.intermediates", "issuers.corp.intermediates", f'["{CA}"]'),
    ("issuers.<name>.usages", "issuers.corp.usages",
     '["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2"]'),
    ("issuers.<name>.policies", "issuers.corp.policies", '["1.3.6.1.4.1.99999.1"]'),
    ("issuers.<name>.names", "issuers.corp.names",
     """["sid", "upn", 'subject:CN={user}, OU=*, O=Ex\\, "AG"']"""),
    ("issuers.<name>.people.<name>", "issuers.corp.people", f'{{ {"ab" * 32} = "@ann:example.test" }}'),
    ("issuers.<name>.people.<name>", f"issuers.corp.people.01ff-{'cd' * 32}", '"@bob:example.test"'),
    ("issuers.<name>.devices", "issuers.corp.devices", '"managed"'),
    ("issuers.<name>.device_names", "issuers.corp.device_names",
     """["serial", "san-uri:urn:device:{device}", 'subject:CN={device}, O=Ex\\, "AG"']"""),
    ("issuers.<name>.counts", "issuers.corp.counts", "2"),
    ("issuers.<name>.revocation", "issuers.corp.revocation", '"soft"'),
    ("issuers.<name>.crl", "issuers.corp.crl",
     '["http://ca.example.test/it\'s.crl?a=b&c", "/srv/corp list.crl"]'),
    ("issuers.<name>.ocsp", "issuers.corp.ocsp", '"http://ocsp.example.test:8080/"'),
    ("issuers.<name>.refresh", "issuers.corp.refresh", '"30 seconds"'),
    ("device_management.<name>.issuers", "device_management.intune", '{ issuers = ["corp"] }'),
    ("device_management.<name>.good_for", "device_management.intune.good_for", '"12 hours"'),
    ("device_management.<name>.every", "device_management.intune.every", '"2 minutes"'),
    ("rooms.<name>.members", "rooms.board", '{ members = ["staff", "acme"] }'),
    ("rooms.<name>.encrypted", "rooms.board.encrypted", "true"),
    ("rooms.<name>.sealed", "rooms.board.sealed", "true"),
    ("rooms.<name>.plain", "rooms.open", "{ plain = true }"),
    ("rooms.<name>.history", "rooms.team", '{ members = ["staff"], history = "shared" }'),
    ("rooms.<name>.on_breach", "rooms.team.on_breach", '"freeze"'),
    ("federation.partners.<name>.requests", "federation.partners.acme", "{ requests = 7 }"),
    ("federation.partners.<name>.traffic", "federation.partners.acme.traffic", '"64 MiB"'),
    ("federation.partners.<name>.invites", "federation.partners.acme.invites", "0"),
    ("federation.partners.<name>.at_once", "federation.partners.acme.at_once", "9"),
    ("federation.partners.<name>.transaction", "federation.partners.acme.transaction", '"2 MiB"'),
]  # fmt: skip
VALUES = {
    "audit.permitted": '"whole"',
    "audit.keep": '"400 days"',
    "audit.siem_names": "false",
    "directory.people": '"(&(objectClass=user)(!(cn=it\'s \\\\2a)))"',
    "directory.groups": '"(objectClass=group)"',
    "directory.user": '"sAMAccountName"',
    "directory.display_name": '"cn"',
    "directory.email": '"userPrincipalName"',
    "directory.group_name": '"sAMAccountName"',
    "directory.attributes": '["department", "employeeType"]',
    "directory.guests": '["Externe & Gäste", "Auditors"]',
    "directory.wrong_passwords": "3",
    "directory.largest_removal": "7",
    "directory.look": '"3 seconds"',
    "directory.reading": '"2 hours"',
    "people.sources": '["table", "scim"]',
    "people.largest_removal": "7",
    "messages.encrypted": '"required"',
    "media.max_upload": '"10 MiB"',
    "files.wait": '"7 seconds"',
    "files.max_depth": "3",
    "files.max_entries": "77",
    "files.max_unpacked": '"300 MiB"',
    "files.max_ratio": "99",
    "files.max_seconds": '"2 minutes"',
    "push.gateways": '["https://push.example.test/_matrix/push/v1/notify"]',
    "federation.requests": "600",
    "federation.traffic": '"60 MiB"',
    "federation.invites": "3",
    "federation.at_once": "11",
    "federation.transaction": '"3 MiB"',
    "streams.lifetime": '"3 days"',
    "administration.wait_after_reset": '"2 days"',
    "notices.per_minute": "0",
    "standing.on_breach": '"remove"',
    "standing.wait": '"20 minutes"',
    "standing.ending_invites": '"confirm"',
    "sign_in.second_factors": '["webauthn", "radius"]',
    "sign_in.managed_models": '["ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"]',
    "sign_in.kerberos": '"yes"',
    "sign_in.kerberos_networks": '["office"]',
    "sign_in.kerberos_binding": '"required"',
    "sign_in.session": '"12 hours"',
    "sign_in.expired_kept": '"90 days"',
    "sign_in.console_session": '"4 hours"',
    "sign_in.console_idle": '"20 minutes"',
    "sign_in.access_token": '"5 minutes"',
    "sign_in.outage_grace": '"1 hour"',
    "sign_in.enrolment_grace": '"1 day"',
    "sign_in.at_device_limit": '"end-oldest"',
    "sign_in.registration": '"approved"',
    "sign_in.clients": '["https://*.example.test", "loopback"]',
    "sign_in.password_min_length": "16",
    "sign_in.breached_passwords": '"/srv/breached list.txt"',
    "sign_in.attempts_per_account": "9",
    "sign_in.attempts_around_account": "90",
    "sign_in.wrong_second_factors": "4",
    "sign_in.attempts_per_address": "29",
    "sign_in.attempts_per_network": "290",
    "sign_in.sign_ins_per_address": "299",
    "sign_in.sign_ins_per_network": "2999",
    "sign_in.registrations_per_address": "59",
    "sign_in.registrations_per_network": "599",
    "synapse.messages_kept": '"400 days"',
    "synapse.deleted_messages_kept": '"3 days"',
    "synapse.forgotten_rooms_kept": '"60 days"',
    "synapse.forget_on_leave": "true",
    "synapse.addresses_kept": '"14 days"',
    "synapse.files_kept": '"365 days"',
    "synapse.partner_files_kept": '"90 days"',
    "synapse.uploads_a_day": '"5 GiB"',
    "synapse.largest_picture": "20000000",
    "synapse.presence": "false",
    "synapse.find_everybody": "true",
    "synapse.room_directory": "true",
    "synapse.own_names": "false",
    "synapse.own_pictures": "false",
    "synapse.names_per_room": "false",
    "synapse.rate_messages": '"600 a minute, 20 at once"',
    "synapse.rate_rooms": '"6 a minute, 3 at once"',
    "synapse.rate_joins": '"60 a minute, 20 at once"',
    "synapse.rate_joins_elsewhere": '"6 a minute, 2 at once"',
    "synapse.rate_joins_into_room": '"30 a minute, 30 at once"',
    "synapse.rate_invites": '"30 a minute, 31 at once"',
    "synapse.rate_invites_to_person": '"3 a minute, 5 at once"',
    "synapse.rate_invites_into_room": '"33 a minute, 35 at once"',
    "synapse.rate_presence": '"6 a minute, 1 at once"',
    "synapse.rate_searches": '"10 a minute, 20 at once"',
    "synapse.rate_uploads": '"60 a minute, 10 at once"',
}
RULES: dict[str, dict[str, Any]] = {
    "between": {"between": ["staff", "acme"], "allow": ["message", "contact"]},
    "from": {"from": ["us"], "allow": ["sign-in"]},
    "to": {"from": ["staff", "temps"], "to": ["acme", "bridge:irc"], "allow": ["file"]},
    "allow": {"between": ["us", "us"], "allow": ["all"]},
    "forbid": {"between": ["anyone", "anyone"], "forbid": ["call", "presence"]},
    "when": {"between": ["us", "acme"], "allow": ["file"],
             "when": ["file.kind in document, image", "file.size <= 10 MiB"]},
    "unless": {"between": ["us", "acme"], "forbid": ["file"],
               "unless": ["room.kind = board", "claimed device.platform in ios, android"]},
    "say": {"between": ["us", "outside"], "forbid": ["file"],
            "say": "Doesn't \"work\" with $others; ask `IT` — 漢字 & Grüße \\ <3!"},
    "owner": {"between": ["us", "us"], "allow": ["presence"], "owner": "security-office"},
    "expires": {"between": ["us", "acme"], "allow": ["voice"], "expires": "2099-12-31"},
    "mode": {"between": ["us", "acme"], "forbid": ["voice"], "mode": "observe"},
}  # fmt: skip
GUARDRAILS: dict[str, dict[str, Any]] = {
    "between": {"between": ["us", "outside"], "forbid": ["file"]},
    "from": {"from": ["guests"], "forbid": ["sign-in"], "unless": ["device.managed = yes"]},
    "to": {"from": ["us"], "to": ["outside", "bridge:irc"], "forbid": ["file"]},
    "forbid": {"between": ["us", "outside"], "forbid": ["call", "file"]},
    "when": {"between": ["us", "outside"], "forbid": ["file"], "when": ["file.size > 1 GiB"]},
    "unless": {"between": ["us", "outside"], "forbid": ["file"],
               "unless": ["claimed file.kind in image, text", "file.encrypted = no"]},
    "say": {"between": ["us", "outside"], "forbid": ["file"], "say": "Never; it's $agreed — ever."},
    "owner": {"between": ["us", "outside"], "forbid": ["file"], "owner": "security-office"},
}  # fmt: skip
NEVER = {
    "organisation.domain": ("organisation.domain", '"other.test"'),
    "guardrails.<name>.allow": ("guardrails.x", '{ between = ["us", "us"], allow = ["message"] }'),
    "guardrails.<name>.expires": ("guardrails.x",
        '{ between = ["us", "us"], forbid = ["message"], expires = 2099-01-01 }'),
    "guardrails.<name>.mode": ("guardrails.x",
        '{ between = ["us", "us"], forbid = ["message"], mode = "observe" }'),
}  # fmt: skip
"""Settings of the model that no change may ever have: such a draft is refused, so nothing is shown."""


def test_no_setting_is_without_a_case() -> None:
    cases = {path for path, _, _ in WORDS} | set(VALUES) | set(NEVER)
    cases |= {f"rules.<name>.{key}" for key in RULES}
    cases |= {f"guardrails.<name>.{key}" for key in GUARDRAILS}
    assert {info.path for info in settings_reference()} - cases == set()


# ---- Every kind of condition --------------------------------------------------------------------

_EXAMPLES = {
    FactType.YES_NO: ("yes", "no"),
    FactType.NUMBER: ("2", "7"),
    FactType.SIZE: ("1 MiB", "3 KiB"),
    FactType.DURATION: ("1 hour", "2 days"),
    FactType.VERSION: ("1.12", "17.0.1"),
    FactType.WORD: ("application/pdf", "x-word"),
    FactType.WORDS: ("one", "two"),
    FactType.DATE: ("2099-01-01", "2098-12-31"),
}
_NAMED_VALUES = {
    "act": (Act.ADMINISTRATION_FACTOR_RESET.value, Act.ADMINISTRATION_SETTINGS_READ.value),
    "certificate.issuer": ("corp", "corp"),
    "change.widens": ("partners", "acme"),
    "room.kind": ("board", "team"),
    "sign_in.networks": ("office", "elsewhere"),
}


def _values(spec: FactSpec) -> tuple[str, ...]:
    if spec.words is not None:
        return tuple(sorted(spec.words))[:2]
    return _NAMED_VALUES.get(spec.name, _EXAMPLES[spec.type])


def _conditions(spec: FactSpec) -> Iterator[str]:
    """One condition for every operator that the fact takes, as a claim too where one may exist."""
    first, second = _values(spec)
    for operator in Operator:
        many = operator in (Operator.IN, Operator.NOT_IN)
        text = f"{spec.name} {operator.value} {first}" + (f", {second}" if many else "")
        spellings = (text, f"claimed {text}") if spec.claimable else (text,)
        for each in spellings[1 if spec.name in ONLY_CLAIMED else 0 :]:
            try:
                yield parse(each).text
            except ConditionError:
                continue  # not every operator goes with every type


def _condition_rules() -> Iterator[tuple[str, dict[str, Any]]]:
    """Rules that have every fact in every kind of condition; they only observe."""
    by_channel: dict[str, list[FactSpec]] = {}
    for spec in REGISTRY.values():
        by_channel.setdefault(_channel(spec).value, []).append(spec)
    for channel, specs in by_channel.items():
        found = [text for spec in specs for text in _conditions(spec)]
        half = (len(found) + 1) // 2
        people = channel in {each.value for each in BETWEEN_PEOPLE}
        sides = {"between": ["us", "us"]} if people else {"from": ["us"]}
        yield channel, {**sides, "forbid": [channel], "when": found[:half], "unless": found[half:],
                        "mode": "observe"}  # fmt: skip


def _channel(spec: FactSpec) -> Channel:
    wanted = (Channel.FILE, Channel.MESSAGE, Channel.SIGN_IN, Channel.ADMINISTER)
    return next(each for each in wanted if each in spec.channels)


def test_every_fact_stands_in_conditions_with_every_operator_that_it_takes() -> None:
    seen: dict[str, set[Operator]] = {}
    for name, spec in REGISTRY.items():
        seen[name] = {parse(text).operator for text in _conditions(spec)}
    assert set(seen) == set(REGISTRY)
    assert all({Operator.EQUAL, Operator.IN} <= operators for operators in seen.values())
    assert set().union(*seen.values()) == set(Operator)


# ---- The walk -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served, Served]]:
    """Three organisations with the same document: one is edited, the others follow what it shows."""
    folder = tmp_path_factory.mktemp("walk")
    served = tuple(Served.at(folder / name, START) for name in ("edited", "commands", "calls"))
    yield served  # type: ignore[misc]
    for each in served:
        each.end()


Three = tuple[Served, Served, Served]


def _follow(three: Three, text: str) -> list[dict[str, Any]]:
    """Change one organisation, and follow what it shows, change by change, on the others."""
    edited, by_command, by_call = three
    status, shown = edited.organisation.ask("POST", "/settings/diff", {"text": text})
    assert status == 200, shown
    assert shown["changes"]
    _put(edited, text)
    for change in shown["changes"]:
        code, said = by_command.copy(change["command"])
        assert code == 0, f"{change['command']}\n{said}"
        status, answer = by_call.call(change["call"])
        assert status == 200, f"{change['call']}\n{answer}"
    _agree(three, shown)
    changes: list[dict[str, Any]] = shown["changes"]
    return changes


def _put(served: Served, text: str) -> None:
    base = served.settings()["revision"]
    body = {"text": text, "base": base, "reason": "edited"}
    status, answer = served.organisation.ask("PUT", "/settings", body)
    assert status == 200, answer


def _agree(three: Three, shown: Any) -> None:
    edited, by_command, by_call = (each.digest() for each in three)
    assert by_command == edited, shown["changes"]
    assert by_call == edited, shown["changes"]


def _steps() -> Iterator[tuple[str, str, Any, str]]:
    """Every change of the walk: its name, and how the text is edited for it."""
    for _, path, value in WORDS:
        yield path, "set", (path, value), ""
    for path, value in VALUES.items():
        yield path, "set", (path, value), ""
    for key, rule in RULES.items():
        yield f"rules.has-{key}", "add", (f"has-{key}", rule), "rules"
    for key, rule in GUARDRAILS.items():
        yield f"guardrails.g-{key}", "add", (f"g-{key}", rule), "guardrails"
    for channel, rule in _condition_rules():
        yield f"rules.knows-{channel}", "add", (f"knows-{channel}", rule), "rules"


def test_every_setting_and_kind_of_rule_is_followed_to_the_identical_document(three: Three) -> None:
    text, steps = str(three[0].settings()["text"]), list(_steps())
    for at in range(0, len(steps), TOGETHER):
        several = steps[at : at + TOGETHER]
        for _, kind, given, section in several:
            if kind == "set":
                text = set_value(text, *given)
            else:
                text = add_rule(text, given[0], _dated(given[1]), section=section)
        _follow(three, text)


TOGETHER = 12
"""So many changes are made before the documents are compared."""


def _dated(rule: dict[str, Any]) -> dict[str, Any]:
    day = rule.get("expires")
    return {**rule, "expires": date.fromisoformat(day)} if day else rule


def test_every_rule_is_changed_into_every_other_by_one_command(three: Three) -> None:
    text = str(three[0].settings()["text"])
    for key, rule in RULES.items():
        text = set_value(text, "rules.changing", spell_value(_dated(rule)))
        (change,) = _follow(three, text)
        verb = "add" if key == next(iter(RULES)) else "change"
        assert change["command"].startswith(f"vedette rule {verb} changing ")


def test_what_was_set_is_taken_out_again(three: Three) -> None:
    """Back to the beginning, apart from guardrails, which nobody may take away alone.

    Values and rules about facts all at once, everything that has a name one by one.
    """
    text = str(three[0].settings()["text"])
    for path in VALUES:
        text = remove(text, path)
    for channel, _ in _condition_rules():
        text = remove(text, f"rules.knows-{channel}")
    _at_once(three, text)
    start = remove(START, "audit.keep")
    for key, rule in GUARDRAILS.items():
        start = add_rule(start, f"g-{key}", rule, section="guardrails")
    commands = [change["command"] for change in _follow(three, start)]
    for gone in (
        *("parties", "partners", "networks", "issuers", "device_management", "rooms"),
        "federation.partners",
    ):
        assert any(each.startswith(f"vedette settings unset {gone}.") for each in commands), gone
    assert any(each.startswith("vedette rule remove ") for each in commands)
    assert digest(_document(start)) == three[0].digest()


def _at_once(three: Three, text: str) -> list[dict[str, Any]]:
    """Change one organisation, and make all of it at once on the others."""
    edited, by_command, by_call = three
    _, shown = edited.organisation.ask("POST", "/settings/diff", {"text": text})
    _put(edited, text)
    code, said = by_command.copy(shown["command"])
    assert code == 0, said
    status, answer = by_call.call(shown["call"])
    assert status == 200, answer
    _agree(three, shown)
    changes: list[dict[str, Any]] = shown["changes"]
    return changes


def test_what_can_not_go_one_by_one_goes_all_at_once(three: Three) -> None:
    """A partner that gets another one's domain, a rule that becomes a guardrail: in one revision."""
    before = str(three[0].settings()["text"])
    rule = {"between": ["us", "one"], "forbid": ["file"]}
    text = set_value(before, "partners.one", '{ domains = ["one.example"] }')
    text = add_rule(text, "moves", rule)
    _follow(three, text)
    text = set_value(remove(text, "partners.one"), "partners.two", '{ domains = ["one.example"] }')
    text = add_rule(remove(text, "rules.moves"), "moves", {**rule, "between": ["us", "two"]},
                    section="guardrails")  # fmt: skip
    assert len(_at_once(three, text)) == 4


def test_guardrails_are_changed_and_removed_by_what_is_shown_where_recovery_is_open(
    three: Three,
) -> None:
    """No single person takes a guardrail away, but for recovery: so that is where it is followed."""
    for each in three:
        code = (each.organisation.boot.folder / "offline-code.txt").read_text()
        assert each.data("recover", "--code-file", "-", given=code)[0] == 0
    text = str(three[0].settings()["text"])
    text = set_value(text, "guardrails.g-say.forbid", '["message"]')
    text = remove(text, "guardrails.g-when")
    commands = [change["command"] for change in _follow(three, text)]
    assert [each.split(" --")[0] for each in commands] == [
        "vedette rule change g-say", "vedette rule remove g-when",
    ]  # fmt: skip
    assert all(each.endswith(" --guardrail") for each in commands)


@pytest.mark.parametrize("path", NEVER)
def test_what_no_change_may_have_is_refused_before_a_command_is_shown(
    three: Three, path: str
) -> None:
    where, value = NEVER[path]
    edited = three[0]
    before, settings = edited.digest(), edited.settings()
    text = set_value(str(settings["text"]), where, value)
    body = {"text": text, "base": settings["revision"], "reason": "never"}
    status, answer = edited.organisation.ask("PUT", "/settings", body)
    assert (status, answer["error"]["code"]) in {(400, "faults"), (400, "invalid")}
    assert edited.digest() == before


ODD = [
    'it\'s "quoted" $HOME `id` $(id) \\ !! ~ * ? [a] {b} <c> | & ; # end',
    "Grüße, Ångström, 漢字, 🙂",
    "-n begins with a hyphen",
]


@pytest.mark.parametrize("words", ODD)
def test_bash_reads_a_copied_command_as_it_was_meant(three: Three, words: str) -> None:
    edited, by_command, _ = three
    text = set_value(str(edited.settings()["text"]), "organisation.name", spell_value(words))
    _, shown = edited.organisation.ask("POST", "/settings/diff", {"text": text})
    (change,) = shown["changes"]
    script = (
        f'vedette() {{ {shlex.join((sys.executable, "-I", "-m", "vedette.cli.main"))} "$@"; }}\n'
    )
    script += f"{change['command']} --reason {shlex.quote(words)}\n"
    where = {"VEDETTE_DIR": str(by_command.organisation.boot.folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120,
                          check=False, env=where)  # fmt: skip
    assert done.returncode == 0, done.stderr
    _put(edited, text)
    assert by_command.digest() == edited.digest()
    _, kept = by_command.organisation.ask("GET", "/settings/revisions")
    assert kept[0]["reason"] == words


def test_a_line_break_never_comes_into_a_value(three: Three) -> None:
    code, said = three[1].run("settings", "set", "organisation.name", "two\nlines", "--reason", "x")
    assert code == 3
    assert "fault" in said


def _document(text: str) -> Document:
    found = parse_document(text)
    assert isinstance(found, Document)
    return found
