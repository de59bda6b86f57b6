"""Whatever stands in a file or a word, its reader returns, or raises the error it documents.

`tox run -e fuzz` tries each reader on 100,000 inputs.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from damage import DAMAGES, damage
from readers import READERS, Reader


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(damages=DAMAGES)
def test_damaged_input_is_read_or_refused_in_one_line(reader: Reader, damages: list[Any]) -> None:
    message = ""
    try:
        reader.read(damage(reader.valid, damages))
    except reader.documented as error:
        message = str(error)
    assert len(message.splitlines()) < 2


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_valid_input_is_read(reader: Reader) -> None:
    reader.read(reader.valid)
