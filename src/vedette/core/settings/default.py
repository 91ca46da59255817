"""The document that a new organisation starts with."""

from __future__ import annotations

from vedette.core.names import ServerName
from vedette.core.settings.reference import spell_text

_TEXT = """\
# The settings of @NAME@: who may do what with whom.
#
# Every yes or no that Vedette gives comes from a rule in this file.
#   * No rule, no yes. What nobody allowed is refused.
#   * A forbid always wins, and doubt makes it bite. Order never matters.
#   * `us` is everyone who signs in here, guests apart. `partners` are the organisations named in
#     [partners], `outside` is everybody else, `anyone` is all of them.
# After a change, `vedette settings check` names every fault with its line, and `vedette settings
# diff` says in words what would be different. Nothing is in force until `vedette settings apply`.

[organisation]
name   = @QUOTED@
domain = "@DOMAIN@"    # stands in every user id; it can't be changed later

# Parties are named sets of our people, from the groups of your directory. Write the groups of the
# people who answer for security here, before anything else.
[parties]
security-office = { groups = ["Security-Officers"] }
# Those who administer beside them, each with the acts that their rule below names.
federation-managers = { groups = ["Federation-Managers"] }
operators = { groups = ["Operators"] }
help-desk = { groups = ["IT-Helpdesk"] }
auditors = { groups = ["Auditors"] }

# Partners have a name, the server names that they speak from and, best, their pinned keys:
#   acme = { domains = ["acme.example"], contact = "+49 30 1234 5678" }
# Naming a partner allows nothing yet; that takes a rule.
[partners]

# Networks are named address ranges, for rules on where people sign in from. An address in none of
# them is `elsewhere`. For example:
#   office = ["10.1.0.0/16", "2001:db8:1::/48"]
[networks]

# Kinds of room; a room's kind is chosen when it is made and never changes. For example:
#   board = { members = ["board"], encrypted = true }
# Whoever makes the room names the kind in the request, as `org.vedette.kind` in the room's
# `creation_content`. No Matrix client has a button for that: docs/rooms.md shows how it is done.
[rooms]

# ---- Among ourselves: everything that an office needs -------------------------------------------

# We write to each other, find and invite each other, see who is there, and call each other.
[rules.talk]
between = ["us", "us"]
allow   = ["message", "contact", "presence", "call"]
owner   = "security-office"

# We send each other files of the usual kinds; programs and archives are not among them. What a file
# is was found in its content, whatever it is called, and everything in it counts too: a program in
# a document is refused like a program. `encrypted` is what nobody here can look into, above all
# files in encrypted rooms.
[rules.files]
between = ["us", "us"]
allow   = ["file"]
when    = ["file.kind in document, image, audio, video, text, encrypted"]
say     = "We exchange documents, images, audio, video and text, no other kinds of file."
owner   = "security-office"

# What a file is can't always be found out: it breaks whatever looks at it, or a scanner is away. Such a
# file is held, and whoever may release it answers for it. A forbid stands above that, in doubt too; and
# once it is found out after all what the file is, that counts.
[rules.released-files]
between = ["us", "us"]
allow   = ["file"]
when    = ["file.released = yes"]
owner   = "security-office"

# Pictures of people and rooms are files of their own: small images, wherever `files` may be stricter
# one day. A picture that one of us has made an avatar is shown to everybody whom such a rule names,
# so name nobody with whom there is no contact.
[rules.pictures-of-people]
between = ["us", "us"]
allow   = ["file"]
when    = ["file.class = avatar", "file.kind in image", "file.size <= 1 MiB"]
owner   = "security-office"

# More rules on files, to be had by taking the `#` away. A file about which a rule wants to know
# something that was not found out yet waits until it was.
#
# Nothing in which a virus was found; without a virus scanner (`clamd` in the boot file) nobody knows,
# and then every file is refused:
#   [rules.no-malware]
#   between = ["anyone", "anyone"]
#   forbid  = ["file"]
#   when    = ["file.malware = yes"]
#   say     = "A virus was found in this file."
#   owner   = "security-office"
#
# Nothing that calls itself something else than it is, and no macros:
#   [rules.honest-files]
#   between = ["anyone", "anyone"]
#   forbid  = ["file"]
#   when    = ["file.disguised = yes"]
#   say     = "This file is not what its name says."
#   owner   = "security-office"
#   [rules.no-macros]
#   between = ["anyone", "anyone"]
#   forbid  = ["file"]
#   when    = ["file.macros = yes"]
#   say     = "Documents with macros are not exchanged here."
#   owner   = "security-office"

# ---- Towards others: nothing --------------------------------------------------------------------
#
# There is no rule here, so nothing passes. A first one may look like this:
#   vedette rule add acme --between us acme --allow message,contact --reason "contract 4711"
#
# Rooms that exist when a rule changes are judged again: `vedette room list`. What happens to those that
# are against the rules then is the value `standing.on_breach`: "warn", "freeze" or "remove".

# ---- Kinds of room ------------------------------------------------------------------------------
#
# A client names the kind when it makes a room (`org.vedette.kind` in `creation_content`); it never
# changes, and nothing that a room's owner sets loosens a rule. No files in conferences, whoever
# organises them (plain, since encryption would hide that something is a file):
#   [rooms.conference]
#   plain = true
#   [rules.no-files-in-conferences]
#   between = ["us", "anyone"]
#   forbid  = ["file"]
#   when    = ["room.kind = conference"]
#   say     = "In conferences no files are shared."
#   owner   = "security-office"

# ---- Towards the organisation -------------------------------------------------------------------

# Everyone signs in with two factors, in every client, on the one sign-in page. Whoever has shown
# only one is asked for the second. A passkey is two: something one has, opened by something one
# knows or is.
[rules.two-factors]
from  = ["us"]
allow = ["sign-in"]
when  = ["sign_in.factors >= 2"]
owner = "security-office"

# Clients must not ask for the password in a field of their own: it would be shown to the client,
# and there is no second factor there.
[rules.password-login]
from   = ["us", "guests"]
forbid = ["sign-in"]
when   = ["sign_in.flow = password-login"]
say    = "Please sign in on the sign-in page: choose single sign-on or continue in the browser."
owner  = "security-office"

# More rules of this kind, to be had by taking the `#` away. They hold at the next sign-in and for
# running sessions too: whoever no longer meets them is suspended, and goes on when they are met
# again. What is `claimed` is what a client says of itself; one that says nothing is refused.
#
# No Android:
#   [rules.no-android]
#   from   = ["us"]
#   forbid = ["sign-in"]
#   when   = ["claimed device.platform = android"]
#   say    = "Android devices can't be used here. Please use another device."
#   owner  = "security-office"
#
# Element only from version 1.12 on. A page in a browser does not tell its version, and is refused:
#   [rules.element-version]
#   from   = ["us"]
#   forbid = ["sign-in"]
#   when   = ["claimed client.name = element"]
#   unless = ["claimed client.version >= 1.12"]
#   say    = "Please update Element to version 1.12 or newer."
#   owner  = "security-office"
#
# At most three devices for each of us; the oldest stay, or go: see `sign_in.at_device_limit`:
#   [rules.three-devices]
#   from   = ["us"]
#   forbid = ["sign-in"]
#   when   = ["device.count > 3"]
#   say    = "You have three devices already. Please end one of them first."
#   owner  = "security-office"
#
# Only approved devices; a new one waits until `vedette device approve`:
#   [rules.approved-devices]
#   from   = ["us"]
#   forbid = ["sign-in"]
#   unless = ["device.approved = yes"]
#   say    = "Only approved devices can be used here. Please call the help desk."
#   owner  = "security-office"

# Roles are rules: who may do which acts of administration, and over whom (`to`). A rule without `to`
# is about everybody, and about the organisation itself. Every act stands in docs/reference/acts.md;
# `vedette token add` lets somebody act with a token that is narrower than their role.

# The security office administers: every act, over everybody. To have what opens us to others decided
# by two of them (three people have to be in the office), take the `#` away:
#   [rules.four-eyes-towards-others]
#   from   = ["us"]
#   forbid = ["administer"]
#   when   = ["change.widens in partners, outside, administer"]
#   unless = ["approvals >= 1"]
#   say    = "Two of us decide about others."
#   owner  = "security-office"
# Likewise for what can't be taken back, or opens everything; whoever asked does it once it is approved:
#   [rules.four-eyes-on-keys]
#   from   = ["us"]
#   forbid = ["administer"]
#   when   = ["act in audit:person:erase, keys:key:rotate, tokens:token:add"]
#   unless = ["approvals >= 1"]
#   say    = "Two of us decide about this."
#   owner  = "security-office"
[rules.security-office]
from  = ["security-office"]
allow = ["administer"]
owner = "security-office"

# The token on control's host may do everything, since before anybody can sign in there is nobody else.
# Once two officers can, let it only look; a change is refused under which nobody could take this back:
#   [rules.local-token-looks]
#   from   = ["us"]
#   forbid = ["administer"]
#   when   = ["act.through = local-token"]
#   unless = ["act in administration:settings:read, audit:chain:verify, doors:door:list, keys:key:list"]
#   say    = "The local token only looks; sign in to the console, or use a token of your own."
#   owner  = "security-office"

# Federation managers add partners, say what we exchange with them, and try whether they answer.
[rules.federation-managers]
from  = ["federation-managers"]
allow = ["administer"]
when  = ["act in partners:partner:list, partners:partner:change, partners:partner:check, administration:settings:read, administration:settings:withdraw, policy:decision:explain, doors:door:list, rooms:room:count, rooms:room:list"]
owner = "security-office"

# Operators see how everything stands and have rooms judged again; they change no rule.
[rules.operators]
from  = ["operators"]
allow = ["administer"]
when  = ["act in administration:settings:read, audit:chain:verify, certificates:certificate:list, certificates:server:list, certificates:server:renew, devices:inventory:list, devices:inventory:test, doors:door:list, partners:partner:list, partners:partner:check, people:directory:preview, people:directory:show, people:person:count, people:pushed:show, rooms:room:count, rooms:room:list, rooms:room:sweep"]
owner = "security-office"

# The help desk helps people with their devices, sessions and ways in, and sees which files are held.
[rules.help-desk]
from  = ["help-desk"]
to    = ["us"]
allow = ["administer"]
when  = ["act in devices:device:approve, files:file:list, people:account:create, people:factor:reset, people:password:reset, sessions:session:end, sessions:session:list, sessions:session:resume, sessions:session:suspend"]
owner = "security-office"

# But nobody who administers: whoever resets an officer's password could sign in as that officer.
[rules.help-desk-apart]
from   = ["help-desk"]
to     = ["security-office", "federation-managers", "operators", "help-desk", "auditors"]
forbid = ["administer"]
say    = "The security office does this for people who administer."
owner  = "security-office"

# Auditors read: settings, records, and how something was or would be decided. They change nothing.
[rules.auditors]
from  = ["auditors"]
allow = ["administer"]
when  = ["act in administration:settings:read, administration:settings:replay, audit:chain:verify, audit:record:read, certificates:certificate:list, devices:inventory:list, doors:door:list, files:file:list, partners:partner:list, people:directory:show, people:pushed:show, policy:decision:explain, rooms:room:count, rooms:room:list, tokens:token:list"]
owner = "security-office"

# ---- What no change may lose --------------------------------------------------------------------
#
# Guardrails are forbids that every revision must keep; to unlock one takes a second person.

# Administrators are our own people, never guests, never partners, never anybody outside.
[guardrails.administrators-apart]
from   = ["guests", "partners", "outside"]
forbid = ["administer"]
owner  = "security-office"
"""  # noqa: E501  # a condition is one line


def default_document(name: str, domain: str) -> str:
    """The commented default document for the organisation `name` at `domain`.

    Raises:
        InvalidName: `domain` is not a server name.
    """
    plain = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    filled = _TEXT.replace("@DOMAIN@", ServerName(domain))
    # The name comes last, so that nothing in it can be taken for a place to fill.
    head, _, rest = filled.partition("@NAME@")
    before, _, after = rest.partition("@QUOTED@")
    return f"{head}{plain}{before}{spell_text(plain)}{after}"
