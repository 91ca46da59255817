"""`vedette`: everything that can be done from a terminal.

What a command needs is imported when it runs, so that `vedette --help` stays quick.
"""

from __future__ import annotations

import json as json_
import sys

import typer

from vedette.cli import (
    act_commands,
    audit_commands,
    certificate_check,
    certificate_commands,
    change_commands,
    device_commands,
    directory_commands,
    doctor_command,
    file_commands,
    issuer_commands,
    key_commands,
    partner_commands,
    process_commands,
    recover_command,
    replay_command,
    room_commands,
    rule_commands,
    scim_commands,
    server_certificate_commands,
    session_commands,
    settings_commands,
    suite_commands,
    token_commands,
    user_commands,
    why_command,
)
from vedette.cli.surroundings import (
    BEFORE,
    BeforeCommand,
    CliFault,
    Dir,
    Json,
    TokenFile,
    explain_fault,
)

app = typer.Typer(
    name="vedette",
    help="Decides, message by message, what your organisation shares, and says why.",
    epilog="Exit codes: 0 done; 1 something was found; 2 the command is wrong; 3 rejected, nothing "
    "was changed; 4 something needed does not answer; 5 the change, or the act, is kept and waits.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def organisation(place: Dir = None, token_file: TokenFile = None, *, json: Json = False) -> None:
    """Decides, message by message, what your organisation shares, and says why."""
    BEFORE.set(
        BeforeCommand(place, json, token_file)
    )  # both may stand before or behind the command


suite_commands.register(app)
change_commands.register(settings_commands.app)
app.add_typer(settings_commands.app, name="settings")
app.add_typer(rule_commands.app, name="rule")
app.add_typer(room_commands.app, name="room")
app.add_typer(file_commands.app, name="file")
app.add_typer(directory_commands.app, name="directory")
app.add_typer(scim_commands.app, name="scim")
app.add_typer(partner_commands.app, name="partner")
app.command("why")(why_command.why)
app.command("replay")(replay_command.replay)
app.add_typer(audit_commands.app, name="audit")
app.add_typer(user_commands.app, name="user")
app.add_typer(session_commands.app, name="session")
app.add_typer(device_commands.app, name="device")
app.add_typer(token_commands.app, name="token")
certificates = certificate_commands.app
certificates.add_typer(server_certificate_commands.app, name="server")
certificates.command("check")(certificate_check.check)
app.add_typer(certificates, name="certificate")
app.add_typer(issuer_commands.app, name="issuer")
app.add_typer(key_commands.app, name="key")
app.add_typer(act_commands.app, name="act")
app.command("recover")(recover_command.recover)
app.command("doctor")(doctor_command.doctor)
process_commands.register(app)


def main() -> None:
    """Run one command and exit."""
    try:
        app()
    except CliFault as found:
        if "--json" in sys.argv:
            print(json_.dumps({"error": found.error}, indent=2, ensure_ascii=False))
        for line in explain_fault(found):
            print(line, file=sys.stderr)
        sys.exit(found.code)


if __name__ == "__main__":
    main()
