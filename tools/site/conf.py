"""How Sphinx builds the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import metadata
from typing import Any

from sphinx.application import Sphinx

from lstm_spec.answers.cite import address
from tools.site import cards

project = "lstm-spec"
version = release = metadata.version(project)
extensions = ["myst_parser", "sphinx_copybutton"]
# Quotes and dashes stay as they are written: much of the text is about code.
smartquotes = False
# No page needs HTML; so none that a record brings with it is taken for it.
myst_disable_syntax = ["html_block", "html_inline"]
# A link to no page is one to a label: none is to a function of C++.
myst_ref_domains = ["std"]

html_permalinks = False
html_theme = "furo"
html_title = project
html_baseurl = f"{site}/" if (site := address("documentation")) else ""
# A page that is missing is asked for in any folder.
html_context = {"base": html_baseurl}
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = ["site.js", "ask.js"]
html_copy_source = False
html_show_copyright = False
html_use_index = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# Only what is typed after the prompts is copied, without what it prints; text is not code.
copybutton_selector = ":not(.highlight-text) > .highlight > pre"
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

UNLISTED = ("claims/", "questions/")
"""The pages that the side bar does not list: it is the same on all of them."""
UNUSED = ("doctools.js", "sphinx_highlight.js")
"""Scripts of Sphinx for its own search and index."""
CONTENTS = re.compile(r'<ul>\s*<li><a [^>]*href="#">.*?</a>(<ul>.*</ul>)\s*</li>\s*</ul>', re.S)
"""The contents of a page, in the title's entry."""


def setup(app: Sphinx) -> None:
    """Leave the search to the ask field, and make most side bars once."""
    menus: list[str] = []

    def page(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
        described = 'name="description" property="og:description"'
        context["metatags"] = context["metatags"].replace('name="description"', described)
        card = cards.address(name)
        context["card"] = html_baseurl + card if html_baseurl else context["pathto"](card, 1)
        context["script_files"] = [
            file for file in context["script_files"] if not str(file.filename).endswith(UNUSED)
        ]
        context["toc"] = CONTENTS.sub(r"\1", context["toc"])
        if name.startswith(UNLISTED):
            whole = context["toctree"]
            context["toctree"] = lambda **given: _once(menus, lambda: whole(**given))

    app.connect("builder-inited", lambda app: setattr(app.builder, "search", False))
    app.connect("html-page-context", page, priority=100)


def _once(kept: list[str], make: Callable[[], str]) -> str:
    """Return what was made first."""
    if not kept:
        kept.append(make())
    return kept[0]
