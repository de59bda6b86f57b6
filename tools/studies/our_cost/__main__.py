"""Count the samples in a file of py-spy's, and make the page.

`python -m tools.studies.our_cost FILE`
"""

import platform
import sys
from importlib import metadata
from pathlib import Path

import msgspec

from tools.studies.our_cost import SEEN, Seen, count, write

PACKAGES = ("tensorflow", "keras", "hypothesis", "pytest", "py-spy")

with Path(sys.argv[1]).open(encoding="utf-8") as stacks:
    looks = count(stacks)
versions = {"Python": platform.python_version()}
versions |= {name: metadata.version(name) for name in PACKAGES}
seen = Seen(versions, dict(looks.most_common()))
SEEN.write_bytes(msgspec.json.format(msgspec.json.encode(seen)) + b"\n")
write()
