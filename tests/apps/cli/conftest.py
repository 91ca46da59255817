from tests.apps.control.conftest import organisation, running

__all__ = ["organisation", "running"]
