"""The API keeps what its OpenAPI description promises, whatever is sent to it."""

from collections import Counter
from typing import Any

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


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_every_answer_is_one_that_was_promised(api_schema: Any, served: Organisation) -> None:
    headers = {"Authorization": f"Bearer {served.token()}"}
    asked, statuses = 0, Counter[int]()
    for found in api_schema.get_all_operations():

        @given(case=found.ok().as_strategy())
        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        def every(case: Any) -> None:
            answer = case.call_and_validate(headers=headers, checks=CHECKS, timeout=20)
            statuses[answer.status_code] += 1

        every()
        asked += 1
    assert asked >= 20
    assert statuses[200] > 20, statuses  # not everything was refused at the border
    assert statuses[401] == 0, statuses
