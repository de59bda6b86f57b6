"""Damaged files: what a disk, a transfer or a hand makes of valid bytes."""

from __future__ import annotations

import re
from typing import Any

import hypothesis.strategies as st

ODD = [
    *(b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\x1b[2J", "é\u2028".encode()),
    *(b"null", b"true", b"-1", b"0", b"1.5", b"1e999", b"nan", b"-inf", b"9" * 5_000, b"2 ** 9"),
    *(b'""', b'"\\ud800"', b'"\\u0000"', b"'''", b"[]", b"{}", b"[[]]", b'{"a": 1}', b"a = 1\n"),
    *(b"[" * 20_000, b'{"a":' * 20_000, b"(" * 5_000, b"-" * 5_000, b"a." * 2_000),
    *(b"1979-05-27T07:32:00Z", b"x" * 70_000, b"#", b"=", b",", b"\n\n", b"[[a]]\n", b"[a]\n"),
]
"""What takes the place of something else."""
VALUE = re.compile(rb'"[^"\n]*"|-?\d[\d.e+-]*|true|false|null|None|True|False|\[[^\[\]\n]*\]')
"""A value in JSON, TOML or Python."""


def _flip(data: bytes, start: int, end: int, odd: bytes) -> bytes:
    flipped = bytes([data[start] ^ (1 << end % 8)]) if start < len(data) else b""
    return data[:start] + flipped + data[start + 1 :]


def _cut(data: bytes, start: int, end: int, odd: bytes) -> bytes:
    return data[:start] + data[end:]


def _end(data: bytes, start: int, end: int, odd: bytes) -> bytes:
    return data[:start]


def _insert(data: bytes, start: int, end: int, odd: bytes) -> bytes:
    return data[:start] + odd + data[start:]


def _repeat(data: bytes, start: int, end: int, odd: bytes) -> bytes:
    return data[:end] + data[start:]


def _swap_lines(data: bytes, start: int, end: int, odd: bytes) -> bytes:
    lines = data.split(b"\n")
    first = start % len(lines)
    other = end % len(lines)
    lines[first], lines[other] = lines[other], lines[first]
    return b"\n".join(lines)


def _change_value(data: bytes, start: int, end: int, odd: bytes) -> bytes:
    match = VALUE.search(data, start) or VALUE.search(data)
    return data[: match.start()] + odd + data[match.end() :] if match else odd


ACCIDENTS = (_flip, _cut, _end, _insert, _repeat, _swap_lines, _change_value, _change_value)


_PLACES = st.integers(0, 9_999)
DAMAGES = st.lists(
    st.tuples(st.sampled_from(ACCIDENTS), _PLACES, _PLACES, st.sampled_from(ODD)),
    min_size=1,
    max_size=3,
)
"""One to three accidents, each with two places and something odd."""


def damage(valid: bytes, damages: list[Any]) -> bytes:
    """Return what is left of valid bytes."""
    for accident, first_place, other, odd in damages:
        start, end = sorted(place % (len(valid) + 1) for place in (first_place, other))
        valid = accident(valid, start, end, odd)
    return valid
