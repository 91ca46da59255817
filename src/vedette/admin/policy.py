"""The policy by which control itself decides: the current revision, and who holds the local token.

The holder of the local administrator token is allowed by one rule that is fixed in code, because
before anybody can sign in there is nobody else. It is an allow like every other: a forbid of the
document that speaks about `us` bites it, and its acts are asked and recorded like everyone's. So
that nobody locks themselves out, `settings.apply` refuses a revision under which this holder could
not even take rights away any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vedette.core.asks import Someone
from vedette.core.channels import Channel
from vedette.core.compile import compile_rules
from vedette.core.people import ANYONE, US, Directory, Person
from vedette.core.ruleset import EVERYONE, CompiledRule, Ruleset
from vedette.core.settings.document import Document
from vedette.ports.clock import Clock
from vedette.ports.errors import StalePolicy
from vedette.ports.policy import Policy

LOCAL_ADMINISTRATOR = "local administrator"
"""The name and the party of whoever holds the local token. No document can name it: it has a space."""

RECOVERY = "local administrator in recovery"
"""The name and the only party of whoever holds the local token while recovery is open: no forbid of a
document can name it."""

IN_RECOVERY = CompiledRule(
    id="built-in.recovery",
    forbids=False,
    channels=frozenset({Channel.ADMINISTER}),
    pairs=frozenset({(RECOVERY, EVERYONE)}),
)

BUILT_IN = CompiledRule(
    id="built-in.local-administrator",
    forbids=False,
    channels=frozenset({Channel.ADMINISTER}),
    pairs=frozenset({(LOCAL_ADMINISTRATOR, EVERYONE)}),
)


def local_administrator(document: Document) -> Someone:
    """The holder of the local token as the rules see them: one of us, with a party of their own."""
    parties = frozenset({ANYONE, US, LOCAL_ADMINISTRATOR})
    return Someone(LOCAL_ADMINISTRATOR, parties, document.organisation.domain, True)


def recovering_administrator(document: Document) -> Someone:
    """The same while recovery is open: nobody whom a document could speak about."""
    return Someone(RECOVERY, frozenset({RECOVERY}), document.organisation.domain, True)


def rules_of(document: Document, revision: int) -> Ruleset:
    """The rules of a revision, with those that are fixed in code."""
    return Ruleset.of(revision, [*compile_rules(document, revision).rules, BUILT_IN, IN_RECOVERY])


@dataclass(slots=True)
class CurrentPolicy:
    """The PolicySource of control: whatever was applied last."""

    clock: Clock
    _policy: Policy | None = None

    def current(self) -> Policy:
        """The policy of the current revision. Raises StalePolicy before the first."""
        if self._policy is None:
            raise StalePolicy("there is no revision of the settings yet")
        if self._policy.directory.today != self.clock.today():  # a partner's last day may be over
            directory = self._policy.directory
            directory = directory.under(directory.document, self.clock.today())
            self._policy = Policy(self._policy.rules, directory)
        return self._policy

    def take(self, document: Document, revision: int, people: Mapping[str, Person]) -> None:
        """Decide by this revision and these people from now on."""
        directory = Directory(document, dict(people), self.clock.today())
        self._policy = Policy(rules_of(document, revision), directory)
