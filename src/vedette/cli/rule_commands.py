"""`vedette rule …`: rules one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vedette.cli.client import Client
from vedette.cli.completion import rule_names
from vedette.cli.settings_commands import tell_applied
from vedette.cli.surroundings import (
    Base,
    Dir,
    Exit,
    Json,
    Reason,
    Yes,
    fault,
    here,
    read_text,
    words,
)
from vedette.cli.why_command import file_of, why_lines

app = typer.Typer(help="Rules: list, show, add, remove, try.", no_args_is_help=True)

Name = Annotated[
    str,
    typer.Argument(metavar="ID", help="The rule's name.", autocompletion=rule_names),
]
Words = Annotated[str, typer.Option(help="Words with commas between them.")]
Guardrail = Annotated[bool, typer.Option("--guardrail", help="A guardrail, not a rule.")]
Conditions = Annotated[list[str] | None, typer.Option(help="A condition; may be repeated.")]


@app.command("list")
def list_(place: Dir = None, *, json: Json = False) -> None:
    """Every rule as a sentence, guardrails first."""
    at = here(place, json=json)
    found = Client(at.boot()).get("/rules")
    width = max((len(rule["id"]) for rule in found), default=0)
    at.tell(found, [f"{rule['id']:<{width}}  {rule['sentence']}" for rule in found])


@app.command()
def show(name: Name, place: Dir = None, *, json: Json = False) -> None:
    """One rule: its sentence, its owner, its text."""
    at = here(place, json=json)
    found = Client(at.boot()).get(f"/rules/{quote(name, safe='')}")
    owner = [f"owner: {found['owner']}"] if found["owner"] else []
    at.tell(found, [found["sentence"], *owner, "", found["text"].rstrip("\n")])


Between = Annotated[tuple[str, str], typer.Option(help="Two parties or partners; both ways.")]
From = Annotated[str, typer.Option("--from", help="Parties, with commas; one way.")]
Say = Annotated[str, typer.Option(help="The sentence for a refused person of ours.")]
Owner = Annotated[str, typer.Option(help="The party that answers for it.")]
Expires = Annotated[str, typer.Option(help="The last day of an allow, 2027-06-30.")]
Mode = Annotated[str, typer.Option(help="`observe` decides nothing and records.")]


@app.command()
def grid(
    from_: Annotated[str, typer.Option("--from", help="Parties with these letters.")] = "",
    to: Annotated[str, typer.Option(help="Parties with these letters.")] = "",
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Who may do what with whom: what the rules answer from each party to each, channel by channel.

    `some` is for some of the people; `conditions` hangs on what is known only when it is asked.
    """
    at = here(place, json=json)
    asked = {"from": from_ or None, "to": to or None}
    found = Client(at.boot()).ask("GET", "/grid", None, asked)
    at.tell(found, [_pair(row) for row in found])


def _pair(row: dict[str, Any]) -> str:
    passes = [f"{name} {answer}" for name, answer in row["channels"].items()
              if answer not in ("no", "not-ours")]  # fmt: skip
    observed = " (observed)" if row["observed"] else ""
    return f"{row['from']} -> {row['to']}: {', '.join(passes) or 'nothing'}{observed}"


Send = Callable[[Client, str, dict[str, Any]], Any]
"""Sends a whole rule of this name and returns what was applied."""


def _takes_a_rule(word: str, send: Send, words_: str) -> None:
    """Make a command that is given a whole rule: the options of one stand here and nowhere else."""

    def command(
        name: Name,
        reason: Reason,
        between: Between = ("", ""),
        from_: From = "",
        to: Words = "",
        allow: Words = "",
        forbid: Words = "",
        when: Conditions = None,
        unless: Conditions = None,
        say: Say = "",
        owner: Owner = "",
        expires: Expires = "",
        mode: Mode = "",
        base: Base = None,
        place: Dir = None,
        *,
        guardrail: Guardrail = False,
        yes: Yes = False,
        json: Json = False,
    ) -> None:
        at = here(place, json=json)
        lists = {"from": from_, "to": to, "allow": allow, "forbid": forbid}
        texts = {"say": say, "owner": owner, "expires": expires, "mode": mode}
        rule = _keys(between, lists, when, unless, texts)
        body = {"rule": rule, "guardrail": guardrail, "reason": reason, "base": base}
        tell_applied(at, send(Client(at.boot(), confirmed=yes), name, body))

    app.command(word, help=words_)(command)


_takes_a_rule(
    "add",
    lambda client, name, body: client.ask("POST", "/rules", {"id": name, **body}),
    """Add a rule and print each door's answer.

    For example: vedette rule add acme --between staff acme --allow message,contact
    --say "With Acme we exchange messages only." --expires 2027-06-30 --reason "contract 4711"
    """,
)
_takes_a_rule(
    "change",
    lambda client, name, body: client.ask("PUT", f"/rules/{quote(name, safe='')}", body),
    """Give a rule another content, all of it, in one revision, and print each door's answer.

    What is not named here is not in the rule any more. To change one key alone:
    vedette settings set rules.acme.say "With Acme we exchange messages only."
    """,
)


def _keys(
    between: tuple[str, str],
    lists: dict[str, str],
    when: list[str] | None,
    unless: list[str] | None,
    texts: dict[str, str],
) -> dict[str, Any]:
    """The keys of a rule that were said, as the document spells them."""
    said: dict[str, Any] = {"between": [side for side in between if side]}
    said |= {key: words(text) for key, text in lists.items()}
    said |= {"when": list(when or ()), "unless": list(unless or ()), **texts}
    return {key: value for key, value in said.items() if value}


@app.command()
def remove(
    name: Name,
    reason: Reason,
    base: Base = None,
    place: Dir = None,
    *,
    guardrail: Guardrail = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Remove a rule, with the comment block above it, and print each door's answer."""
    at = here(place, json=json)
    query = {"reason": reason, "base": base, "guardrail": "true" if guardrail else None}
    path = f"/rules/{quote(name, safe='')}"
    tell_applied(at, Client(at.boot(), confirmed=yes).ask("DELETE", path, None, query))


@app.command("test")
def try_(
    name: Name,
    from_: Annotated[str, typer.Option("--from", metavar="USER", help="Who does it.")],
    channel: Annotated[str, typer.Option(help="The channel.")],
    to: Annotated[str | None, typer.Option(metavar="USER", help="Towards whom.")] = None,
    file: Annotated[str | None, typer.Option(help="A file, or a file's name.")] = None,
    fact: Annotated[list[str] | None, typer.Option(help="`fact = value`; repeatable.")] = None,
    draft: Annotated[str | None, typer.Option(metavar="FILE", help="Ask a draft.")] = None,
    place: Dir = None,
    *,
    json: Json = False,
) -> None:
    """Try a rule on one ask: whether it matches, why, and what the answer is. Exit 1 if it doesn't."""
    at = here(place, json=json)
    body = {"from": from_, "to": to, "channel": channel, "facts": fact or [], **file_of(file)}
    if draft:
        body["draft"] = read_text(draft)
    found = Client(at.boot()).ask("POST", "/why", body)
    rule = next((each for each in found["considered"] if each["rule"] == name), None)
    if rule is None:
        raise fault(
            f"rule `{name}` does not speak about this at all",
            "`vedette rule list` shows about whom and what each rule speaks",
            Exit.FOUND,
        )
    at.tell({"rule": rule, "why": found}, [_matched(rule), *why_lines(found)])
    raise typer.Exit(Exit.DONE if rule["matched"] == "yes" else Exit.FOUND)


def _matched(rule: dict[str, Any]) -> str:
    return f"rule `{rule['rule']}` matches: {rule['matched']} ({rule['because']})"
