"""An officer forbids files to a partner, by a passkey and a few clicks; a second one approves what widens.

People of that organisation and of the partner have running clients: there the ban is tried. Every command
that the console showed is run in another organisation with the same settings, and both end with the same
document, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page

from tests.apps.control.own_tokens import own_token
from tests.system.console.browser import officer_browser
from tests.system.console.pictures import Pictures
from tests.system.element import sign_in_page
from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.scene import whole_pdf
from vedette.suite.sign_in_walk import Walker

OFFICE = 'security-office = { groups = ["Security-Officers"] }'
OFFICERS = OFFICE.replace(" }", ', users = ["@alice:example.test", "@bob:example.test"] }')
DOCUMENTS = """[rules.acme-documents]
between = ["staff", "acme"]
allow   = ["file"]
when    = ["file.kind in document"]

[rules.four-eyes]
from   = ["us"]
forbid = ["administer"]
when   = ["change.widens in partners, outside"]
unless = ["approvals >= 1"]
say    = "Two of us decide about others."

"""
PDF = whole_pdf("a plan")


def with_documents(first: str) -> str:
    """The demo's document under another contract: documents to Acme, and two who decide about that.

    A forbid that is recommended was forgotten.
    """
    assert OFFICE in first
    for rule, instead in (("acme-messages-only", DOCUMENTS), ("password-login", "")):
        pattern = rf"\[rules\.{rule}\].*?\n\n"
        first, found = re.subn(pattern, instead, first, flags=re.DOTALL)
        assert found == 1
    return first.replace(OFFICE, OFFICERS)


@dataclass
class Scene:
    """The organisation where the officer works and who writes to whom there, and the other one."""

    here: Organisation
    there: Organisation
    alice: Person
    carol: Person
    room: str
    folder: Path

    def digests(self) -> set[str]:
        """The hashes of both documents in force."""
        shown = (each.cli("settings", "show", "--json").stdout for each in (self.here, self.there))
        return {json.loads(each)["digest"] for each in shown}

    async def file_passes(self, name: str) -> bool:
        """Whether Alice can send a document into the room with Carol of Acme."""
        try:
            await self.alice.send_file(self.room, name, PDF)
        except RefusedError:
            return False
        return True

    def refused_by(self, rule: str) -> list[str]:
        """To whom this rule refused something, as it stands in the record."""
        words = ("audit", "list", "--rule", rule, "--json")
        shown = json.loads(self.here.cli(*words).stdout)
        records = shown["records"] if isinstance(shown, dict) else shown
        return [f"{each['who']}: {each['decision']['answer']}" for each in records]


@pytest_asyncio.fixture
async def scene(
    with_a_name: Organisation, organisations: TwoOrganisations, tmp_path: Path
) -> AsyncIterator[Scene]:
    here, there = organisations.example, with_a_name
    organisations.acme.apply(organisations.acme.first_document)
    for each in (here, there):
        each.apply(with_documents(each.first_document))
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(signed_in(where, who, tmp_path / who))
            for where, who in ((here, "alice"), (organisations.acme, "carol"))
        ]
        alice, carol = people
        room = await alice.create_room(carol)
        await carol.join(room)
        await alice.knows(room, 2)
        yield Scene(here, there, alice, carol, room, tmp_path)
    for each in (here, there):
        base = json.loads(each.cli("settings", "show", "--json").stdout)["revision"]
        draft = tmp_path / "first.toml"
        draft.write_text(each.first_document)
        words = ("settings", "apply", str(draft), "--base", str(base), "--reason", "back")
        by_two(each, tmp_path, *words)


def by_two(organisation: Organisation, folder: Path, *words: str) -> None:
    """Run a command that waits for a second person, by two officers' tokens, and be that person."""
    tokens = {}
    for officer in ("olga", "alice"):
        value = own_token(organisation.boot, f"@{officer}:{organisation.domain}")
        tokens[officer] = folder / f"{organisation.folder.name}-{officer}.token"
        tokens[officer].write_text(value)

    def by(officer: str, *line: str, code: int) -> dict[str, object]:
        done = organisation.cli("--token-file", str(tokens[officer]), *line, "--json", check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    kept = by("olga", *words, code=5)
    done = by("alice", "settings", "approve", str(kept["id"]), "--reason", "seen", code=0)
    if done["trial"] is not None:
        organisation.cli("settings", "confirm", str(done["revision"]))
    organisation.wait_for_doors()


async def test_files_to_the_partner_are_forbidden_and_what_widens_takes_a_second_officer(
    scene: Scene,
) -> None:
    assert await scene.file_passes("before.pdf")
    pictures = Pictures.beside(scene.folder / "pictures")
    async with officer_browser(scene.here) as page:
        await comes_in_with_a_passkey(page, scene.here)
        words, command = await advice_about(page, "password-login")
        assert words.startswith("weak the rule password-login is lacking: ")
        assert command.startswith(
            "vedette rule add password-login --from us,guests --forbid sign-in "
        )
        await pictures.take(page, "overview")
        await page.get_by_role("link", name="Who may do what").click()
        await page.get_by_role("heading", level=1).wait_for()
        await pictures.take(page, "grid")

        ban = await writes(page, scene.here, pictures, "no-files-to-acme", "forbid", "file")
        await page.get_by_role("heading", name="Done").wait_for()
        assert ban == (
            "vedette rule add no-files-to-acme --between staff acme --forbid file "
            "--reason 'contract 4711'"
        )
        await asyncio.to_thread(scene.here.wait_for_doors)
        assert not await scene.file_passes("banned.pdf")
        await asyncio.to_thread(scene.there.cli, *shlex.split(ban)[1:])
        assert len(scene.digests()) == 1

        wider = await writes(page, scene.here, pictures, "acme-presence", "allow", "presence")
        await page.get_by_role("heading", name="It waits").wait_for()
        await second_officer_approves(page, scene.here, pictures)
    await asyncio.to_thread(scene.here.wait_for_doors)
    assert not await scene.file_passes("still-banned.pdf")
    await scene.alice.say(scene.room, "messages go on")
    await scene.carol.sees(scene.room, "messages go on")
    assert not {"banned.pdf", "still-banned.pdf"} & set(scene.carol.seen(scene.room))
    assert set(scene.refused_by("no-files-to-acme")) == {"@alice:example.test: no"}
    await asyncio.to_thread(by_two, scene.there, scene.folder, *shlex.split(wider)[1:])
    assert len(scene.digests()) == 1
    newest = json.loads(scene.here.cli("settings", "history", "--json").stdout)[0]
    assert newest["approvers"] == ["@alice:example.test"]


async def comes_in_with_a_passkey(page: Page, here: Organisation) -> None:
    """Somebody new in the security office, who sets up a passkey on the way."""
    password, name = secrets.token_urlsafe(12), "petra"
    groups = ("--groups", "Employees,Security-Officers")
    words = ("user", "add", name, *groups, "--password-file", "-")
    await asyncio.to_thread(lambda: here.cli(*words, given=password))
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(here.boot.console_url)
    await sign_in_page.with_authenticator(page)
    walker = Walker(f"@{name}:{here.domain}", password)
    await sign_in_page.by_new_passkey(page, walker, "Security key")
    await page.get_by_role("heading", name="Overview", exact=True).wait_for()


async def advice_about(page: Page, name: str) -> tuple[str, str]:
    """What the overview says of something that is lacking, and the command that mends it."""
    advice = page.locator("section", has=page.get_by_role("heading", name="Wants attention"))
    one = advice.locator("ul.todo > li", has_text=f"{name} is lacking")
    command = await one.locator("pre code").inner_text()
    return " ".join((await one.inner_text()).split()), command


async def writes(
    page: Page, here: Organisation, pictures: Pictures, name: str, answer: str, channel: str
) -> str:
    """Write a rule for staff and Acme, and apply it; returns the command that the page copied."""
    await page.goto(f"{here.boot.console_url}/grid/staff/acme?add=both")
    form = page.locator("form[action='/orders/add-rule']")
    await form.locator("[name=id]").fill(name)
    await form.locator("[name=answer]").select_option(answer)
    await form.locator(f"[name=channel-{channel}]").check()
    await form.locator("pre.command", has_text=f"--{answer} {channel}").wait_for()
    await form.get_by_role("button", name="Look at it").click()
    await page.get_by_label("Reason").fill("contract 4711")
    await page.locator("pre.command", has_text="contract 4711").wait_for()
    await pictures.take(page, f"rule-{answer}")
    await page.get_by_role("button", name="Copy").first.click()
    await page.get_by_role("button", name="Copied").wait_for()
    copied = str(await page.evaluate("navigator.clipboard.readText()"))
    await page.get_by_role("button", name="Apply").click()
    return copied


async def second_officer_approves(page: Page, here: Organisation, pictures: Pictures) -> None:
    """Alice, with her app's code, in a browser of her own."""
    browser = page.context.browser
    assert browser is not None
    context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
    other = await context.new_page()
    await other.goto(here.boot.console_url)
    await sign_in_page.by_app(other, here.people["alice"].walker())
    await other.get_by_role("link", name="Changes", exact=True).click()
    await other.get_by_role("heading", name="contract 4711").first.wait_for()
    await pictures.take(other, "changes")
    await other.get_by_role("link", name="Look at it").first.click()
    await other.locator("form[action='/orders/approve']").get_by_label("Reason").fill("as agreed")
    await pictures.take(other, "approval")
    await other.get_by_role("button", name="Approve").click()
    await other.get_by_role("button", name="Apply").click()
    await other.get_by_role("heading", name="Done").wait_for()
    await context.close()
