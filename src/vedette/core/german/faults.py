"""Faults of a settings document and what to write instead, in German, by their English."""

from __future__ import annotations

from vedette.core.german.pairs import Pairs

REFERENCES: Pairs = (
    (
        "a room is either plain or encrypted",
        "ein Raum ist entweder unverschlüsselt oder verschlüsselt",
    ),
    ("leave one of the two out", "lassen Sie eines von beiden weg"),
    ("`{name}` is not a partner", "`{name}` ist kein Partner"),
    ("`{name}` is no issuer of this document", "`{name}` ist kein Aussteller dieses Dokuments"),
    (
        "a rule is called `{name}` too; records could not tell them apart",
        "auch eine Regel heißt `{name}`; Einträge könnten sie nicht unterscheiden",
    ),
    ("give one of them another name", "geben Sie einem davon einen anderen Namen"),
    (
        "`{name}` is a built-in party; choose another name",
        "`{name}` ist ein eingebauter Kreis; wählen Sie einen anderen Namen",
    ),
    ("`{other}` is not one of the parties", "`{other}` ist keiner der Kreise"),
    (
        "`{name}` and `{other}` each leave the other out in a circle",
        "`{name}` und `{other}` nehmen einander im Kreis aus",
    ),
    (
        "a party is called `{name}` too; rules could not tell them apart",
        "auch ein Kreis heißt `{name}`; Regeln könnten sie nicht unterscheiden",
    ),
    (
        "`{domain}` covers our own domain `{own}`",
        "`{domain}` umfasst unsere eigene Domain `{own}`",
    ),
    (
        "`{domain}` belongs to the partner `{other}` already",
        "`{domain}` gehört schon dem Partner `{other}`",
    ),
    (
        "`{name}` is what lies in no network; choose another name",
        "`{name}` ist, was in keinem Netz liegt; wählen Sie einen anderen Namen",
    ),
    (
        "the suite's own accounts are outside the rules; leave `services` out",
        "eigene Konten des Systems stehen außerhalb der Regeln; lassen Sie `services` weg",
    ),
    (
        "`{name}` is neither a party nor a partner",
        "`{name}` ist weder ein Kreis noch ein Partner",
    ),
    (
        "`{name}` may be in these rooms, so their history begins with joining",
        "`{name}` darf in diesen Räumen sein, darum beginnt ihr Verlauf mit dem Beitritt",
    ),
    (
        'write "joined", or leave others out',
        'schreiben Sie "joined", oder lassen Sie andere weg',
    ),
    (
        "`{owner}` is not one of the parties, so nobody owns the rule",
        "`{owner}` ist keiner der Kreise, darum ist niemand für die Regel verantwortlich",
    ),
    (
        "a guardrail only forbids; an allow belongs into `[rules]`",
        "eine Leitplanke verbietet nur; eine Erlaubnis gehört in `[rules]`",
    ),
    (
        "a guardrail always holds; one that only observes belongs into `[rules]`",
        "eine Leitplanke gilt immer; was nur beobachtet, gehört in `[rules]`",
    ),
    ("`{fact}` is never known about {channels}", "`{fact}` ist zu {channels} nie bekannt"),
    (
        "make a rule of its own for the channels that have it",
        "machen Sie eine eigene Regel für die Kanäle, die es haben",
    ),
    (
        "`{fact}` is only ever what somebody says of themselves",
        "`{fact}` ist immer nur, was jemand von sich selbst sagt",
    ),
    ("write `claimed {text}`", "schreiben Sie `claimed {text}`"),
    ("`{value}` is no {what}", "`{value}` ist keines: {what}"),
    ("kind of room of this document", "Raumart dieses Dokuments"),
    ("party or partner of this document", "Kreis oder Partner dieses Dokuments"),
    ("issuer of this document", "Aussteller dieses Dokuments"),
    ("network of this document", "Netz dieses Dokuments"),
    ("administrative act", "Verwaltungshandlung"),
)

SHAPES: Pairs = (
    (
        (
            "`sign-in`, `administer` and what people do with each other are asked apart; make one rule "
            "for each"
        ),
        (
            "`sign-in`, `administer` und was Personen miteinander tun, werden getrennt gefragt; machen Sie "
            "für jedes eine Regel"
        ),
    ),
    (
        "`between` speaks of both ways already; leave `{key}` out",
        "`between` spricht schon von beiden Richtungen; lassen Sie `{key}` weg",
    ),
    (
        "a rule says whom it is about: write `between`, or `from` and `to`",
        "eine Regel sagt, um wen es geht: schreiben Sie `between`, oder `from` und `to`",
    ),
    (
        "`{key}` names nobody, so the rule could never match; name a party or partner",
        "`{key}` nennt niemanden, die Regel könnte nie gelten; nennen Sie einen Kreis oder Partner",
    ),
    (
        "a rule either allows or forbids; make two rules of it",
        "eine Regel erlaubt oder verbietet; machen Sie zwei Regeln daraus",
    ),
    (
        "a rule says what it does: write `allow` or `forbid`",
        "eine Regel sagt, was sie tut: schreiben Sie `allow` oder `forbid`",
    ),
    (
        '`{key}` names no channel; write at least one, such as "message"',
        '`{key}` nennt keinen Kanal; schreiben Sie mindestens einen, etwa "message"',
    ),
    (
        "only an allow can expire: a ban must not end unnoticed",
        "nur eine Erlaubnis kann enden: Ein Verbot darf nicht unbemerkt enden",
    ),
    (
        "this is towards the organisation, not between two; write `from`",
        "das ist gegenüber der Organisation, nicht zwischen zweien; schreiben Sie `from`",
    ),
    (
        "one signs in to the organisation, not to a party; leave `to` out",
        "man meldet sich bei der Organisation an, nicht bei einem Kreis; lassen Sie `to` weg",
    ),
    (
        "`from` alone says only half; add `to`, or write `between`",
        "`from` allein sagt nur die Hälfte; fügen Sie `to` hinzu, oder schreiben Sie `between`",
    ),
)

VALUES: Pairs = (
    (
        "this setting is missing, and it has no default",
        "diese Einstellung fehlt, und sie hat keine Vorgabe",
    ),
    ("write a text in quotes", "schreiben Sie einen Text in Anführungszeichen"),
    ("write true or false", "schreiben Sie true oder false"),
    ("write a whole number", "schreiben Sie eine ganze Zahl"),
    ("write a list in square brackets", "schreiben Sie eine Liste in eckigen Klammern"),
    (
        "write a table: `{{ … }}`, or a `[header]` of its own",
        "schreiben Sie eine Tabelle: `{{ … }}`, oder eine eigene `[Überschrift]`",
    ),
    ("the list is too long", "die Liste ist zu lang"),
    (
        "the list is too short; name at least one",
        "die Liste ist zu kurz; nennen Sie mindestens eines",
    ),
    (
        "the text is too long; at most 500 characters",
        "der Text ist zu lang; höchstens 500 Zeichen",
    ),
    ("the text is empty", "der Text ist leer"),
    ("`between` names exactly two", "`between` nennt genau zwei"),
    ("`{path}` is no {what}", "`{path}` gibt es nicht: {what}"),
    ("section", "Abschnitt"),
    ("setting", "Einstellung"),
    ("it is one of {words}", "es ist eines von {words}"),
    ("did you mean {guess}", "meinten Sie {guess}"),
)

WARNINGS: Pairs = (
    (
        "`{name}` holds nobody: no groups and no users",
        "`{name}` umfasst niemanden: keine Gruppen und keine Personen",
    ),
    (
        "`{user}` has no account on `{own}`, so this says nothing about them",
        "`{user}` hat kein Konto auf `{own}`; das sagt also nichts über diese Person",
    ),
    ("`{name}` holds no address", "`{name}` umfasst keine Adresse"),
    (
        "no members are named, so wherever a partner may be, history starts at joining",
        (
            "keine Mitglieder sind genannt; wo ein Partner sein darf, beginnt der Verlauf darum mit dem "
            "Beitritt"
        ),
    ),
    (
        "`{name}` keeps the inspector out, but such a room may be made plain",
        "`{name}` hält die Prüfung fern, doch ein solcher Raum kann unverschlüsselt angelegt werden",
    ),
    ("write `encrypted = true` too", "schreiben Sie auch `encrypted = true`"),
    (
        "no device counts as managed by a certificate of `{name}`",
        "kein Gerät gilt durch ein Zertifikat von `{name}` als verwaltet",
    ),
    (
        'write `devices = "managed"` under [issuers.{name}]',
        'schreiben Sie `devices = "managed"` unter [issuers.{name}]',
    ),
    (
        "no `issuers` are named whose certificates would count: nobody is asked for one",
        "keine `issuers` sind benannt, deren Zertifikate zählten: Niemand wird danach gefragt",
    ),
    (
        "name the company's CA under [issuers.<name>]",
        "nennen Sie die CA der Firma unter [issuers.<Name>]",
    ),
    (
        (
            "none of these can be set up by a person or asked of a server, so whoever is new gets in "
            "nowhere under a rule that wants two factors"
        ),
        (
            "nichts davon kann eine Person einrichten oder ein Server beantworten; wer neu ist, kommt "
            "unter einer Regel, die zwei Faktoren verlangt, nirgends hinein"
        ),
    ),
    (
        'name "webauthn", "totp", "radius" or "certificate" too',
        'nennen Sie auch "webauthn", "totp", "radius" oder "certificate"',
    ),
    (
        "`{name}` ended on {day} and allows nothing any more",
        "`{name}` endete am {day} und erlaubt nichts mehr",
    ),
    (
        "`{name}` ended on {day} and counts as outside",
        "`{name}` endete am {day} und gilt als außerhalb",
    ),
    (
        "nobody from another server signs in or administers here; this allows nothing",
        "niemand von einem anderen Server meldet sich hier an oder verwaltet hier; das erlaubt nichts",
    ),
    (
        "what two people on other servers do is not ours to decide; this never matches",
        ("was zwei Personen auf anderen Servern tun, haben wir nicht zu entscheiden; das gilt nie"),
    ),
    ("so this allows nothing", "darum erlaubt das nichts"),
    ("so this ban always bites", "darum greift dieses Verbot immer"),
    (
        "`{fact}` is never known about people on other servers, {effect}",
        "`{fact}` ist über Personen auf anderen Servern nie bekannt, {effect}",
    ),
    (
        "no `{fact}` meets all conditions on it, so the rule can never match",
        "kein `{fact}` erfüllt alle Bedingungen dafür, die Regel kann nie gelten",
    ),
    (
        "nobody approves `{act}`: it has 0 approvals, {effect}",
        "niemand gibt `{act}` frei: Es hat 0 Freigaben, {effect}",
    ),
    ("so this refuses it for good", "dies lehnt es also für immer ab"),
    ("so this never allows it", "dies erlaubt es also nie"),
    (
        "name the acts that others may approve: `act in {acts}`",
        "nennen Sie die Handlungen, die andere freigeben dürfen: `act in {acts}`",
    ),
)
