"""Paths that Synapse serves, or would ask other servers for, and that have no public way: why.

A request for one of them is answered like one for a path that does not exist. The reasons are
for the reference page, `doctor` and the test that holds this table against Synapse.
"""

from __future__ import annotations

from typing import Final

from vedette.protocol.matrix.paths_types import Door, Refusal

C: Final = "/_matrix/client/<r0|v3|unstable>"
V1: Final = "/_matrix/client/v1"
U: Final = "/_matrix/client/unstable"
M: Final = "/_matrix/media/<r0|v1|v3>"
F: Final = "/_matrix/federation/v1"
FU: Final = "/_matrix/federation/unstable"

_POST: Final = ("POST",)
_GET: Final = ("GET",)
_PUT: Final = ("PUT",)
_DELETE: Final = ("DELETE",)
_IN: Final = frozenset({Door.FEDERATION_IN})
_OUT: Final = frozenset({Door.FEDERATION_OUT})
_BOTH: Final = _IN | _OUT

_INSIDE = "the engine's own administration and pages are reached from inside only"
_BY_ORGANISATION = "accounts are made and ended by the organisation, and there are no guests"
_ADDRESSES = "e-mail addresses and telephone numbers lead to no account and no invite"
_OTHER_SIGN_IN = "a sign-in begins at one place, with all its factors"
_OLD_READING = "withdrawn from the specification; everything in it comes by sync"
_BRIDGES = "bridges speak to the engine from inside, never through a public door"
_UNSIGNED_FILES = "files are given only to someone who is known"
_PREVIEWS = "a link preview sends what people write to strangers' servers"
_NOT_FINISHED = "not in the specification yet, and off in the engine's settings"

_ENGINE = (
    Refusal("/_synapse/*path", _INSIDE),
    Refusal("/_matrix/static/*path", _INSIDE),
    Refusal("/_matrix/consent/*path", _INSIDE),
    Refusal("/_matrix/saml2/*path", _INSIDE),
    Refusal(f"{C}/admin/*path", _INSIDE),
    Refusal("/_matrix/client/api/v1/*path", "older than every specification that clients follow"),
)

_ACCOUNTS = (
    Refusal(f"{C}/register", _BY_ORGANISATION, _POST),
    Refusal(f"{C}/register/available", _BY_ORGANISATION),
    Refusal("/_matrix/client/<v1|unstable>/register/*path", _BY_ORGANISATION),
    Refusal(f"{C}/account/deactivate", _BY_ORGANISATION, _POST),
    Refusal(f"{C}/account_validity/*path", _BY_ORGANISATION),
    Refusal("/_matrix/client/<r0|v3>/register/<email|msisdn>/requestToken", _ADDRESSES),
    Refusal(f"{U}/registration/*path", _ADDRESSES),
    Refusal(f"{C}/account/3pid", _ADDRESSES, _POST),
    Refusal(f"{C}/account/3pid/*path", _ADDRESSES),
    Refusal(f"{C}/account/password/email/requestToken", _ADDRESSES),
    Refusal(f"{U}/add_threepid/*path", _ADDRESSES),
    Refusal(f"{U}/pushers/remove", "only links in e-mail notices lead here, and those are off"),
)

_SIGNING_IN = (
    Refusal(f"{C}/login/*path", _OTHER_SIGN_IN),
    Refusal(f"{V1}/login/get_token", "a session must not make a second one without a factor"),
    Refusal(
        f"{U}/org.matrix.msc3882/login/token",
        "a session must not make a second one without a factor",
    ),
    Refusal(f"{C}/auth/*path", _OTHER_SIGN_IN),
    Refusal(f"{C}/tokenrefresh", "answers nothing but an error since 2015", _POST),
    Refusal(f"{U}/org.matrix.msc4108/*path", "sign-in by QR code passes by the device rules"),
    Refusal(f"{U}/io.element.msc4388/*path", "sign-in by QR code passes by the device rules"),
)

_CLIENTS = (
    Refusal(f"{C}/initialSync", _OLD_READING, _GET),
    Refusal(f"{C}/rooms/:room_id/initialSync", _OLD_READING, _GET),
    Refusal(f"{C}/events", _OLD_READING, _GET),
    Refusal(f"{C}/events/:event_id", _OLD_READING, _GET),
    Refusal(f"{C}/pushrules/*path", "no push rule of the specification has this path"),
    Refusal(f"{C}/directory/list/appservice/*path", _BRIDGES),
    Refusal("/_matrix/client/<v1|unstable>/appservice/*path", _BRIDGES),
    Refusal(f"{U}/io.element.msc4502/*path", _BRIDGES),
    Refusal(f"{U}/io.element.msc4512/*path", _BRIDGES),
    Refusal(f"{U}/org.matrix.msc3983/*path", _BRIDGES),
    Refusal(f"{U}/uk.tcpip.msc4133/*path", "clients use the same in /v3/profile"),
    Refusal(f"{U}/org.matrix.msc3720/*path", "tells whether accounts exist"),
    Refusal(f"{U}/org.matrix.msc3391/*path", _NOT_FINISHED),
    Refusal(f"{U}/org.matrix.msc1763/*path", _NOT_FINISHED),
    Refusal(f"{U}/org.matrix.msc3814.v1/*path", "a device that nobody signs in with"),
    Refusal(f"{U}/io.element.msc4306/*path", _NOT_FINISHED),
    Refusal(f"{U}/io.element.msc4308/*path", _NOT_FINISHED),
)

_FILES = (
    Refusal(f"{M}/<download|thumbnail>/*path", _UNSIGNED_FILES),
    Refusal(f"{M}/preview_url", _PREVIEWS, _GET),
    Refusal(f"{V1}/media/preview_url", _PREVIEWS, _GET),
    Refusal("/_matrix/media/<r0|v3>/download/:server_name/:media_id", _UNSIGNED_FILES, _GET, _OUT),
)

_SERVERS = (
    Refusal("/_matrix/key/v2/query/*path", "we vouch for no other server's keys", (), _BOTH),
    Refusal(f"{F}/exchange_third_party_invite/:room_id", _ADDRESSES, _PUT, _BOTH),
    Refusal(f"{F}/3pid/onbind", _ADDRESSES, _POST, _IN),
    Refusal(f"{F}/query/:query_type", "only profile and directory have a meaning", _GET, _BOTH),
    Refusal(f"{FU}/user/keys/claim", "servers use the same in /v1", _POST, _BOTH),
    Refusal(f"{FU}/org.matrix.msc4370/*path", _NOT_FINISHED, (), _IN),
    Refusal(f"{FU}/org.matrix.msc3720/*path", "tells whether accounts exist", (), _BOTH),
    Refusal(f"{FU}/org.matrix.msc2946/*path", "servers use the same in /v1", (), _OUT),
    Refusal(
        "/_matrix/policy/<v1|unstable/org.matrix.msc4284>/sign",
        "a room's policy server would be shown every event before it is sent",
        _POST,
        _OUT,
    ),
)

REFUSED: Final = _ENGINE + _ACCOUNTS + _SIGNING_IN + _CLIENTS + _FILES + _SERVERS
