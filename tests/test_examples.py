"""An example is tried as it stands; of a ratio that it measures, that it is printed."""

from __future__ import annotations

import pytest

from lstm_spec.evidence.examples import ExampleError, run_example


def example(code: str, printed: str) -> None:
    def test() -> None: ...

    test.__doc__ = f">>> {code}\n{printed}\n"
    run_example(test)


@pytest.mark.parametrize("printed", ["ratio 3.8", "ratio 0.1", "ratio 120.0"])
def test_number_of_a_ratio_is_not_compared(printed: str) -> None:
    example("print(f'ratio {3.76:.1f}')", printed)


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("print(f'ratio {float(\"nan\"):.1f}')", "ratio 3.8"),
        ("print('ratio')", "ratio 3.8"),
        ("print('ratio 3.8 or so')", "ratio 3.8"),
        ("print('quotient 3.7')", "quotient 3.8"),
        ("1 / 0", "ratio 3.8"),
    ],
)
def test_what_is_no_ratio_is_compared(code: str, printed: str) -> None:
    with pytest.raises(ExampleError, match="does not print what it should"):
        example(code, printed)
