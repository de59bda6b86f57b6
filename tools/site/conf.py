"""How Sphinx builds the site."""

from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

from tools.site.english import English

project = "lstm-spec"
version = release = metadata.version(project)
extensions = ["myst_parser", "sphinx_copybutton"]
# Quotes and dashes stay as they are written: much of the text is about code.
smartquotes = False
# No page needs HTML; so none that a record brings with it is taken for it.
myst_disable_syntax = ["html_block", "html_inline"]

html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_search_scorer = str(Path(__file__).with_name("scorer.js"))
html_copy_source = False
html_show_copyright = False
html_use_index = False
# Pages on a disk may not read one another, which a summary of the found pages needs.
html_show_search_summary = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# Only what is typed after the prompts is copied, without what it prints.
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True


def setup(app: Sphinx) -> None:
    """Let the search take synonyms for one word."""
    app.add_search_language(English)
