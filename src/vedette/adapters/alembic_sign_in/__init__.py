"""The migrations of the sign-in store, run by Alembic."""
