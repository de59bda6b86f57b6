"""Whatever stands in a file or a word, its reader returns, or raises the error it documents.

`tox run -e fuzz` tries each reader on 100,000 inputs, and what is slow on 2,000.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from damage import DAMAGES, damage
from readers import FEWER, READERS, SLOW, Reader


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(damages=DAMAGES)
def test_damaged_input_is_read_or_refused_in_one_line(reader: Reader, damages: list[Any]) -> None:
    read_or_refused(reader, damages)


@pytest.mark.parametrize("reader", SLOW.values(), ids=SLOW)
@given(damages=DAMAGES)
@settings(max_examples=settings().max_examples // FEWER)
def test_what_is_slow_is_read_or_refused_in_one_line(reader: Reader, damages: list[Any]) -> None:
    read_or_refused(reader, damages)


def read_or_refused(reader: Reader, damages: list[Any]) -> None:
    message = ""
    try:
        reader.read(damage(reader.valid, damages))
    except reader.documented as error:
        message = str(error)
    assert len(message.splitlines()) < 2


@pytest.mark.parametrize("reader", [*READERS.values(), *SLOW.values()], ids=[*READERS, *SLOW])
def test_valid_input_is_read(reader: Reader) -> None:
    reader.read(reader.valid)
