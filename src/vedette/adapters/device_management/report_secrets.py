"""The secrets by which a source signs its reports: a file with one on each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.device_management.trouble import Trouble, failed, secret_text
from vedette.core.language import told
from vedette.ports.directory import Check
from vedette.ports.errors import Unavailable
from vedette.protocol.standard_webhooks import SecretFault, secret_of

_MOST = 5


@dataclass(frozen=True, slots=True)
class ReportSecrets:
    """Secrets in the file `path`, read for each report, so that a new one counts at once."""

    path: Path

    def secrets(self) -> tuple[bytes, ...]:
        """Every secret that is good. Raises Unavailable."""
        lines = [line for line in secret_text(self.path).splitlines() if line.strip()]
        try:
            return tuple(map(secret_of, lines[:_MOST]))
        except SecretFault as fault:
            raise Trouble(
                told("`{path}` holds no secret of a webhook: {why}", path=self.path, why=fault),
                told("echo whsec_$(openssl rand -base64 32) > {path}", path=self.path),
            ) from fault

    def tried(self) -> Iterator[Check]:
        """Whether its secrets can be used. That reports arrive is for the sender to try."""
        what = told("secret of the webhook")
        try:
            count = len(self.secrets())
        except Unavailable as fault:
            yield failed(what, fault)
        else:
            yield Check(what, True, told("{count} can be used", count=count))
