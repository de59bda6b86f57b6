"""Record the numbers of the figures: `python -m tools.studies.figures`."""

from __future__ import annotations

import msgspec

from tools.studies.figures import FILE, record

if __name__ == "__main__":
    FILE.write_bytes(msgspec.json.encode(record()) + b"\n")
