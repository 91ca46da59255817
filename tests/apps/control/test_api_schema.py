"""The API keeps what its OpenAPI description promises, whatever is sent to it."""

from collections import Counter
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.apps.control.organisation import Organisation, make


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = make(tmp_path_factory.mktemp("schema") / "org")
    made.start()
    yield made
    made.end_all()


@pytest.fixture(scope="module")
def api_schema(served: Organisation) -> Any:
    status, description = served.ask("GET", "/openapi.json")
    assert status == 200
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


def test_every_answer_is_one_that_was_promised(api_schema: Any, served: Organisation) -> None:
    headers = {"Authorization": f"Bearer {served.token()}"}
    asked, statuses = set(), Counter[int]()
    for found in api_schema.get_all_operations():

        @given(case=found.ok().as_strategy())
        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        def every(case: Any) -> None:
            answer = case.call_and_validate(headers=headers, checks=CHECKS, timeout=20)
            statuses[answer.status_code] += 1

        every()
        asked.add(f"{found.ok().method.lower()} {found.ok().path}")
    described = served.ask("GET", "/openapi.json")[1]["paths"]
    assert asked == {f"{how} {path}" for path, methods in described.items() for how in methods}
    assert statuses[200] > 20, statuses  # not everything was refused at the border
    assert statuses[401] == 0, statuses
