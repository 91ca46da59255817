"""The parts of the sign-in store: tables, database, seal, rows and the rotation of tokens."""
