"""How the company's device management is written in the settings."""

from __future__ import annotations

import pytest

from vedette.core.settings.parse import check_document, parse_document

CA = "MIIB" + "A" * 40
HEAD = (
    '[organisation]\nname = "E"\ndomain = "example.test"\n'
    f'[issuers.mdm]\nanchors = ["{CA}"]\ndevices = "managed"\n'
)


def said(text: str) -> list[tuple[str, str, str | None]]:
    _, faults = check_document(HEAD + text)
    return [(each.path, str(each.message), each.hint) for each in faults]


def test_an_inventory_stands_for_issuers_of_the_document() -> None:
    document = parse_document(HEAD + '[device_management.intune]\nissuers = ["mdm"]\n')
    assert not isinstance(document, list), document
    inventory = document.device_management["intune"]
    assert (inventory.good_for, inventory.every) == (86_400, 300)


def test_an_issuer_that_is_not_there_is_named_with_one_that_may_be_meant() -> None:
    found = said('[device_management.intune]\nissuers = ["mdn"]\n')
    assert found == [
        (
            "device_management.intune.issuers[1]",
            "`mdn` is no issuer of this document",
            "did you mean `mdm`?",
        )
    ]


def test_an_issuer_whose_devices_count_for_nothing_is_warned_about() -> None:
    text = f'[issuers.people]\nanchors = ["{CA}"]\n'
    text += '[device_management.intune]\nissuers = ["people"]\n'
    [(path, message, _)] = said(text)
    assert path == "device_management.intune.issuers[1]"
    assert "no device counts as managed" in message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('every = "1 second"', "5 seconds"),
        ('every = "2 days"', "5 seconds"),
        ('good_for = "10 seconds"', "at least a minute"),
        ("issuers = []", "at least one"),
        ('password = "x"', "password"),
    ],
)
def test_what_can_not_hold_is_refused(line: str, words: str) -> None:
    issuers = "" if line.startswith("issuers") else 'issuers = ["mdm"]\n'
    [(_, message, _)] = said(f"[device_management.intune]\n{issuers}{line}\n")
    assert words in message


@pytest.mark.parametrize(
    "model",
    ["yubikey", "00000000-0000-0000-0000-000000000000", "ea9b8d664d011d213ce4b6b48cb575d4"],
)
def test_a_model_is_an_aaguid(model: str) -> None:
    [(path, message, _)] = said(f'[sign_in]\nmanaged_models = ["{model}"]\n')
    assert path == "sign_in.managed_models[1]"
    assert "no model" in message


def test_a_model_counts_whatever_its_case() -> None:
    text = '[sign_in]\nmanaged_models = ["EA9B8D66-4D01-1D21-3CE4-B6B48CB575D4"]\n'
    document = parse_document(HEAD + text)
    assert not isinstance(document, list), document
    assert document.sign_in.managed_models == ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4",)
