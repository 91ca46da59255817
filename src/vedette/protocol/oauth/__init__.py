"""OAuth 2.0 as values: what a request says, before anybody is asked and without any I/O.

What needs judgement of ours and has no library that is strict enough is here: how a form, a scope,
a redirection address, a registration and an authorization request are read. The generic flow of
the token, revocation and device endpoints is Authlib's, behind `vedette.signin.oauth_server`.
"""
