"""A Keras that is slower on purpose: the wheel of the installed one, with a line changed."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib import metadata
from pathlib import Path

CHANGED = "keras/src/layers/rnn/lstm.py"
LINE = "        return super().call(\n"
INSTEAD = "        return longer(super().call)(\n"
ADDED = '''

def longer(call):
    """Let a call take {part:.0%} more of the processor's time."""
    from time import process_time

    def slowed(*args, **kwargs):
        began = process_time()
        result = call(*args, **kwargs)
        now = process_time()
        end = now + {part} * (now - began)
        while process_time() < end:
            pass
        return result

    return slowed
'''
LONG_AGO = (2026, 1, 1, 0, 0, 0)
"""The same bytes whenever it is made: environments are kept by what a wheel holds."""


def wheel(folder: Path, part: float) -> Path:
    """Write the wheel of the installed Keras, whose LSTM.call takes a part longer.

    Args:
        folder: where it goes.
        part: how much longer; 0.1 for a tenth.
    """
    keras = metadata.distribution("keras")
    version = f"{keras.version}+slowed"
    info = f"keras-{keras.version}.dist-info"
    named = f"keras-{version}.dist-info"
    content: dict[str, bytes] = {}
    for file in keras.files or ():
        if not file.parts[0].startswith("..") and "__pycache__" not in file.parts:
            content[str(file).replace(info, named)] = file.read_binary()
    version_line = f"Version: {keras.version}\n".encode()
    metadata_file = f"{named}/METADATA"
    content[metadata_file] = content[metadata_file].replace(
        version_line, f"Version: {version}\n".encode(), 1
    )
    content[CHANGED] = _slowed(content[CHANGED].decode(), part).encode()
    content[f"{named}/RECORD"] = _record(content, f"{named}/RECORD").encode()
    wheel_file = folder / f"keras-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel_file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), content[name])
    return wheel_file


def _slowed(source: str, part: float) -> str:
    assert source.count(LINE) == 1, "LSTM.call is written otherwise in this Keras"
    return source.replace(LINE, INSTEAD) + ADDED.format(part=part)


def _record(content: dict[str, bytes], name: str) -> str:
    lines = [f"{name},,"]
    for file in sorted(content.keys() - {name}):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content[file]).digest()).decode()
        lines.append(f"{file},sha256={digest.rstrip('=')},{len(content[file])}")
    return "\n".join([*lines, ""])
