"""The English of the site's search: synonyms are one word to it, as they are to `answer`."""

from __future__ import annotations

import json
import re

from sphinx.search.en import SearchEnglish

from lstm_spec.answers import search

SPLITTER = """
function splitQuery(query) {{
  const synonyms = {synonyms};
  const said = new RegExp({pattern}, "g");
  const meant = query.toLowerCase().replace(said, (all, word) => synonyms[word]);
  return meant.match(/\\w+/g) ?? [];
}}
"""
"""What `English.split` does, for what is typed."""


class English(SearchEnglish):  # type: ignore[misc]  # Sphinx is not installed for mypy
    """English in which what people say is replaced by the words of the specification."""

    stopwords = SearchEnglish.stopwords | frozenset(search.words().unsaid)
    js_splitter_code = SPLITTER.format(
        synonyms=json.dumps(search.synonyms()), pattern=json.dumps(search.pattern())
    )

    def split(self, text: str) -> list[str]:
        """Return the words of a text of the site."""
        return re.findall(r"\w+", search.translate(text.lower()))
