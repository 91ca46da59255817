"""The console as a client of the authorization server.

It is fixed in code and never registered. Its scope is its own, and nobody else's: a session of the
console makes no device, and nothing of it is good at the client API.
"""

from __future__ import annotations

CONSOLE = "vedette-console"
"""The console's client id."""
CONSOLE_SCOPE = "urn:vedette:console"
"""What the console asks for besides `openid`, and nobody else is given."""
CONSOLE_NAME = "Vedette console"
BACK = "/signed-in"
"""Where the console takes its answers, beneath its own address."""
FACTORS = 2
"""How many independent factors the console wants, whatever the settings say."""
