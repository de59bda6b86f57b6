"""What a claim needs, and whether it is here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from lstm_spec.harness import subject


def lacking(gpu: bool, needs: str | tuple[str, ...]) -> str:
    """Say what is lacking here of what a claim needs; nothing, if it can be tried.

    Args:
        gpu: whether it needs a GPU.
        needs: what else it needs, as `claim` takes it.
    """
    if gpu and not subject.gpus():
        return "needs a GPU, and Keras finds none here"
    told = map(_lacking, (needs,) if isinstance(needs, str) else needs)
    return next(filter(None, told), "")


def _lacking(need: str) -> str:
    owner, _, argument = need.rstrip(")").partition("(")
    here, release = "", f"Keras {subject.release()}"
    if need == "CPU":
        here = "needs Keras to compute on a CPU, and it finds a GPU here" if subject.gpus() else ""
    elif need.startswith("/"):
        here = "" if Path(need).exists() else f"needs the file {need}, which is not here"
    elif argument and not subject.takes(owner, argument):
        here = f"needs the argument {argument} of {owner}, which {release} does not have"
    elif need.startswith("keras."):
        here = "" if _has(need) else f"needs {need}, which {release} does not have here"
    elif not argument and find_spec(need) is None:
        here = f"needs the module {need}, which is not installed here"
    return here


def _has(part: str) -> bool:
    if part == "keras.Model.fit":
        return subject.backend() not in ("numpy", "openvino")  # there it only raises an error
    return subject.has(part.removeprefix("keras."))
