"""Which revision is on trial, in control's database."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from vedette.adapters.databases import answering
from vedette.core.trial import Trial

_NAME = "settings"
_TRIALS = sa.Table(
    "trials",
    sa.MetaData(),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("back_to", sa.Integer),
    sa.Column("until", sa.BigInteger),
)


@dataclass(frozen=True, slots=True)
class SqlTrials:
    """The Trials in the database that `open_database` has opened and migrated."""

    engine: sa.Engine

    def begin(self, trial: Trial) -> None:
        """Write the trial in place of another one."""
        values = {"revision": trial.revision, "back_to": trial.back_to, "until": trial.until}
        with answering(_NAME), self.engine.begin() as connection:
            connection.execute(sa.delete(_TRIALS))
            connection.execute(sa.insert(_TRIALS).values(**values))

    def current(self) -> Trial | None:
        """Read the one that was begun last."""
        with answering(_NAME), self.engine.connect() as connection:
            row = connection.execute(
                sa.select(_TRIALS).order_by(_TRIALS.c.revision.desc()).limit(1)
            ).first()
        if row is None:
            return None
        return Trial(revision=row.revision, back_to=row.back_to, until=row.until)

    def end(self) -> None:
        """Delete it."""
        with answering(_NAME), self.engine.begin() as connection:
            connection.execute(sa.delete(_TRIALS))
