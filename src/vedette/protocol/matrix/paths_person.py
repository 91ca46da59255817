"""Endpoints about a person: finding the server, sign-in, devices, keys, profile, files, calls."""

from __future__ import annotations

from typing import Final, Unpack

from vedette.core.channels import Channel
from vedette.protocol.matrix.paths_types import (
    BULK,
    JSON,
    KEYS,
    NO_BODY,
    Answering,
    DecidedAt,
    Door,
    Endpoint,
    RowWords,
    ServedBy,
    Token,
    UploadLimit,
)

_CLIENT: Final = frozenset({Door.CLIENT})

# Older clients (Quaternion, NeoChat) still use r0; the plain `unstable` prefix is what clients of
# 2019 and earlier use. `api/v1` is refused as a whole.
C: Final = "/_matrix/client/<r0|v3|unstable>"
V1: Final = "/_matrix/client/v1"
U: Final = "/_matrix/client/unstable"
M: Final = "/_matrix/media"
ME: Final = f"{C}/user/:user_id"

_GET: Final = ("GET",)
_PUT: Final = ("PUT",)
_POST: Final = ("POST",)
_DELETE: Final = ("DELETE",)
_CONTACT: Final = (Channel.CONTACT,)
_FILE: Final = (Channel.FILE,)
_CONFERENCE: Final = (Channel.CONFERENCE,)
_TURN: Final = (Channel.VOICE, Channel.VIDEO, Channel.SCREEN)


def _row(name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]) -> Endpoint:
    words["doors"] = _CLIENT
    return Endpoint(name=name, methods=methods, pattern=pattern, **words)


def _sign_in_row(
    name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]
) -> Endpoint:
    """What the engine does not serve once people sign in elsewhere: the sign-in service does."""
    words["served_by"] = ServedBy.SIGNIN
    words["decided_at"] = DecidedAt.SIGN_IN_DOOR
    return _row(name, methods, pattern, **words)


_FINDING = (
    _row(
        "well-known.client",
        _GET,
        "/.well-known/matrix/client",
        token=Token.NONE,
        served_by=ServedBy.GATEWAY,
        note="written from the settings",
    ),
    _row("versions", _GET, "/_matrix/client/versions", token=Token.OPTIONAL),
    _row("capabilities", _GET, f"{C}/capabilities"),
)

_SIGNING_IN = (
    _sign_in_row(
        "auth.metadata",
        _GET,
        "/_matrix/client/<v1|unstable>/auth_metadata",
        token=Token.NONE,
        note="where a client begins that speaks OAuth",
    ),
    _sign_in_row(
        "auth.metadata.msc2965",
        _GET,
        f"{U}/org.matrix.msc2965/auth_metadata",
        token=Token.NONE,
        note="the same for clients of before Matrix 1.15",
    ),
    _sign_in_row(
        "auth.issuer",
        _GET,
        f"{U}/org.matrix.msc2965/auth_issuer",
        token=Token.NONE,
        note="the same for clients of 2024, which go on at the issuer's own document",
    ),
    _sign_in_row(
        "login.flows", _GET, f"{C}/login", token=Token.NONE, note="says which ways there are"
    ),
    _sign_in_row(
        "login",
        _POST,
        f"{C}/login",
        token=Token.NONE,
        note="the person is named in the body; every way passes the same rules",
    ),
    _sign_in_row(
        "login.page",
        _GET,
        f"{C}/login/sso/redirect",
        token=Token.NONE,
        note="leads the older clients to the one sign-in page",
    ),
    _sign_in_row(
        "login.page.named",
        _GET,
        f"{C}/login/sso/redirect/:idp_id",
        token=Token.NONE,
        note="as login.page",
    ),
    _sign_in_row(
        "refresh",
        _POST,
        f"{C}/refresh",
        token=Token.NONE,
        note="the refresh token is in the body",
    ),
    _sign_in_row(
        "auth.fallback",
        _GET,
        f"{C}/auth/<m.oauth|m.login.sso|org.matrix.cross_signing_reset>/fallback/web",
        token=Token.NONE,
        note="leads to the page where a person shows a proof again",
    ),
    _sign_in_row("logout", _POST, f"{C}/logout", note="only takes away"),
    _sign_in_row("logout.all", _POST, f"{C}/logout/all", note="only takes away"),
    _row("account.whoami", _GET, f"{C}/account/whoami"),
    _sign_in_row(
        "account.password",
        _POST,
        f"{C}/account/password",
        note="a lost password is mended by the organisation, so a token is needed here",
    ),
    _row(
        "account.addresses",
        _GET,
        f"{C}/account/3pid",
        note="clients show the own list, which is empty; adding to it is refused",
    ),
    _row("password-policy", _GET, f"{C}/password_policy", token=Token.NONE),
    _row(
        "openid.request",
        _POST,
        f"{ME}/openid/request_token",
        channels=_CONFERENCE,
        decided_at=DecidedAt.CALL_DOOR,
        note="conference servers take this token as proof of who joins",
    ),
)

_DEVICES = (
    _row("devices", _GET, f"{C}/devices"),
    _row("device", _GET, f"{C}/devices/:device_id"),
    _row(
        "device.rename",
        _PUT,
        f"{C}/devices/:device_id",
        note="the name is a claim; no decision reads it",
    ),
    _sign_in_row(
        "device.delete",
        _DELETE,
        f"{C}/devices/:device_id",
        note="ends the device's session, after the person has shown a proof again",
    ),
    _sign_in_row("devices.delete", _POST, f"{C}/delete_devices", note="as device.delete"),
    _row("keys.upload", _POST, f"{C}/keys/upload", body_limit=KEYS),
    _row(
        "keys.query",
        _POST,
        f"{C}/keys/query",
        body_limit=KEYS,
        answering=Answering.SLOW,
        note="keys of remote people are asked for at the federation door",
    ),
    _row("keys.changes", _GET, f"{C}/keys/changes"),
    _row(
        "keys.claim",
        _POST,
        f"{C}/keys/claim",
        body_limit=KEYS,
        answering=Answering.SLOW,
        note="keys of remote people are asked for at the federation door",
    ),
    _row(
        "keys.cross-signing",
        _POST,
        "/_matrix/client/<v3|unstable>/keys/device_signing/upload",
        body_limit=KEYS,
    ),
    _row("keys.signatures", _POST, f"{C}/keys/signatures/upload", body_limit=KEYS),
    _row(
        "room-keys",
        ("GET", "PUT", "DELETE"),
        f"{C}/room_keys/keys",
        body_limit=BULK,
        note="backup of room keys, encrypted by the client",
    ),
    _row(
        "room-keys.room",
        ("GET", "PUT", "DELETE"),
        f"{C}/room_keys/keys/:room_id",
        body_limit=BULK,
    ),
    _row(
        "room-keys.session",
        ("GET", "PUT", "DELETE"),
        f"{C}/room_keys/keys/:room_id/:session_id",
    ),
    _row("room-keys.versions", ("GET", "POST"), f"{C}/room_keys/version"),
    _row("room-keys.version", ("GET", "PUT", "DELETE"), f"{C}/room_keys/version/:version"),
    _row(
        "to-device.send",
        _PUT,
        f"{C}/sendToDevice/:message_type/:txn_id",
        body_limit=BULK,
        decided_at=DecidedAt.EVENT_DOOR,
        note="one body for many devices; decided for each recipient",
    ),
)

_OWN_DATA = (
    _row(
        "sync",
        _GET,
        f"{C}/sync",
        answering=Answering.LONG_POLL,
        decided_at=DecidedAt.EVENT_DOOR,
        note="presence, typing and receipts in it are decided for each reader",
    ),
    _row(
        "sync.sliding",
        _POST,
        f"{U}/org.matrix.simplified_msc3575/sync",
        body_limit=4 * JSON,
        answering=Answering.LONG_POLL,
        decided_at=DecidedAt.EVENT_DOOR,
    ),
    _row("filter", _GET, f"{ME}/filter/:filter_id"),
    _row("filter.create", _POST, f"{ME}/filter"),
    _row("account-data", ("GET", "PUT"), f"{ME}/account_data/:type", body_limit=KEYS),
    _row(
        "account-data.room",
        ("GET", "PUT"),
        f"{ME}/rooms/:room_id/account_data/:type",
        body_limit=KEYS,
    ),
    _row("tags", _GET, f"{ME}/rooms/:room_id/tags"),
    _row("tag", ("PUT", "DELETE"), f"{ME}/rooms/:room_id/tags/:tag"),
    _row("notifications", _GET, f"{C}/notifications"),
    _row("pushers", _GET, f"{C}/pushers"),
    _row(
        "pushers.set",
        _POST,
        f"{C}/pushers/set",
        note="the address in the body must be on the pusher allowlist",
    ),
    _row("push-rules", _GET, f"{C}/pushrules/", note="the trailing slash is the specification's"),
    _row("push-rules.global", _GET, f"{C}/pushrules/global/", note="trailing slash as above"),
    _row("push-rule", ("GET", "PUT", "DELETE"), f"{C}/pushrules/global/:kind/:rule_id"),
    _row(
        "push-rule.attribute",
        ("GET", "PUT"),
        f"{C}/pushrules/global/:kind/:rule_id/<actions|enabled>",
    ),
)

_PEOPLE = (
    _row(
        "profile",
        _GET,
        f"{C}/profile/:user_id",
        channels=_CONTACT,
        towards="user_id",
        answering=Answering.SLOW,
        note="needs a token here, though not in the specification: nobody outside looks us up",
    ),
    _row(
        "profile.name",
        _GET,
        f"{C}/profile/:user_id/<displayname|avatar_url>",
        channels=_CONTACT,
        towards="user_id",
        answering=Answering.SLOW,
    ),
    _row(
        "profile.name.set",
        ("PUT", "DELETE"),
        f"{C}/profile/:user_id/<displayname|avatar_url>",
        note="one's own; the engine refuses any other",
    ),
    _row(
        "profile.field",
        _GET,
        "/_matrix/client/v3/profile/:user_id/:field",
        channels=_CONTACT,
        towards="user_id",
        answering=Answering.SLOW,
    ),
    _row(
        "profile.field.set",
        ("PUT", "DELETE"),
        "/_matrix/client/v3/profile/:user_id/:field",
        note="one's own; the engine refuses any other",
    ),
    _row(
        "presence",
        _GET,
        f"{C}/presence/:user_id/status",
        channels=(Channel.PRESENCE,),
        towards="user_id",
    ),
    _row(
        "presence.set",
        _PUT,
        f"{C}/presence/:user_id/status",
        decided_at=DecidedAt.EVENT_DOOR,
        note="presence, decided for each recipient",
    ),
    _row("people.search", _POST, f"{C}/user_directory/search", channels=_CONTACT),
    _row(
        "people.mutual-rooms",
        _GET,
        "/_matrix/client/<v1|unstable>/mutual_rooms",
        channels=_CONTACT,
        note="with whom is the query's user_id",
    ),
    _row(
        "user.report",
        _POST,
        "/_matrix/client/v3/users/:user_id/report",
        note="a report to our own administrators",
    ),
    _row("bridges", _GET, f"{C}/thirdparty/protocols"),
    _row("bridge", _GET, f"{C}/thirdparty/protocol/:protocol"),
    _row(
        "bridge.find",
        _GET,
        f"{C}/thirdparty/<user|location>",
        channels=_CONTACT,
        note="looks people and rooms up through bridges",
    ),
    _row(
        "bridge.find.protocol",
        _GET,
        f"{C}/thirdparty/<user|location>/:protocol",
        channels=_CONTACT,
    ),
)

_FILES_AND_CALLS = (
    _row("media.config", _GET, f"{V1}/media/config"),
    _row("media.config.old", _GET, f"{M}/<r0|v1|v3>/config"),
    _row(
        "media.create",
        _POST,
        f"{M}/v1/create",
        channels=_FILE,
        body_limit=JSON,
        decided_at=DecidedAt.FILE_DOOR,
        note="an address for a later upload; asked towards whomever one may send files",
    ),
    _row(
        "media.upload",
        _POST,
        f"{M}/<r0|v1|v3>/upload",
        channels=_FILE,
        body_limit=UploadLimit.MAX_UPLOAD,
        answering=Answering.SLOW,
        decided_at=DecidedAt.FILE_DOOR,
        note="no room is known here: asked towards whomever one may send files",
    ),
    _row(
        "media.upload.created",
        _PUT,
        f"{M}/v3/upload/:server_name/:media_id",
        channels=_FILE,
        body_limit=UploadLimit.MAX_UPLOAD,
        answering=Answering.SLOW,
        decided_at=DecidedAt.FILE_DOOR,
        note="as media.upload",
    ),
    _row(
        "media.download",
        _GET,
        f"{V1}/media/download/:server_name/:media_id",
        channels=_FILE,
        towards="server_name",
        body_limit=NO_BODY,
        answering=Answering.STREAM,
        decided_at=DecidedAt.FILE_DOOR,
    ),
    _row(
        "media.download.named",
        _GET,
        f"{V1}/media/download/:server_name/:media_id/:file_name",
        channels=_FILE,
        towards="server_name",
        body_limit=NO_BODY,
        answering=Answering.STREAM,
        decided_at=DecidedAt.FILE_DOOR,
        note="the file name is the client's wish, not a fact",
    ),
    _row(
        "media.thumbnail",
        _GET,
        f"{V1}/media/thumbnail/:server_name/:media_id",
        channels=_FILE,
        towards="server_name",
        body_limit=NO_BODY,
        answering=Answering.STREAM,
        decided_at=DecidedAt.FILE_DOOR,
        note="a thumbnail shows the file",
    ),
    _row(
        "call.turn",
        _GET,
        f"{C}/voip/turnServer",
        channels=_TURN,
        decided_at=DecidedAt.CALL_DOOR,
        note="the one hold on old-style calls in encrypted rooms; asked towards everyone",
    ),
    _row(
        "call.transports",
        _GET,
        f"{U}/org.matrix.msc4143/rtc/transports",
        channels=_CONFERENCE,
        decided_at=DecidedAt.CALL_DOOR,
    ),
)

PERSON_ENDPOINTS: Final = _FINDING + _SIGNING_IN + _DEVICES + _OWN_DATA + _PEOPLE + _FILES_AND_CALLS
