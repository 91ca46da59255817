"""The API keeps what its OpenAPI description promises, whatever is sent to it."""

from collections import Counter
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.apps.control.organisation import Organisation, make
from tests.apps.control.own_tokens import own_token

HELPER = "@helper:example.test"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = make(tmp_path_factory.mktemp("schema") / "org")
    people = made.boot.path(made.boot.control.people)
    people.write_text(f"{people.read_text()}{HELPER},IT-Helpdesk,no,yes\n")
    made.start()
    yield made
    made.end_all()


@pytest.fixture(scope="module")
def tokens(served: Organisation) -> dict[str, str]:
    return {"officer": served.token(), "helper": own_token(served.boot, HELPER)}


@pytest.fixture(scope="module")
def api_schema(served: Organisation) -> Any:
    """As it is told, but for its tokens: every request brings one, whatever else is wrong with it."""
    status, description = served.ask("GET", "/openapi.json")
    assert status == 200
    description.pop("security", None)
    description["components"].pop("securitySchemes", None)
    for methods in description["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    found = schemathesis.openapi.from_dict(description)
    found.config.update(base_url=f"http://{served.boot.control.listen}")
    return found


def test_every_operation_says_what_it_is_and_shows_how(
    api_schema: Any, served: Organisation
) -> None:
    description = served.ask("GET", "/openapi.json")[1]
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            said = f"{method} {path}"
            assert operation["summary"].strip(), said
            assert operation["tags"], said
            behind_a_token = path.startswith("/vedette/")
            errors = {"400", "401", "403", "404", "409", "422", "503"} if behind_a_token else set()
            assert errors <= set(operation["responses"]), said
            for parameter in operation.get("parameters", ()):
                assert "example" in parameter or not parameter["required"], (said, parameter)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                components = {"components": description["components"]}
                jsonschema.validate(content["example"], {**content["schema"], **components})


def no_server_error(ctx: Any, response: Any, case: Any) -> Any:
    """None at all, but that the gateway and Synapse, which do not run here, are said to be away."""
    if "/files" in case.operation.path and response.status_code == 503:
        assert "Synapse does not answer" in response.text
        return None
    if case.operation.path.endswith("/partners/{name}/check") and response.status_code == 503:
        assert "the gateway does not answer" in response.text
        return None
    return not_a_server_error(ctx, response, case)


CHECKS = [
    no_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Walk:
    """One way through all operations: whose token, what is sent, how often."""

    whose: str
    mode: GenerationMode
    most: int
    checks: tuple[Any, ...] = ()


WALKS = [
    Walk("officer", GenerationMode.POSITIVE, 12),
    Walk("officer", GenerationMode.NEGATIVE, 6, (negative_data_rejection,)),
    Walk("helper", GenerationMode.POSITIVE, 5),
    Walk("helper", GenerationMode.NEGATIVE, 3),
]
"""The officer's is the local token, which may everything. To the help desk most things are refused,
before or after anybody looked at what it sends, so it is not told what was wrong with that."""


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: f"{walk.whose}-{walk.mode}")
def test_every_answer_is_one_that_was_promised(
    api_schema: Any, served: Organisation, tokens: dict[str, str], walk: Walk
) -> None:
    headers = {"Authorization": f"Bearer {tokens[walk.whose]}"}
    checks = [*CHECKS, *walk.checks]
    asked, statuses = set(), Counter[int]()
    for found in api_schema.get_all_operations():
        strategy = found.ok().as_strategy(generation_mode=walk.mode)

        @given(case=strategy)
        @settings(max_examples=walk.most, deadline=None, suppress_health_check=list(HealthCheck))
        def every(case: Any) -> None:
            answer = case.call_and_validate(headers=headers, checks=checks, timeout=120)
            if case.operation.path != "/metrics":  # which no token of a person opens
                statuses[answer.status_code] += 1

        with suppress(Unsatisfiable) if walk.mode.is_negative else nullcontext():
            every()  # what takes nothing can be given nothing that is wrong
        asked.add(f"{found.ok().method.lower()} {found.ok().path}")
    described = served.ask("GET", "/openapi.json")[1]["paths"]
    every_one = {f"{how} {path}" for path, methods in described.items() for how in methods}
    assert asked == every_one
    assert statuses[401] == 0, statuses
    if walk.whose == "helper":  # it is let in, and mostly refused
        assert statuses[403] > 20, statuses
    elif walk.mode.is_positive:
        assert statuses[200] > 20, statuses  # not everything was refused at the border
    else:
        assert statuses[400] + statuses[422] > 20, statuses
