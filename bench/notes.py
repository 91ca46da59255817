"""Why a target is missed, and what would reach it: said beside the number, by its id.

A note is shown only where its target is missed in that very run.
"""

from __future__ import annotations

from typing import Any

NOTES: dict[str, str] = {
    "audit.search.p95": (
        "the index is read from the disk where it does not fit into the cache of the machine, and other"
        " programs on it push it out; more memory, or `audit.keep`, makes it smaller"
    ),
    "console.audit.p95": (
        "a day in the middle of the record and a person with many records are read from the disk, line by"
        " line, wherever they lie; half of a page is its rendering, with a hundred records too"
    ),
    "console.files.p95": (
        "Synapse's tables of files have no index by what holds a file, so all of them are looked through:"
        " an index of ours in Synapse's own tables would reach it"
    ),
    "console.people.p95": (
        "a part of a name is looked for in every account and every name of the directory, about 15 ms for"
        " 100,000; an index of parts of words in the database would reach it"
    ),
    "console.sessions.p95": (
        "what a program says of itself is looked for in every session, about 100 ms for 100,000; columns"
        " of their own for it, with an index, would reach it"
    ),
    "federation.cpu.nginx": (
        "nginx copies and believes; checking one Ed25519 signature alone (120 µs of OpenSSL) takes longer"
        " than all that nginx does, and the rest is reading the transaction; before a real Synapse neither"
        " shows. A faster Ed25519 would help by a third, a second gateway by as much as it has"
    ),
    "federation.transactions.nginx": "as for its CPU",
    "gateway.cpu.nginx": (
        "parsing into types, deciding and recording are Python, where nginx only copies; the routine row's"
        " path from head to forward in a compiled extension would reach it"
    ),
    "gateway.decided.nginx": (
        "a fetch is matched, asked with the facts of session and file, and recorded on its own, where"
        " nginx only copies: about 40 µs of Python; answers kept per person and file, as they are for"
        " routine rows, or the path from head to forward in a compiled extension would reach it"
    ),
    "gateway.decided.aiohttp": "as for nginx: what is beside the carrier is decided and recorded",
    "gateway.requests.nginx": "as for its CPU",
    "gateway.tls.nginx": (
        "asyncio's TLS, uvloop's too, copies every record through memory BIOs under Python's hands, where"
        " nginx hands OpenSSL the socket; kernel TLS, or TLS ended by a thin native process on the same"
        " host, would reach it"
    ),
    "gateway.tls.aiohttp": (
        "both pay the same for TLS in Python, so the gateway's lead over a slower carrier shrinks to what"
        " is left beside it; kernel TLS would give the lead back"
    ),
    "identity.certificate.crl-refused": (
        "all fifty are learnt in one moment and judged one after the other, and ended together; beside it"
        " Synapse deletes fifty devices on the same two cores. Judging on several threads would reach it"
    ),
    "identity.certificate.crl-cut": "as for the next request by list",
    "identity.certificate.ocsp-refused": "as for the next request by list",
    "identity.certificate.ocsp-cut": "as for the next request by list",
    "files_looking.files.libmagic": (
        "libmagic looks at the outside in a process that stays; here each content has a process of its own:"
        " of about 32 ms for a small text on a busy machine the fork takes 5 and looking in a process whose"
        " pages are still its parent's 20, of which 10 in a warm one; a lighter child would help most"
    ),
    "files_looking.files.clamd": (
        "as for libmagic: clamd looks in threads of one process, and one bad content could take over all"
    ),
    "files_looking.verdict-cache": (
        "supposed, not measured: a connection for each question, from a client in Python on the same two"
        " cores. It moves with what else runs there: 545, 798 and 1,219 in three runs"
    ),
    "identity_sync.change_to_doors_max": (
        "after a load in bulk without a mark everybody is read anew at the first change, on a thread beside"
        " the one that follows, which wait for one interpreter; read in a process of its own would reach it"
    ),
    "signin.introspections-in-synapse.oidc-provider": (
        "the responder shares the thread in which Synapse does everything else, and Twisted's server costs"
        " more a request than the peer's; a socket that Synapse's own client keeps open would help"
    ),
    "signin.introspections-in-synapse-cpu.oidc-provider": "as for the requests in a second",
    "synapse.cpu.small": (
        "the question itself takes 2.5 percent of Synapse's own thread by a sampling profiler: a fifth of"
        " that is the decision, the rest gathers what is asked; the looks for news and the written counts"
        " take the interpreter's lock a few times a second. An answer kept per person, room and kind of"
        " event, as the gateway keeps its routine rows, would reach it"
    ),
    "synapse.cpu.large-state": "as in a small room",
    "synapse.messages.large-state": "as for its CPU",
    "synapse.messages.small": "as for its CPU; other programs on the machine move it by as much",
}
"""Known causes. Whoever finds that a target is missed and why adds it here, with what would help."""

UNKNOWN = "missed, and nobody has said why yet"


def noted(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with its note, if its target was missed."""
    if entry["met"] is not False:  # None: there is no target
        return entry
    return {**entry, "note": entry.get("note") or NOTES.get(str(entry["id"]), UNKNOWN)}
