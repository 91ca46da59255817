from urllib.parse import parse_qsl, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from vedette.protocol.oauth.sso import parse_sso_redirect

PIECES = st.lists(
    st.sampled_from(
        ["https://app.example", "http://localhost:1", "element://connect", "/", "?", "#", "&", "x=1",
         "loginToken=y", "login", "Token=y", "%54oken", "@", "evil.example", "javascript:", "\\"]
    ),
    max_size=7,
).map("".join)  # fmt: skip


@given(PIECES | st.text(max_size=40))
@example("https://app.example/#/home")
@example("https://app.example/?loginToken=y")
@example("element://connect?loginToken=y")
def test_there_is_one_login_token_in_an_address_and_it_is_ours(text):
    try:
        address = parse_sso_redirect(text).with_token("OURS")
    except ValueError:
        return
    parts = urlsplit(address)
    tokens = [value for name, value in parse_qsl(parts.query) if name.lower() == "logintoken"]
    assert tokens == ["OURS"]
    assert parts.scheme in ("https", "http", "element") or "." in parts.scheme
    assert parts.username is None
