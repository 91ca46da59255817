"""People in the record: sealed, opened by whoever holds the key, and gone once their key is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import NOTHING_KNOWN, Facts
from vedette.core.reasons import Reason
from vedette.core.record import body, canonical, read_body
from vedette.protocol.internal.sealing import (
    LENGTH,
    Opener,
    Person,
    Sealer,
    erasure,
    opened,
    pseudonym,
    read_keys,
)

PRIVATE = X25519PrivateKey.generate()
ALICE, CAROL = "@alice:example.org", "@carol:acme.example"


def ask(
    who: str = ALICE, whom: str = CAROL, where: str | None = "!r:example.org", **more: Any
) -> Ask:
    parties = frozenset({"us"}), frozenset({"acme"})
    question = Question(Channel.FILE, *parties, whom)
    given: dict[str, Any] = {"act": Act.FILE_CONTENT_UPLOAD, "questions": (question,), **more}
    return Ask(who=who, where=where, **given)


def decision(towards: str | None = CAROL) -> Decision:
    return Decision(verdict=Verdict.NO, reason=Reason.NO_RULE, towards=towards, revision=3)


def entry(
    number: int, asked: Ask, facts: Facts = NOTHING_KNOWN, said: Decision | None = None
) -> dict[str, Any]:
    whole = body(asked, facts, decision() if said is None else said)
    return {"v": 1, "kind": "decision", "id": f"gateway:{number}", "at": 1.5, **whole}


def people(keys: bytes) -> Any:
    found, opener = read_keys(keys), Opener((PRIVATE,))
    return lambda name: opener.person(name, found[name]) if name in found else None


def sealed(*entries: dict[str, Any]) -> tuple[list[dict[str, Any]], bytes]:
    """The records as they are read back from the disk, and their file of keys."""
    sealer = Sealer(PRIVATE.public_key())
    made = [
        json.loads(canonical(sealer.seal(each, int(each["id"].rpartition(":")[2]))))
        for each in entries
    ]
    return made, b"".join(sealer.fresh)


def test_no_person_is_named_in_a_sealed_record_and_everybody_is_when_it_is_opened():
    facts = Facts(
        {"file.size": 3}, {"file.kind": "document", "reason": "ask Bobadilla", "what": "DEVICE"}
    )
    (made,), keys = sealed(entry(7, ask(where=ALICE), facts))
    text = canonical(made) + keys
    for name in (b"alice", b"carol", b"Bobadilla", b"DEVICE"):
        assert name not in text
    assert read_body(opened(made, people(keys))) == (ask(where=ALICE), facts, decision())
    assert made["v"] == 2
    assert made["facts"] == {"file.size": 3}  # what rules read stays, so that it can be replayed
    assert made["claims"] == {"file.kind": "document"}


def test_a_person_has_one_pseudonym_in_a_segment_and_another_one_in_the_next():
    (one, other), keys = sealed(entry(1, ask()), entry(2, ask(whom=ALICE)))
    assert one["who"] == other["who"] == other["questions"][0]["whom"]
    assert one["who"] != one["questions"][0]["whom"]
    assert keys.count(b"\n") == 3  # a box, Alice and Carol
    (again,), _ = sealed(entry(1, ask()))
    assert again["who"] != one["who"]


def test_what_is_no_person_is_named_as_ever():
    asked = ask(who="acme.example", whom="unknown members", where="#room:example.org")
    plain = entry(1, asked, said=decision(towards="acme.example"))
    (made,), keys = sealed(dict(plain))
    assert made == {**json.loads(canonical(plain)), "v": 2}
    assert keys == b""


def test_what_is_spelt_like_a_pseudonym_is_sealed_like_a_person():
    forged = "~" + "A" * 22
    (made,), keys = sealed(entry(1, ask(who=forged)))
    assert made["who"] != forged
    assert opened(made, people(keys))["who"] == forged


def test_erasing_one_person_leaves_the_others_and_every_other_byte():
    (made,), keys = sealed(entry(1, ask(), Facts({}, {"reason": "gone with Carol"})))
    erased = made["questions"][0]["whom"]
    lines = [
        erasure(line, "control:99") if line.startswith(erased.encode()) else line
        for line in keys.split(b"\n")
    ]
    left = b"\n".join(lines)
    assert len(left) == len(keys)
    assert read_keys(left)[erased].erased == "control:99"
    shown = opened(made, people(left))
    assert (shown["who"], shown["questions"][0]["whom"]) == (ALICE, erased)
    assert shown["decision"]["towards"] == erased
    assert "reason" not in shown["claims"]
    assert read_body(shown)[0].questions[0].to == {"acme"}  # and it is replayed as before


def test_why_somebody_was_erased_is_kept_with_who_did_it():
    facts = Facts({}, {"reason": "article 17"})
    act = Act.ADMINISTRATION_PERSON_ERASE
    (made,), keys = sealed(entry(1, ask(act=act), facts))
    lines = [
        each
        for each in keys.split(b"\n")
        if not each.startswith(made["decision"]["towards"].encode())
    ]
    assert opened(made, people(b"\n".join(lines)))["claims"] == {"reason": "article 17"}
    (local,), _ = sealed(entry(1, ask(act=act, who="local administrator"), facts))
    assert local["claims"] == {"reason": "article 17"}


def test_whoever_forgets_erased_pseudonyms_makes_new_ones():
    sealer = Sealer(PRIVATE.public_key())
    first = sealer.seal(entry(1, ask()), 1)["who"]
    sealer.forget({first})
    second = sealer.seal(entry(2, ask()), 2)
    assert second["who"] != first
    assert people(b"".join(sealer.fresh))(second["who"]) == Person(ALICE, _key(sealer, ALICE))


def _key(sealer: Sealer, name: str) -> bytes:
    return sealer._known[name][1]


def test_nobody_can_put_another_name_behind_a_pseudonym():
    (made,), keys = sealed(entry(1, ask()))
    who, whom = made["who"].encode(), made["questions"][0]["whom"].encode()
    swapped = keys.replace(who, b"X" * LENGTH).replace(whom, who).replace(b"X" * LENGTH, whom)
    assert (
        opened(made, people(swapped))["who"] == made["who"]
    )  # it does not fit, so nobody is named
    assert pseudonym("@a:x", b"k" * 32) != pseudonym("@b:x", b"k" * 32)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_whatever_stands_among_the_keys_names_nobody_wrongly(noise: bytes, place: int):
    (made,), keys = sealed(entry(1, ask()))
    for broken in (keys[:place] + noise + keys[place:], keys[:place] + noise, noise):
        shown = opened(made, people(broken))
        assert shown["who"] in (ALICE, made["who"])
        assert shown["decision"]["towards"] in (CAROL, made["decision"]["towards"])


@pytest.mark.parametrize(
    "strange",
    [
        {"who": None}, {"questions": 5}, {"questions": [5]}, {"decision": None},
        {"sealed": 5}, {"sealed": {}}, {"sealed": {"by": 5, "data": "x"}}, {"claims": None},
        {"id": None}, {"who": ["~"]},
    ],
)  # fmt: skip
def test_a_record_of_another_shape_is_opened_as_far_as_it_goes(strange: dict[str, Any]):
    (made,), keys = sealed(entry(1, ask(), Facts({}, {"reason": "x"})))
    opened({**made, **strange}, people(keys))


@given(
    st.text(st.characters(exclude_categories=())),
    st.dictionaries(st.sampled_from(["reason", "what", "token"]), st.text()),
)
def test_any_name_and_any_words_are_sealed_and_read_back(name: str, claims: dict[str, str]):
    who, facts = f"@{name}", Facts({}, claims)
    (made,), keys = sealed(entry(5, ask(who=who), facts))
    shown = opened(made, people(keys))
    assert json.loads(canonical(shown["who"])) == json.loads(canonical(who))
    assert shown["claims"] == json.loads(canonical(claims))


def test_records_of_the_first_version_are_read_as_they_are():
    plain = entry(1, ask())
    assert opened(plain, lambda _: None) == plain


def test_without_the_private_key_nobody_is_named():
    (made,), keys = sealed(entry(1, ask()))
    other = Opener((X25519PrivateKey.generate(),))
    assert [other.person(name, key) for name, key in read_keys(keys).items()] == [None, None]
    assert made["who"] in read_keys(keys)
