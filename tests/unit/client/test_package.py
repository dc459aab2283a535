from __future__ import annotations

from importlib.metadata import version
from typing import get_args, get_origin

import pytest

import dragoman_client

UNIONS = {"Failure", "TypedEvent"}
"""These have no name of their own."""
FORMER_NAMES = {"Event": "ReceivedEvent"}
"""Still importable, and what they stand for."""


def test_every_public_name_is_there() -> None:
    assert all(get_args(getattr(dragoman_client, name)) for name in UNIONS)
    for name in set(dragoman_client.__all__) - UNIONS:
        found = getattr(dragoman_client, name)
        # A generic class with its types has the name of the class.
        assert get_origin(found) or found.__name__ == FORMER_NAMES.get(name, name)
    assert set(dragoman_client.__all__) <= set(dir(dragoman_client))


def test_the_version_is_that_of_the_distribution() -> None:
    assert dragoman_client.__version__ == version("dragoman")


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = dragoman_client.nonsense


def test_the_clients_errors_have_codes_of_their_own() -> None:
    codes = [error.code for error in dragoman_client.ClientError.__subclasses__()]
    assert len(set(codes)) == len(codes) == 5
