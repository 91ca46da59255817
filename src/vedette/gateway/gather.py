"""From a request's head to what is asked and what is known. Nothing here decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from vedette.core.asks import Act, Ask, Someone
from vedette.core.channels import Channel
from vedette.core.decision import Decision
from vedette.core.facts import (
    FILE_FACTS,
    LEARNT_WITH_CONTENT,
    ROOM_FACTS,
    SESSION_FACTS,
    Facts,
    Missing,
    Value,
)
from vedette.core.files import File, facts_beforehand, facts_of
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.people import NOBODY_NAMED, OUTSIDE, SERVICES, Directory
from vedette.core.reasons import Reason
from vedette.core.towards import connect_some, reach, reach_some, routine
from vedette.gateway.files import FetchedFiles, Known, file_named
from vedette.gateway.plan import Head
from vedette.ports.live_sessions import Live
from vedette.ports.policy import Policy
from vedette.protocol.matrix.paths import Answering, Endpoint, Matched, Token
from vedette.protocol.matrix.paths_types import ANY_CHANNEL
from vedette.spine import Standing, refuse

Gathered = tuple[Ask, Facts] | Decision
_NOTHING = Facts()
_OUTSIDE_ROOMS = ((), (Channel.CONTACT,), (Channel.PRESENCE,))
_IN_NO_ROOM: dict[str, Value | Missing] = dict.fromkeys(sorted(ROOM_FACTS), Missing.PENDING)
_OF_NO_SESSION: dict[str, Value | Missing] = dict.fromkeys(sorted(SESSION_FACTS), Missing.PENDING)
"""What is known, between servers, of a device of ours: its own door has asked, or is still to ask."""
_BEFORE_ALL = Facts(
    {
        **_IN_NO_ROOM,
        **_OF_NO_SESSION,
        **facts_beforehand("", None).known,
        "file.released": Missing.PENDING,
    }
)
"""What is known of whatever may pass between another server and us: rooms and files come later."""
_BY_OURS = Facts(_OF_NO_SESSION)
_FILE = (Channel.FILE,)
_RECEIVING = frozenset({Channel.PRESENCE})
"""Channels in which whoever is looked at is the sender, and whoever looks receives."""


def act_of(endpoint: Endpoint) -> Act:
    """What a request to this endpoint is about to do."""
    if Channel.FILE in endpoint.channels and len(endpoint.channels) == 1:
        fetch = endpoint.answering is Answering.STREAM
        return Act.FILE_CONTENT_FETCH if fetch else Act.FILE_CONTENT_UPLOAD
    if endpoint.channels and endpoint.name.startswith(("call.", "openid.")):
        return Act.CALL_CREDENTIALS_FETCH
    if endpoint.channels == (Channel.PRESENCE,):
        return Act.PRESENCE_STATUS_READ
    if endpoint.channels == (Channel.CONTACT,):
        return _LOOKING.get(endpoint.name.partition(".")[0], Act.DIRECTORY_ROOMS_SEARCH)
    return Act.REQUEST_ENDPOINT_USE


_LOOKING = {
    "profile": Act.DIRECTORY_PROFILE_READ,
    "people": Act.DIRECTORY_PEOPLE_SEARCH,
    "bridge": Act.DIRECTORY_PEOPLE_SEARCH,
}


def learnt_later(endpoint: Endpoint) -> frozenset[str]:
    """What doors behind this one learn: the room, and what a file is once its bytes are here.

    MUST NOT be asked for a file that is handed out: behind that there is no door.
    """
    return ROOM_FACTS | FILE_FACTS if endpoint.channels == _FILE else ROOM_FACTS


def in_no_room(gathered: Gathered, endpoint: Endpoint) -> Gathered:
    """The same ask, with the facts of a room left to the event door, which knows the room.

    For files, calls, and whatever carries events: a file is stored, and a relay is asked for, before
    it is said in which room. Looking people up and presence are in no room at all: there a rule on
    rooms stays what can't be learnt. To be settled with `ROOM_FACTS` among what is learnt later.
    """
    if isinstance(gathered, Decision) or endpoint.channels in _OUTSIDE_ROOMS:
        return gathered
    ask, facts = gathered
    return ask, Facts({**_IN_NO_ROOM, **facts.known}, facts.claims, facts.parts)


def client_ask(policy: Policy, live: Live, matched: Matched, head: Head, stored: Known) -> Gathered:
    """What a person asks with this request. `stored` is the file that it fetches.

    What is known of the person's device and client is known of every ask.
    """
    gathered = _asked(policy, live.user, matched, head, stored)
    if isinstance(gathered, Decision):
        return gathered
    ask, facts = gathered
    return ask, facts.beside(live.facts)


def _asked(policy: Policy, user: UserId, matched: Matched, head: Head, stored: Known) -> Gathered:
    directory, endpoint = policy.directory, matched.endpoint
    person = directory.someone(user)
    if SERVICES in person.parties:
        return routine(act_of(endpoint), user), _NOTHING
    if endpoint.channels == _FILE:
        if endpoint.answering is Answering.STREAM:
            return _fetch(policy, person, matched, stored)
        act = Act.FILE_CONTENT_UPLOAD
        return reach_some(act, person, directory.everyone(), _FILE), declared(head)
    whom = _addressee(directory, matched, head)
    if whom is None:
        everyone = directory.everyone()
        return reach_some(act_of(endpoint), person, everyone, endpoint.channels), _NOTHING
    if isinstance(whom, Reason):
        return refuse(policy, whom)
    return _towards(directory, person, whom, endpoint), _NOTHING


def _towards(directory: Directory, person: Someone, whom: Someone, endpoint: Endpoint) -> Ask:
    act = act_of(endpoint)
    if whom.ours and not whom.name.startswith("@"):  # our own server: anybody here will do
        return reach_some(act, person, directory.ours(), endpoint.channels)
    (channel,) = endpoint.channels
    if channel in _RECEIVING:
        return reach(act, whom, person, channel)
    return reach(act, person, whom, channel)


def _fetch(policy: Policy, person: Someone, matched: Matched, stored: Known) -> Gathered:
    if isinstance(stored, Missing):  # about whose owner nobody could be asked
        known = file_named(matched, policy.directory.domain) is not None
        return refuse(policy, Reason.UNAVAILABLE if known else Reason.UNKNOWN_ENDPOINT)
    return fetched(policy, stored, person)


def fetched(policy: Policy, file: File | None, whom: Someone) -> Gathered:
    """The ask of a fetch: from whoever uploaded, or its server, to whoever fetches.

    A file that does not exist is routine: the homeserver says so.
    """
    directory = policy.directory
    if file is None:
        return routine(Act.FILE_CONTENT_FETCH, whom.name), _NOTHING
    if file.held:
        return refuse(policy, Reason.FILE_HELD, whom.name)
    owner = directory.server(file.server) if file.owner is None else directory.someone(file.owner)
    if SERVICES in owner.parties:
        return routine(Act.FILE_CONTENT_FETCH, whom.name), _NOTHING
    return reach(Act.FILE_CONTENT_FETCH, owner, whom, Channel.FILE), facts_of(file)


def declared(head: Head) -> Facts:
    """What an upload says of itself; its size is known where the carrier counts it."""
    media_type = head.get(b"content-type") or b"application/octet-stream"
    return facts_beforehand(media_type.decode("latin-1"), head.content_length)


def _addressee(directory: Directory, matched: Matched, head: Head) -> Someone | Reason | None:
    """With whom the request is about; None if nobody is named."""
    value = matched.params.get(matched.endpoint.towards) if matched.endpoint.towards else None
    if value is None:
        query = parse_qs(head.target.query.decode("latin-1"))
        named = query.get("server") or query.get("user_id")
        value = named[0] if named else None
    if value is None:
        return None
    try:
        if value.startswith("@"):
            return directory.someone(UserId(value))
        if value.startswith("!") and ":" not in value:
            return None  # a room id of version 12 names no server
        return directory.server(ServerName(value.partition(":")[2] or value))
    except InvalidName:
        return Reason.UNKNOWN_ENDPOINT


_ABOUT_A_PERSON = frozenset({"federation.profile", "federation.devices"})


def _looked_up(directory: Directory, matched: Matched, head: Head) -> Someone | Reason | None:
    """The one person whom another server looks up, where the request names one."""
    if matched.endpoint.name not in _ABOUT_A_PERSON:
        return None
    named = parse_qs(head.target.query.decode("latin-1")).get("user_id", [""])
    try:
        return directory.someone(UserId(matched.params.get("user_id", named[-1])))
    except InvalidName:
        return Reason.UNKNOWN_ENDPOINT


def strangers_ask(directory: Directory) -> Standing:
    """Whether anything at all is allowed with a server that nobody named, in whatever room."""
    nobody = next(one for one in directory.everyone() if one.name == NOBODY_NAMED)
    act = Act.FEDERATION_REQUEST_RECEIVE
    ask = connect_some(act, nobody, directory.ours(), ANY_CHANNEL)
    return Standing(ask, _BEFORE_ALL, LEARNT_WITH_CONTENT, directory)


def standing_ask(directory: Directory, origin: ServerName, matched: Matched) -> Standing | None:
    """What `origin` asks by a row that is about nobody in particular; None for all other rows."""
    endpoint, server = matched.endpoint, directory.server(origin)
    if not endpoint.channels or endpoint.channels == _FILE or server.ours:
        return None
    if endpoint.name in _ABOUT_A_PERSON:
        return None
    act = Act.FEDERATION_REQUEST_RECEIVE
    ask = _between(act, directory, server, endpoint, sends=True)
    facts = _NOTHING if endpoint.channels in _OUTSIDE_ROOMS else _BEFORE_ALL
    return Standing(ask, facts, LEARNT_WITH_CONTENT, directory)


def served(policy: Policy, origin: ServerName, file: Known) -> Gathered:
    """What `origin`, which has signed this request, asks when it fetches a file of ours."""
    if isinstance(file, Missing):
        return refuse(policy, Reason.UNAVAILABLE)
    return fetched(policy, file, policy.directory.server(origin))


def incoming(policy: Policy, origin: ServerName, matched: Matched, head: Head) -> Gathered:
    """What `origin`, which has signed this request, asks of us, where it names no file of ours."""
    directory, endpoint = policy.directory, matched.endpoint
    server = directory.server(origin)
    if server.ours:  # nobody but ourselves may speak in our name
        return refuse(policy, Reason.NOT_SUPPORTED, origin)
    if not endpoint.channels:
        if OUTSIDE in server.parties:  # whoever makes names up must not fill the log
            server = replace(server, name=NOBODY_NAMED)
        return routine(Act.FEDERATION_REQUEST_RECEIVE, server.name), _NOTHING
    if endpoint.channels == _FILE:
        return refuse(policy, Reason.UNKNOWN_ENDPOINT)
    act, whom = Act.FEDERATION_REQUEST_RECEIVE, _looked_up(directory, matched, head)
    if isinstance(whom, Reason):
        return refuse(policy, whom)
    if whom is not None:  # about one person of ours: no other door asks who that is
        return _about(act, server, whom, endpoint), _of_devices(endpoint)
    return _between(act, directory, server, endpoint, sends=True), _of_devices(endpoint)


def _of_devices(endpoint: Endpoint) -> Facts:
    """What is known of devices where another server asks: of theirs nothing ever, so that looking us up
    hangs on none; what is exchanged may be sent by a device of ours, whose own door asks.
    """
    return _NOTHING if endpoint.channels in _OUTSIDE_ROOMS else _BEFORE_ALL


@dataclass(frozen=True, slots=True)
class FederationGather:
    """Gathers for the federation door, out: what may pass between our people and a server."""

    files: FetchedFiles

    async def outgoing(self, policy: Policy, target: ServerName, matched: Matched) -> Gathered:
        """Gather what we ask of `target` with a request that Synapse sends out."""
        directory, endpoint = policy.directory, matched.endpoint
        server = directory.server(target)
        if (
            endpoint.token is Token.NONE
        ):  # nobody with whom nothing is allowed is even asked for keys
            act = Act.FEDERATION_REQUEST_SEND
            return connect_some(act, server, directory.ours(), ANY_CHANNEL), _BEFORE_ALL
        if not endpoint.channels:
            return routine(Act.FEDERATION_REQUEST_SEND, target), _NOTHING
        fetches = endpoint.channels == (Channel.FILE,)
        ask = _between(Act.FEDERATION_REQUEST_SEND, directory, server, endpoint, sends=fetches)
        if fetches:
            return ask, _BY_OURS.beside(facts_beforehand("", None))
        return ask, _BY_OURS if endpoint.channels in _OUTSIDE_ROOMS else _BEFORE_ALL


def _about(act: Act, server: Someone, whom: Someone, endpoint: Endpoint) -> Ask:
    """What may be looked up goes one way; what an exchange of content needs, by either way of it."""
    if len(endpoint.channels) == 1:
        return reach(act, server, whom, endpoint.channels[0])
    return connect_some(act, server, (whom,), endpoint.channels)


def _between(
    act: Act, directory: Directory, server: Someone, endpoint: Endpoint, *, sends: bool
) -> Ask:
    """One allowed channel is enough: persons, rooms and contents are asked behind this door.

    `sends` says that the other server is the sending side of a row with one channel.
    """
    if len(endpoint.channels) > 1 or endpoint.channels == ANY_CHANNEL:
        return connect_some(act, server, directory.ours(), endpoint.channels)
    return reach_some(act, server, directory.ours(), endpoint.channels, receives=not sends)
