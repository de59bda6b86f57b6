"""An executable specification of how Keras' LSTM behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # at run time a name is imported when it is first used
    from lstm_spec.api import (
        answer,
        check,
        cite,
        compare,
        explain,
        list_claims,
        review,
    )

    __version__: str

__all__ = [
    "__version__",
    "answer",
    "check",
    "cite",
    "compare",
    "explain",
    "list_claims",
    "review",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("lstm-spec")
    if name in __all__:
        from lstm_spec import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
