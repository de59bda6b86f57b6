"""The table of word vectors that `answer` and the site search with."""
