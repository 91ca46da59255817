"""Changes that wait for a second person: who may be one, and what becomes of what was approved."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN, House
from vedette.admin.actor import Actor
from vedette.admin.policy import LOCAL_ADMINISTRATOR, RECOVERY
from vedette.admin.rules import with_rule
from vedette.admin.settings import Kept, Proposal
from vedette.admin.tokens import digest_of
from vedette.core.facts import Facts
from vedette.core.names import UserId
from vedette.core.pending import Approval
from vedette.core.revision import verify_revisions
from vedette.core.settings.edit import remove, set_value

OFFICE = {
    "anna": "Security-Officers",
    "ben": "Security-Officers",
    "cara": "Security-Officers",
    "helper": "IT-Helpdesk",
    "auditor": "Auditors",
    "operator": "Operators",
}
FOUR_EYES = {
    "from": ["us"],
    "forbid": ["administer"],
    "when": ["change.widens in partners, outside"],
    "unless": ["approvals >= 1"],
    "say": "Two of us decide about others.",
}
WIDER = {"between": ["us", "outside"], "allow": ["message"]}
WHY = {"reason": "as agreed"}


class Office(House):
    """Three officers who decide by two about what opens us to others, each by a token of their own."""

    def token(self, name: str, *, own: bool = True, **other: Any) -> str:
        value = super().token(name, **other)
        return self.made_by(value, f"@{name}:{DOMAIN}") if own else value

    def __init__(self, folder: Path, more: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, {**OFFICE, **(more or {})})
        self.rule("anna", "four-eyes", FOUR_EYES)
        self.wishes = 0

    def by(self, who: str, operation: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        token = self.office.token.current() if who == "local" else self.tokens[who]
        return self.ask(token, operation, path, body)

    def rule(self, who: str, name: str, rule: dict[str, Any]) -> tuple[int, Any]:
        return self.by(who, "POST /rules", body={"id": name, "rule": rule, "reason": "wanted"})

    def wish(self, who: str = "anna") -> dict[str, Any]:
        """A change that waits, always another one."""
        self.wishes += 1
        status, kept = self.rule(who, f"wider-{self.wishes}-{time.monotonic_ns() % 10**6}", WIDER)
        assert (status, kept["state"]) == (202, "waiting"), kept
        return kept  # type: ignore[no-any-return]

    def approve(self, who: str, id_: str, **more: Any) -> tuple[int, Any]:
        return self.by(who, "POST", f"/settings/pending/{id_}/approve", {**WHY, **more})

    def one(self, id_: str) -> dict[str, Any]:
        return self.by("anna", "GET", f"/settings/pending/{id_}")[1]  # type: ignore[no-any-return]

    def newest(self) -> int:
        return self.office.desk.current()[0].number


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("pending") / "org")
    yield made
    made.close()


def refused(answer: tuple[int, Any], status: int, words: str) -> dict[str, Any]:
    assert answer[0] == status, answer
    assert words in answer[1]["error"]["message"], answer
    return answer[1]["error"]  # type: ignore[no-any-return]


# ---- the way of a change ---------------------------------------------------------------------------


def test_a_change_that_widens_waits_and_a_second_officer_applies_it(house: Office) -> None:
    before, kept = house.newest(), house.wish()
    assert kept["why"] == ["Rule `four-eyes` waits for approvals: Two of us decide about others."]
    assert kept["could"] == ["@ben:example.test", "@cara:example.test"]
    assert (house.newest(), kept["record"] is not None) == (before, True)
    status, applied = house.approve("ben", kept["id"])
    assert (status, applied["revision"]) == (200, before + 1)
    made = house.office.desk.revision(before + 1)
    assert (made.author, made.approvers, made.reason) == (
        f"@anna:{DOMAIN}", (f"@ben:{DOMAIN}",), "wanted",
    )  # fmt: skip
    found = house.one(kept["id"])
    assert (found["state"], found["revision"]) == ("applied", before + 1)
    assert [each["person"] for each in found["approvals"]] == [f"@ben:{DOMAIN}"]
    verify_revisions(house.office.desk.revisions.history())


def test_the_record_of_the_applied_change_counts_its_approvals_and_replays(house: Office) -> None:
    applied = house.approve("ben", house.wish()["id"])[1]
    again = house.by("anna", "GET", f"/why/{applied['record']}")[1]
    assert (again["answer"], again["same"]) == ("yes", True)


def test_what_stays_inside_does_not_wait(house: Office) -> None:
    before = house.newest()
    status, _ = house.rule("anna", f"inside-{before}", {"between": ["us", "us"], "allow": ["file"]})
    assert (status, house.newest()) == (200, before + 1)


def test_asked_for_twice_a_change_waits_once(house: Office) -> None:
    first = house.wish()
    again = house.rule("anna", str(first["words"][0]).split()[2].rstrip(":"), WIDER)
    assert (again[0], again[1]["id"]) == (202, first["id"])


# ---- who is a second person ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("anna", "nobody approves their own change"),
        ("anna by another token", "nobody approves their own change"),
        ("local", "nobody's second person"),
        ("helper", "no rule, no-rule"),
        ("auditor", "no rule, no-rule"),
        ("ben by a narrow token", "beyond-token"),
        ("ben by a younger token", "younger than the change"),
    ],
)
def test_who_is_no_second_person_is_told_and_recorded(house: Office, who: str, words: str) -> None:
    kept, name = house.wish(), who.partition(" ")[0]
    reading = ("administration:settings:read",)
    token = {
        "anna by another token": lambda: house.token("anna"),
        "ben by a narrow token": lambda: house.token("ben", acts=reading),
        "ben by a younger token": lambda: younger(house),
    }.get(who, lambda: house.tokens.get(name, house.office.token.current()))()
    before = house.newest()
    answer = house.ask(token, "POST", f"/settings/pending/{kept['id']}/approve", WHY)
    assert refused(answer, 403, words)["record"].startswith("control:")
    assert house.newest() == before
    assert house.one(kept["id"])["approvals"] == []


def younger(house: Office) -> str:
    """A token of ben's that was made after whatever waits now."""
    value = house.token("ben")
    house.force("update api_tokens set made = made + 9 where digest = :it", it=digest_of(value))
    return value


def test_the_local_token_can_t_play_both_persons(house: Office) -> None:
    """It makes tokens for anybody, so it is behind each one that it has made."""
    kept = house.wish("local")
    assert kept["could"] == [f"@{name}:{DOMAIN}" for name in ("anna", "ben", "cara")]
    refused(house.approve("local", kept["id"]), 403, "nobody's second person")
    ben = house.token("ben", own=False)
    answer = house.ask(ben, "POST", f"/settings/pending/{kept['id']}/approve", WHY)
    refused(answer, 403, "made with the local token, which stands for no person")
    signed_in = Actor(UserId(f"@ben:{DOMAIN}"))  # as the console knows people
    approving = house.office.pending.approve(signed_in, kept["id"], "seen")
    made = house.loop.run_until_complete(approving)
    assert made.revision.approvers == (f"@ben:{DOMAIN}",)  # type: ignore[union-attr]


def test_nobody_approves_what_was_asked_for_through_a_token_that_they_made(house: Office) -> None:
    kept = house.wish()
    house.made_by(house.tokens["anna"], f"@ben:{DOMAIN}")
    refused(house.approve("ben", kept["id"]), 403, "a token that you have made")
    house.made_by(house.tokens["anna"], f"@anna:{DOMAIN}")
    assert house.approve("ben", kept["id"])[0] == 200


@pytest.mark.parametrize("maker", [f"@cara:{DOMAIN}", LOCAL_ADMINISTRATOR, RECOVERY])
def test_two_tokens_of_one_maker_are_not_two_persons(house: Office, maker: str) -> None:
    """Whoever made both has seen both, so that one person could play the two."""
    asking, agreeing = (house.made_by(house.token(who), maker) for who in ("anna", "ben"))
    house.wishes += 1
    body = {"id": f"of-one-{house.wishes}", "rule": WIDER, "reason": "wanted"}
    status, kept = house.ask(asking, "POST /rules", body=body)
    assert (status, kept["state"]) == (202, "waiting")
    before, path = house.newest(), f"/settings/pending/{kept['id']}/approve"
    words = "made by the same person" if maker.startswith("@") else "stands for no person"
    refused(house.ask(agreeing, "POST", path, WHY), 403, words)
    assert (house.newest(), house.one(kept["id"])["approvals"]) == (before, [])
    assert house.approve("ben", kept["id"])[0] == 200  # by a token of their own


def test_of_two_approvals_that_one_maker_may_be_behind_one_counts(house: Office) -> None:
    two = {**FOUR_EYES, "unless": ["approvals >= 2"]}
    house.write_people({**OFFICE, "dora": "Security-Officers"})
    house.look_at_people()
    dora = house.token("dora")
    assert house.rule("anna", "by-three", two)[0] == 200
    by_dora = {who: house.made_by(house.token(who), f"@dora:{DOMAIN}") for who in ("ben", "cara")}
    kept = house.wish()
    path = f"/settings/pending/{kept['id']}/approve"
    assert house.ask(by_dora["ben"], "POST", path, WHY)[0] == 202
    refused(house.ask(by_dora["cara"], "POST", path, WHY), 403, "may be behind both")
    refused(house.ask(dora, "POST", path, WHY), 403, "may be behind both")
    change = house.office.desk.pending.get(kept["id"])
    assert change is not None
    token = house.office.tokens.store.by_digest(digest_of(by_dora["cara"]))
    assert token is not None
    house.office.desk.pending.approve(
        Approval(change=change.id, content=change.content, person=f"@cara:{DOMAIN}", token=token.id,
                 reason="x", at=change.asked + 1, record="control:1")
    )  # fmt: skip
    house.loop.run_until_complete(house.office.pending.keep())
    assert house.one(kept["id"])["state"] == "waiting"
    less = house.by("anna", "DELETE", "/rules/by-three?reason=x")[1]
    assert house.approve("ben", less["id"])[0] == 202
    assert house.approve("cara", less["id"])[0] == 200


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("parties.security-office.groups", '["Security-Officers", "Friends"]'),
        ("people.sources", '["scim", "directory", "table"]'),
        ("directory.attributes", '["department"]'),
    ],
)
def test_one_officer_alone_makes_nobody_an_officer(house: Office, path: str, value: str) -> None:
    rule = {**FOUR_EYES, "when": ["change.widens in administer"], "say": "Two of us give rights."}
    assert house.rule("anna", "rights", rule)[0] == 200
    text = set_value(house.office.desk.current()[0].text, path, value)
    body = {"text": text, "base": house.newest(), "reason": "a friend"}
    status, kept = house.by("anna", "PUT /settings", body=body)
    assert status == 202, kept
    assert house.approve("ben", kept["id"])[0] == 200
    gone = house.by("anna", "DELETE", "/rules/rights?reason=x")[1]
    assert house.approve("ben", gone["id"])[0] == 200


def test_the_record_is_kept_for_less_long_by_two(house: Office) -> None:
    def keep(who: str, days: int | None) -> tuple[int, Any]:
        text = house.office.desk.current()[0].text
        value = None if days is None else f'"{days} days"'
        text = remove(text, "audit.keep") if value is None else set_value(text, "audit.keep", value)
        return house.by(
            who, "PUT /settings", body={"text": text, "base": house.newest(), "reason": "the law"}
        )

    status, kept = keep("anna", 400)
    assert (status, kept["why"]) == (202, ["Records would be removed earlier than now, for good."])
    assert house.approve("ben", kept["id"])[0] == 200
    assert keep("anna", 500)[0] == 200
    assert keep("anna", 499)[0] == 202
    assert keep("anna", None)[0] == 200


def test_two_approvals_are_two_persons(house: Office) -> None:
    two = {**FOUR_EYES, "unless": ["approvals >= 2"], "say": "Three of us decide."}
    house.write_people({**OFFICE, "dora": "Security-Officers"})
    house.look_at_people()
    house.tokens["dora"] = house.token("dora")
    assert house.rule("anna", "six-eyes", two)[0] == 200
    kept, before = house.wish(), house.newest()
    status, still = house.approve("ben", kept["id"])
    assert (status, still["state"], len(still["approvals"])) == (202, "waiting", 1)
    refused(house.approve("ben", kept["id"]), 403, "approved it already")
    status, _ = house.approve("cara", kept["id"])
    assert (status, house.newest()) == (200, before + 1)
    approvers = house.office.desk.current()[0].approvers
    assert approvers == (f"@ben:{DOMAIN}", f"@cara:{DOMAIN}")
    less = house.by("anna", "DELETE", "/rules/six-eyes?reason=x")[1]
    assert house.approve("dora", less["id"])[0] == 202  # fewer eyes are decided by as many
    assert house.approve("ben", less["id"])[0] == 200


# ---- what becomes void -----------------------------------------------------------------------------


def test_another_revision_makes_it_void_and_says_so(house: Office) -> None:
    kept, before = house.wish(), house.newest()
    status, applied = house.rule(
        "cara", f"aside-{before}", {"between": ["us", "us"], "forbid": ["screen"]}
    )
    assert (status, kept["id"] in applied["voided"]) == (200, True)
    assert house.one(kept["id"])["state"] == "void"
    error = refused(house.approve("ben", kept["id"]), 409, "is void")
    assert f"revision {before + 1} is in force" in error["message"]


def test_an_approval_is_for_what_was_seen(house: Office) -> None:
    kept, other = house.wish(), house.wish()
    refused(house.approve("ben", kept["id"], content=other["content"]), 409, "something else")
    assert house.approve("ben", kept["id"], content=kept["content"])[0] == 200


def test_an_approval_does_not_count_for_other_content(house: Office) -> None:
    """Whoever writes another text under an approved change finds it approved by nobody."""
    two = {**FOUR_EYES, "unless": ["approvals >= 2"]}
    house.write_people({**OFFICE, "dora": "Security-Officers"})
    house.look_at_people()
    house.rule("anna", "six-eyes", two)
    kept = house.wish()
    assert house.approve("ben", kept["id"])[0] == 202
    house.force("update pending_changes set text = text || '# more' where id = :id", id=kept["id"])
    status, still = house.approve("cara", kept["id"])
    assert (status, [each["person"] for each in still["approvals"]]) == (202, [f"@cara:{DOMAIN}"])
    less = house.by("anna", "DELETE", "/rules/six-eyes?reason=x")[1]
    assert house.approve("cara", less["id"])[0] == 202
    assert house.approve("ben", less["id"])[0] == 200


def test_what_nobody_approves_in_time_is_over(house: Office) -> None:
    kept = house.wish()
    house.force("update pending_changes set expires = 1 where id = :id", id=kept["id"])
    refused(house.approve("ben", kept["id"]), 409, "nobody approved it in time")
    assert house.one(kept["id"])["state"] == "expired"


def test_it_waits_across_a_restart(house: Office) -> None:
    kept, before = house.wish(), house.newest()
    house.again()
    assert house.one(kept["id"])["state"] == "waiting"
    assert house.approve("ben", kept["id"])[0] == 200
    assert house.newest() == before + 1


def test_stopped_between_revision_and_change_it_counts_as_applied(house: Office) -> None:
    kept = house.wish()
    assert house.approve("ben", kept["id"])[0] == 200
    house.force("update pending_changes set state = 'waiting', revision = null where id = :id",
                id=kept["id"])  # fmt: skip
    found = house.one(kept["id"])
    assert (found["state"], found["revision"]) == ("applied", house.newest())


def test_whoever_left_has_asked_for_nothing_and_approved_nothing(house: Office) -> None:
    kept = house.wish()
    house.write_people({name: group for name, group in OFFICE.items() if name != "anna"})
    house.look_at_people()
    try:
        refused(house.approve("ben", kept["id"]), 403, "beyond-token")
    finally:
        house.write_people(OFFICE)
        house.look_at_people()
    assert house.one(kept["id"])["state"] == "void"


def test_a_removed_token_has_asked_for_nothing(house: Office) -> None:
    value = house.token("anna")
    kept_token = house.office.tokens.store.by_digest(digest_of(value))
    assert kept_token is not None
    status, kept = house.ask(value, "POST /rules",
                             body={"id": "by-a-token", "rule": WIDER, "reason": "x"})  # fmt: skip
    assert status == 202
    assert house.by("local", "DELETE", f"/tokens/{kept_token.id}?reason=lost")[0] == 200
    refused(house.approve("ben", kept["id"]), 403, "is removed")
    assert house.one(kept["id"])["state"] == "void"


def test_the_author_is_known_again_as_they_had_signed_in(house: Office) -> None:
    """In the console a rule may want proofs of those who administer; a token shows none."""
    proofs = {"from": ["us"], "forbid": ["administer"],
              "when": ["act in administration:settings:apply", "change.widens in outside"],
              "unless": ["sign_in.factors >= 2"]}  # fmt: skip
    assert house.rule("anna", "proofs", proofs)[0] == 200
    assert house.rule("ben", "by-token", WIDER)[0] == 403
    anna = Actor(f"@anna:{DOMAIN}", signed=Facts({"sign_in.factors": 2}))
    base, _ = house.office.desk.current()
    text = with_rule(base.text, "by-console", WIDER, guardrail=False)
    asking = Proposal(text=text, base=base.number, reason="wanted", author=anna)
    kept = house.loop.run_until_complete(house.office.desk.apply(asking))
    assert isinstance(kept, Kept)
    assert house.approve("ben", kept.change.id)[0] == 200
    assert house.by("anna", "DELETE", "/rules/proofs?reason=x")[0] == 200


# ---- ending it -------------------------------------------------------------------------------------


def test_it_is_rejected_by_whoever_may_and_withdrawn_by_its_author(house: Office) -> None:
    kept = house.wish()
    path = f"/settings/pending/{kept['id']}"
    refused(house.by("ben", "POST", f"{path}/withdraw", WHY), 403, "only whoever asked")
    refused(house.by("auditor", "POST", f"{path}/reject", WHY), 403, "no-rule")
    status, ended = house.by("ben", "POST", f"{path}/reject", {"reason": "not now"})
    assert (status, ended["state"], ended["said"]) == (200, "rejected", f"@ben:{DOMAIN}: not now")
    refused(house.approve("cara", kept["id"]), 409, "is rejected")
    own = house.wish()
    status, ended = house.by("anna", "POST", f"/settings/pending/{own['id']}/withdraw", WHY)
    assert (status, ended["state"]) == (200, "withdrawn")


def test_what_there_is_not_is_not_found(house: Office) -> None:
    refused(house.approve("ben", "0123456789"), 404, "no change `0123456789`")
    assert house.approve("ben", "nonsense")[0] == 422


# ---- what the code wants a second person for -------------------------------------------------------


def test_a_guardrail_goes_with_a_second_person(house: Office) -> None:
    status, kept = house.by("anna", "DELETE", "/rules/guardrails.administrators-apart?reason=x")
    assert status == 202
    assert "The guardrail `administrators-apart` would be lost or weaker." in kept["why"]
    assert house.approve("ben", kept["id"])[0] == 200
    assert house.by("anna", "POST /settings/restore",
                    body={"revision": house.newest() - 1, "reason": "back"})[0] == 200  # fmt: skip


def test_a_guardrail_may_grow_without_one(house: Office) -> None:
    rail = '\n[guardrails.no-file]\nbetween = ["us", "partners"]\nforbid = ["file"{more}]\n'
    text = house.office.desk.current()[0].text
    for more in ("", ', "screen"'):
        draft = text + rail.replace("{more}", more)
        body = {"text": draft, "base": house.newest(), "reason": "more"}
        assert house.by("anna", "PUT /settings", body=body)[0] == 200


def test_a_rule_that_asks_for_approvals_is_not_lost_by_one(house: Office) -> None:
    status, kept = house.by("anna", "DELETE", "/rules/four-eyes?reason=x")
    assert status == 202
    assert "The rule `four-eyes`, which asks for approvals, would be lost or weaker." in kept["why"]


def test_nobody_gives_a_right_to_themselves(house: Office) -> None:
    """An operator who may apply settings can't make more of that alone, nor with another operator."""
    acts = "act in administration:settings:apply, administration:settings:approve"
    operators = {"from": ["operators"], "allow": ["administer"], "when": [acts]}
    assert house.rule("anna", "operators-apply", operators)[0] == 200
    house.write_people({**OFFICE, "other": "Operators"})
    house.look_at_people()
    house.tokens["other"] = house.token("other")
    more = {"from": ["operators"], "allow": ["administer"], "when": ["act in people:factor:reset"]}
    status, kept = house.rule("operator", "operators-reset", more)
    assert (status, kept["why"]) == (
        202, ["Its author would get a right that they don't have: `people:factor:reset`."],
    )  # fmt: skip
    refused(house.approve("other", kept["id"]), 403, "would give yourself a right")
    assert house.approve("ben", kept["id"])[0] == 200


def test_a_change_that_can_only_refuse_more_never_waits(house: Office) -> None:
    always = {"from": ["us"], "forbid": ["administer"],
              "when": ["act in administration:settings:apply"],
              "unless": ["approvals >= 1"]}  # fmt: skip
    assert house.rule("anna", "always-two", always)[0] == 200
    narrower = {"between": ["us", "us"], "forbid": ["voice"]}
    assert house.rule("ben", "narrower", narrower)[0] == 200
    inside = {"between": ["us", "us"], "allow": ["file"]}
    assert house.rule("ben", "inside-too", inside)[0] == 202
    status, less = house.by("anna", "DELETE", "/rules/always-two?reason=x")
    assert (status, house.approve("ben", less["id"])[0]) == (202, 200)


def test_an_approval_of_somebody_who_may_no_more_is_worth_nothing(house: Office) -> None:
    two = {**FOUR_EYES, "unless": ["approvals >= 2"]}
    everyone = {**OFFICE, "dora": "Security-Officers"}
    house.write_people(everyone)
    house.look_at_people()
    house.tokens.setdefault("dora", house.token("dora"))
    assert house.rule("anna", "six-eyes", two)[0] == 200
    kept = house.wish()
    assert house.approve("ben", kept["id"])[0] == 202
    house.write_people({**everyone, "ben": "Employees"})
    house.look_at_people()
    assert house.approve("cara", kept["id"])[0] == 202
    house.write_people(everyone)
    house.look_at_people()
    assert house.approve("dora", kept["id"])[0] == 200


def test_nothing_about_a_kept_approval_is_taken_on_trust(house: Office) -> None:
    kept = house.wish()
    change = house.office.desk.pending.get(kept["id"])
    assert change is not None
    own = Approval(change=change.id, content=change.content, person=change.author, token="",
                   reason="x", at=1, record="control:1")  # fmt: skip
    house.office.desk.pending.approve(own)
    house.office.desk.pending.approve(replace(own, person=f"@helper:{DOMAIN}"))
    before = house.newest()
    done = house.loop.run_until_complete(house.office.pending.keep())
    assert (done, house.newest()) == ((), before)
    assert house.one(kept["id"])["state"] == "waiting"


# ---- drafts ----------------------------------------------------------------------------------------


def test_a_draft_is_kept_and_nobodys_work_on_it_is_lost(house: Office) -> None:
    text = {"text": "# half a document", "base": 1}
    status, made = house.by("anna", "PUT", "/settings/drafts/plan", text)
    assert (status, made["version"], made["author"]) == (200, 1, f"@anna:{DOMAIN}")
    assert house.by("ben", "PUT", "/settings/drafts/plan", {**text, "version": 1})[0] == 200
    late = house.by("anna", "PUT", "/settings/drafts/plan", {**text, "version": 1})
    refused(late, 409, f"is at version 2, saved by @ben:{DOMAIN}")
    assert house.by("cara", "GET", "/settings/drafts/plan")[1]["text"] == "# half a document"
    refused(house.by("cara", "DELETE", "/settings/drafts/plan?version=1"), 409, "at version 2")
    assert house.by("cara", "DELETE", "/settings/drafts/plan?version=2")[0] == 200
    refused(house.by("cara", "GET", "/settings/drafts/plan"), 404, "no draft `plan`")


def test_a_draft_without_a_name_gets_one_and_a_strange_name_is_none(house: Office) -> None:
    status, made = house.by("anna", "POST /settings/drafts", body={"text": "", "base": 1})
    assert (status, made["name"].startswith("draft-")) == (200, True)
    strange = {"text": "", "base": 1, "name": "../x"}
    refused(house.by("anna", "POST /settings/drafts", body=strange), 400, "no name for a draft")
    refused(
        house.by("operator", "POST /settings/drafts", body=strange | {"name": "x"}), 403, "no-rule"
    )


def test_drafts_change_nothing(house: Office) -> None:
    before = house.newest()
    assert house.by("anna", "POST /settings/drafts", body={"text": "x", "base": 1})[0] == 200
    assert house.newest() == before
