"""Element Web's interface in a real browser, against a real homeserver."""
