"""Build the site: `python -m tools.site OUT`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tools.site import ask, cards, machines, pages
from tools.site.records import Records, gather
from tools.site.slim import slim

HERE = Path(__file__).parent
INVENTORY = "objects.inv"
"""A file that every site has."""
JOBS = "2"
"""How many processes read and write pages."""


class UnusableFolderError(ValueError):
    """A folder that holds something else than a site."""


def build(known: Records, out: Path) -> int:
    """Build a site, in place of an older one.

    Args:
        known: what it tells.
        out: a folder that does not exist, that is empty, or that holds a site.

    Returns:
        0, or another number if Sphinx warns of anything; then the folder stays as it is.

    Raises:
        UnusableFolderError: the folder holds something else.
    """
    from sphinx.cmd.build import build_main

    if out.exists() and not (out / INVENTORY).exists() and any(out.iterdir()):
        raise UnusableFolderError(f"{out} holds something else than a site; name a new folder")
    with tempfile.TemporaryDirectory() as folder:
        source, output, cache = (f"{folder}/{name}" for name in ("pages", "site", "doctrees"))
        pages.write(known, Path(source))
        options = ["--fail-on-warning", "--quiet", "--jobs", JOBS, "--conf-dir", str(HERE)]
        if status := int(build_main([*options, "--doctree-dir", cache, source, output])):
            return status
        for page in Path(output).rglob("*.html"):
            page.write_text(slim(page.read_text(encoding="utf-8")), encoding="utf-8")
        for source_map in Path(output).rglob("*.map"):
            source_map.unlink()  # for those who develop the theme
        ask.write(known, Path(output))
        cards.write(known, Path(output))
        machines.write(known, Path(output))
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(output, out)
    return 0


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser("python -m tools.site", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to build it in")
    try:
        return build(gather(), parser.parse_args().out)
    except UnusableFolderError as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
