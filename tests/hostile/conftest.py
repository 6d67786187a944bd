"""The schema of ADF, as the tests of documents have it."""

from tests.documents.conftest import valid_adf

__all__ = ["valid_adf"]
