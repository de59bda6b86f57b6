"""What assistants may ask, by the Model Context Protocol: `lstm-spec mcp`, over stdio.

All that is served is read only, but for `check`, which tries one claim in a separate process and
runs nothing else. Programs come as text, and are read and never run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lstm_spec import api
from lstm_spec.errors import SpecError, UsageError

INSTRUCTIONS = (
    "How Keras' LSTM behaves, as claims that tests have tried to refute. Quote claims with their "
    "ids. What has no answer here has none: do not fill it in."
)
LONGEST = 400_000
"""The most characters that a question or a program may have."""


class NoServerError(UsageError):
    """The package that serves assistants is not installed."""


def answer(question: str) -> str:
    """Answer a question about Keras' LSTM: a title, an error message, or plain words.

    Args:
        question: as it is asked.
    """
    return _shown(lambda: api.answer(question[:LONGEST]))


def cite(claim: str, release: str = "") -> str:
    """Cite a claim: what it says, why, an example, who says so, and where it does not hold.

    Args:
        claim: its id, such as time.every-step.
        release: for which Keras, like keras==3.9.2; default: the newest.
    """
    return _shown(lambda: api.cite(claim, release))


def explain(call: str, features: int, timesteps: int | None = None) -> str:
    """Explain a constructor call: shapes, weights, arguments, and what is often mistaken.

    Args:
        call: such as LSTM(2, return_sequences=True).
        features: how many numbers a timestep has.
        timesteps: how many there are; default: any number.
    """
    return _shown(lambda: api.explain(call[:LONGEST], (timesteps, features)))


def review(program: str) -> str:
    """Say what a Keras program makes of shapes, and what is wrong in it, line by line.

    Args:
        program: as text, or as Markdown that holds it; it is never run.
    """
    # The newline tells a text from the name of a file; of one character more it is called too long.
    return _shown(lambda: api.review(f"{program[: LONGEST + 1]}\n"))


def check(claim: str) -> str:
    """Try one claim on the Keras that is installed here; this takes some seconds.

    Args:
        claim: its id, such as time.every-step.
    """

    def tried() -> Any:
        from lstm_spec import catalog

        return api.check(catalog.find(claim).id)

    return _shown(tried)


TOOLS: tuple[Callable[..., str], ...] = (answer, cite, explain, review, check)


def _shown(ask: Callable[[], Any]) -> str:
    """Return what is said, also of what is refused: an assistant can do something about it."""
    try:
        reply: str = ask().markdown
    except SpecError as error:
        return f"Refused: {error}"
    return reply


def serve() -> None:
    """Serve assistants over standard input and output until the input ends.

    Raises:
        NoServerError: the extra mcp is not installed.
    """
    try:
        from mcp.server.mcpserver import MCPServer
    except ModuleNotFoundError:
        needed = "this needs the package mcp, 2 or newer: run `pip install 'lstm-spec[mcp]'`"
        raise NoServerError(needed) from None
    server = MCPServer("lstm-spec", instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in TOOLS:
        server.tool(structured_output=False)(tool)
    server.run("stdio")
