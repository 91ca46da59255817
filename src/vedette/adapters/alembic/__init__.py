"""Migrations of control's database, run by Alembic when control starts."""
