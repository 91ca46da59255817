"""What a change takes beside its author, and whom it would shut out, in German."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

EFFECT: Pairs = (
    ("fewer than {few}", "weniger als {few}"),
    (
        "Sessions that would be suspended: {sessions} (people: {people}).",
        "Sitzungen, die angehalten würden: {sessions} (Personen: {people}).",
    ),
    ("Yours are among them: {own}.", "Darunter sind Ihre eigenen: {own}."),
    (
        "People who could not sign in again on any device that they use: {people}.",
        "Personen, die sich auf keinem ihrer Geräte wieder anmelden könnten: {people}.",
    ),
    (
        (
            "Nothing in the settings supplies {facts}: a ban by it refuses everybody, and an "
            "allow by it allows nobody."
        ),
        (
            "Nichts in den Einstellungen liefert {facts}: Ein Verbot danach weist alle ab, und eine "
            "Erlaubnis danach erlaubt niemandem etwas."
        ),
    ),
    ("{partner}, {channel}: {was} → {becomes}", "{partner}, {channel}: {was} → {becomes}"),
    (
        "and {number} further promises to partners",
        "und {number} weitere Zusagen an Partner",
    ),
    ("To undo it: {command}", "So wird es rückgängig gemacht: {command}"),
    ("nothing was changed yet: {effect}", "noch wurde nichts geändert: {effect}"),
    (
        "say that you are sure, with `--yes`, if this is what you want",
        "sagen Sie mit `--yes`, dass Sie sicher sind, wenn Sie das wollen",
    ),
)
LOCK_OUT: Pairs = (
    (
        (
            "under this document nobody who may change the settings could sign in with what they "
            "have: {by}, with the factors that they have enrolled and on the devices on which they "
            "are signed in"
        ),
        (
            "nach diesem Dokument könnte sich niemand, der die Einstellungen ändern darf, mit dem "
            "anmelden, was vorhanden ist: {by}, mit den eingerichteten Faktoren und auf den Geräten, "
            "auf denen sie angemeldet sind"
        ),
    ),
    (
        (
            "let one of them get first what the rule asks for, and sign in with it; or except those "
            "who administer from the rule"
        ),
        (
            "lassen Sie zuerst eine dieser Personen beschaffen, was die Regel verlangt, und sich damit "
            "anmelden; oder nehmen Sie alle, die verwalten, von der Regel aus"
        ),
    ),
    ("see", "sehen"),
    ("change", "ändern"),
    ("nobody", "niemand"),
    ("1 approval", "1 Freigabe"),
    ("{count} approvals", "{count} Freigaben"),
    ("rule `{rule}` would refuse `{whom}`", "Regel `{rule}` würde `{whom}` abweisen"),
    ("no rule would allow `{whom}`", "keine Regel ließe `{whom}` zu"),
    (
        (
            "under this document no security officer would be left: {by} to change the settings, "
            "and nobody else may"
        ),
        (
            "nach diesem Dokument dürfte niemand vom Sicherheitsbüro mehr die Einstellungen "
            "ändern: {by}, und sonst darf es niemand"
        ),
    ),
    (
        "somebody of us must be allowed `administration:settings:apply`",
        "jemandem von uns muss `administration:settings:apply` erlaubt sein",
    ),
    (
        (
            "under this document nobody who may change the settings could sign in: {by}, whatever"
            " they show"
        ),
        (
            "nach diesem Dokument könnte sich niemand anmelden, der die Einstellungen ändern "
            "darf: {by}, was auch immer gezeigt wird"
        ),
    ),
    (
        "allow the sign-in of those who administer, or ask of it what they can have",
        (
            "erlauben Sie denen die Anmeldung, die verwalten, oder verlangen Sie dafür, was sie "
            "haben können"
        ),
    ),
    (
        (
            "under this document nobody could {doing} the settings any more: rule `{rule}` would "
            "refuse the local administrator"
        ),
        (
            "nach diesem Dokument könnte niemand mehr die Einstellungen {doing}: Regel `{rule}` "
            "würde die lokale Verwaltung abweisen"
        ),
    ),
    (
        'give the rule a condition, such as `when = ["change.widens in partners, outside"]`',
        'geben Sie der Regel eine Bedingung, etwa `when = ["change.widens in partners, outside"]`',
    ),
    (
        (
            "rule `{name}` asks for {approvals}, which takes {people} people who may approve and "
            "sign in: who asks, who approves, and one more for when somebody is away; there would"
            " be {there} ({named})"
        ),
        (
            "Regel `{name}` verlangt {approvals}; dazu braucht es {people} Personen, die "
            "freigeben und sich anmelden dürfen: wer fragt, wer freigibt, und eine mehr, falls "
            "jemand fehlt; es wären {there} ({named})"
        ),
    ),
    (
        (
            "bring more people into the party that may do `administration:settings:approve`, then"
            " change this again"
        ),
        (
            "bringen Sie mehr Personen in den Kreis, der `administration:settings:approve` darf, "
            "und ändern Sie es dann noch einmal"
        ),
    ),
)

RESET: Pairs = (
    (
        (
            "somebody else reset your credentials or made your account, so you may administer nothing "
            "until {until}"
        ),
        (
            "jemand anderes hat Ihre Zugangsdaten zurückgesetzt oder Ihr Konto angelegt; bis {until} "
            "dürfen Sie deshalb nichts verwalten"
        ),
    ),
    (
        (
            "ask another administrator to do it until then; if nobody else may, use `vedette recover` "
            "on control's host, then `vedette user factors reset`: that ends the wait and your "
            "sessions. If you did not ask for the reset, tell the security office at once"
        ),
        (
            "bitten Sie bis dahin jemand anderen aus der Verwaltung; darf es sonst niemand, hilft "
            "`vedette recover` auf dem Rechner von control und danach `vedette user factors reset`: "
            "Das beendet die Wartezeit und Ihre Sitzungen. Haben Sie das Zurücksetzen nicht verlangt, "
            "melden Sie es sofort der Sicherheitsstelle"
        ),
    ),
    (
        "it is done, but the secret is not shown: that can't be recorded now",
        (
            "es ist ausgeführt, aber das Geheimnis wird nicht gezeigt: Das lässt sich gerade nicht "
            "aufzeichnen"
        ),
    ),
    (
        "reset it once more as soon as records can be written",
        "setzen Sie noch einmal zurück, sobald wieder aufgezeichnet werden kann",
    ),
    (
        "`{whom}` may administer nothing until {until}: somebody else reset their credentials",
        (
            "`{whom}` darf bis {until} nichts verwalten: Jemand anderes hat die Zugangsdaten "
            "zurückgesetzt"
        ),
    ),
    (
        (
            "ask them whether they wanted the reset; `vedette recover`, then `vedette user factors "
            "reset`, ends the wait"
        ),
        (
            "fragen Sie nach, ob das gewünscht war; `vedette recover` und danach `vedette user factors "
            "reset` beenden die Wartezeit"
        ),
    ),
)

SECOND_PERSON: Pairs = (
    (
        "Records would be removed earlier than now, for good.",
        "Einträge würden früher als jetzt entfernt, für immer.",
    ),
    (
        (
            "the token through which you approve was made with the local token, which stands for no "
            "person; approve in the console, or with a token that you made there yourself"
        ),
        (
            "das Token, mit dem Sie freigeben, wurde mit dem lokalen Token erstellt, das für keine Person "
            "steht; geben Sie in der Konsole frei, oder mit einem Token, das Sie dort selbst erstellt haben"
        ),
    ),
    (
        (
            "the token through which you approve and the one through which it was asked for were made by "
            "the same person"
        ),
        (
            "das Token, mit dem Sie freigeben, und das, mit dem sie beantragt wurde, hat dieselbe Person "
            "erstellt"
        ),
    ),
    (
        "the change would give whoever made your token a right that you don't have: `{right}`",
        (
            "die Änderung gäbe der Person, die Ihr Token erstellt hat, ein Recht, das Sie nicht haben: "
            "`{right}`"
        ),
    ),
    (
        (
            "whoever made the token through which you approve, or through which it was approved, may be "
            "behind both; another person is wanted"
        ),
        (
            "wer das Token erstellt hat, mit dem Sie freigeben oder mit dem freigegeben wurde, kann hinter "
            "beidem stehen; es braucht eine andere Person"
        ),
    ),
    (
        "The guardrail `{name}` would be lost or weaker.",
        "Die Leitplanke `{name}` ginge verloren oder würde schwächer.",
    ),
    (
        "The rule `{name}`, which asks for approvals, would be lost or weaker.",
        "Die Regel `{name}`, die Freigaben verlangt, ginge verloren oder würde schwächer.",
    ),
    (
        "Its author would get a right that they don't have: `{right}`.",
        "Wer sie beantragt, bekäme ein Recht, das diese Person nicht hat: `{right}`.",
    ),
    (
        "the local token is nobody's second person: it stands for no person",
        "das lokale Token ist niemandes zweite Person: Es steht für keine Person",
    ),
    (
        "nobody approves their own change, through whichever token",
        "niemand gibt die eigene Änderung frei, mit keinem Token",
    ),
    (
        "it was asked for through a token that you have made",
        "sie wurde mit einem Token beantragt, das Sie gemacht haben",
    ),
    (
        "the token through which you approve was made by whoever asked for the change",
        "das Token, mit dem Sie freigeben, hat gemacht, wer die Änderung beantragt hat",
    ),
    (
        "the token through which you approve is younger than the change",
        "das Token, mit dem Sie freigeben, ist jünger als die Änderung",
    ),
    (
        "the change would give yourself a right that you don't have: `{right}`",
        "die Änderung gäbe Ihnen selbst ein Recht, das Sie nicht haben: `{right}`",
    ),
    (
        "the token through which the change was asked for is removed",
        "das Token, mit dem die Änderung beantragt wurde, ist entfernt",
    ),
    (
        "you have approved it already; another person is wanted",
        "Sie haben sie schon freigegeben; es braucht eine andere Person",
    ),
    (
        "another person may approve it, in their own name",
        "eine andere Person darf sie im eigenen Namen freigeben",
    ),
    ("the change `{id}` is {state}: {said}", "die Änderung `{id}` ist {state}: {said}"),
    ("waiting", "wartend"),
    ("scheduled", "vorgemerkt"),
    ("applied", "angewendet"),
    ("rejected", "abgelehnt"),
    ("withdrawn", "zurückgezogen"),
    ("expired", "abgelaufen"),
    ("void", "hinfällig"),
    ("this needs a reason", "das braucht einen Grund"),
    ('say why, with `--reason "as agreed"`', 'sagen Sie, warum, mit `--reason "wie vereinbart"`'),
    (
        "only whoever asked for a change takes it back",
        "nur wer eine Änderung beantragt hat, zieht sie zurück",
    ),
    ("there is no change `{id}`", "es gibt keine Änderung `{id}`"),
    ("list them with `vedette settings pending`", "`vedette settings pending` zeigt alle"),
    (
        "ask for it again where it is still wanted",
        "beantragen Sie sie neu, wenn sie noch gebraucht wird",
    ),
    (
        "the change `{id}` waits for nobody any more",
        "die Änderung `{id}` wartet auf niemanden mehr",
    ),
    (
        "the change `{id}` says something else than what you have seen",
        "die Änderung `{id}` sagt etwas anderes, als Sie gesehen haben",
    ),
    (
        "look at it again with `vedette settings pending {id}`",
        "sehen Sie sie noch einmal an mit `vedette settings pending {id}`",
    ),
    ("`vedette settings reject {id}` turns it away", "`vedette settings reject {id}` lehnt sie ab"),
)

ACTS_THAT_WAIT: Pairs = (
    ("done", "getan"),
    (
        "this waits for a second person as `{id}`; nothing is done yet",
        "das wartet als `{id}` auf eine zweite Person; noch ist nichts getan",
    ),
    (
        (
            "whom it concerns may administer what you may not (`{right}`), so this waits as `{id}` "
            "for somebody who may; nothing is done yet"
        ),
        (
            "wen es betrifft, darf verwalten, was Sie nicht dürfen (`{right}`); deshalb wartet dies als "
            "`{id}` auf jemanden, der das darf; noch ist nichts getan"
        ),
    ),
    (
        (
            "somebody else looks at it with `vedette act show {id}`; once it is approved, do the "
            "very same again"
        ),
        (
            "jemand anderes sieht es sich mit `vedette act show {id}` an; ist es freigegeben, tun "
            "Sie genau dasselbe noch einmal"
        ),
    ),
    (
        "{most} acts of yours wait for a second person already",
        "{most} Ihrer Handlungen warten schon auf eine zweite Person",
    ),
    ("have some of them looked at first", "lassen Sie zuerst einige davon ansehen"),
    (
        "this was done just now, with the same approvals",
        "das wurde gerade eben getan, mit denselben Freigaben",
    ),
    (
        "ask for it anew where it is wanted once more",
        "beantragen Sie es neu, wenn es noch einmal gebraucht wird",
    ),
    (
        "the act `{id}` says something else than what you have seen",
        "die Handlung `{id}` sagt etwas anderes, als Sie gesehen haben",
    ),
    (
        "look at it again with `vedette act show {id}`",
        "sehen Sie sie noch einmal an mit `vedette act show {id}`",
    ),
    (
        "nobody approves what is done over themselves",
        "niemand gibt frei, was mit ihm selbst geschieht",
    ),
    (
        "`{whom}` may administer what you may not (`{right}`)",
        "`{whom}` darf verwalten, was Sie nicht dürfen (`{right}`)",
    ),
    ("no act waits as `{id}`", "keine Handlung wartet als `{id}`"),
    ("list them with `vedette act list`", "`vedette act list` zeigt alle"),
    ("the act `{id}` is {state}: {said}", "die Handlung `{id}` ist {state}: {said}"),
    (
        "it is asked for anew where it is still wanted",
        "sie wird neu beantragt, wenn sie noch gebraucht wird",
    ),
    ("the act `{id}` waits no more", "die Handlung `{id}` wartet nicht mehr"),
    ("open the act, and approve it there", "öffnen Sie die Handlung und geben Sie sie dort frei"),
    ("there is no such act", "es gibt keine solche Handlung"),
    ("act {id} is {state}", "Handlung {id} ist {state}"),
    (
        "approved; whoever asked for it does it once more",
        "freigegeben; wer sie beantragt hat, tut sie noch einmal",
    ),
    (
        "approved; it wants more people still",
        "freigegeben; es braucht noch mehr Personen",
    ),
)
