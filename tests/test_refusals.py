"""A refusal is an error of a type that says certain words, and no other."""

from __future__ import annotations

import pytest

from lstm_spec.harness.refusals import assert_refused


def test_refusal_needs_an_error_with_the_words() -> None:
    assert_refused(lambda: int("one"), "ValueError", "invalid literal")
    assert_refused(lambda: int("one"), ("TypeError", "ValueError"), ("invalid", "valid"), "base 10")
    assert_refused(lambda: [][0], "LookupError", "out of range")  # of which IndexError is one
    with pytest.raises(AssertionError, match=r"does not say \['TypeError'\]: ValueError: invalid"):
        assert_refused(lambda: int("one"), "TypeError", "invalid literal")
    with pytest.raises(AssertionError, match=r"does not say \['base 11'\]"):
        assert_refused(lambda: int("one"), "ValueError", "invalid literal", "base 11")
    with pytest.raises(AssertionError, match=r"does not say \[\('a1', 'b2'\)\]"):
        assert_refused(lambda: int("one"), "ValueError", ("a1", "b2"))
    with pytest.raises(AssertionError, match="accepted, not refused"):
        assert_refused(lambda: int("1"), "ValueError", "invalid literal")


def test_slip_in_a_test_is_no_refusal() -> None:
    with pytest.raises(AssertionError, match=r"does not say \['ValueError'\]: NameError"):
        assert_refused(lambda: nonesuch(), "ValueError", "nonesuch")  # noqa: F821


@pytest.mark.parametrize("given", [(), ("ValueError",)])
def test_refusal_is_never_tried_without_a_type_and_a_word(given: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match="missing"):
        assert_refused(lambda: int("one"), *given)


@pytest.mark.parametrize("given", [("Exception", "invalid"), ("ValueError", ""), ((), "invalid")])
def test_refusal_is_never_tried_with_what_any_error_is(given: tuple[str, ...]) -> None:
    with pytest.raises(TypeError, match="any error"):
        assert_refused(lambda: int("one"), *given)
