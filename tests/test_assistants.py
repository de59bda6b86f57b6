"""What assistants are served, tried with the protocol's own client."""

from __future__ import annotations

import asyncio
import sys

import pytest

from lstm_spec import assistants, cli

mcp = pytest.importorskip("mcp", reason="needs the extra mcp: pip install 'lstm-spec[mcp]'")
pytestmark = pytest.mark.skipif(not hasattr(mcp, "Client"), reason="needs mcp 2 or newer")

STACK = "from keras.layers import LSTM\nm = Sequential()\nm.add(LSTM(3))\nm.add(LSTM(2))\n"
ASKED = [
    ("answer", {"question": "in which order are the gates in the weights?"}, "i, f, g, o"),
    ("cite", {"claim": "time.order"}, "The order of the timesteps matters"),
    ("cite", {"claim": "time.odrer"}, "Refused: no claim or chapter is called 'time.odrer'"),
    ("cite", {"claim": "time.order", "release": "keras==1"}, "Refused: nothing is known of"),
    ("explain", {"call": "LSTM(2)", "features": 1}, "32 = 4 x ((1 + 2) x 2 + 2)"),
    ("explain", {"call": "__import__('os')", "features": 1}, "Refused: "),
    ("review", {"program": STACK}, "give LSTM return_sequences=True"),
    ("review", {"program": ""}, "Refused: there is no Python in what was given"),
    ("check", {"claim": "shapes.positive-units"}, "| `shapes.positive-units` | held |"),
    ("check", {"claim": "shapes"}, "Refused: 'shapes' is a chapter"),
]


def test_what_is_asked_is_answered() -> None:
    texts, names = asyncio.run(_ask())
    assert names == ["answer", "check", "cite", "explain", "review"]
    for (tool, _, wanted), text in zip(ASKED, texts, strict=True):
        assert wanted in text, tool


async def _ask() -> tuple[list[str], list[str]]:
    server = mcp.StdioServerParameters(command=sys.executable, args=["-m", "lstm_spec.cli", "mcp"])
    async with mcp.Client(server) as client:
        tools = await client.list_tools()
        texts = []
        for name, words, _ in ASKED:
            result = await client.call_tool(name, words)
            assert not result.is_error, result
            texts.append("".join(part.text for part in result.content))
        return texts, sorted(tool.name for tool in tools.tools)


def test_without_the_package_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    assert cli.main(["mcp"]) == 2
    assert "run `pip install 'lstm-spec[mcp]'`" in capsys.readouterr().err


def test_every_tool_is_described() -> None:
    assert all(tool.__doc__ and "Args:" in tool.__doc__ for tool in assistants.TOOLS)
