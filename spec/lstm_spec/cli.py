"""The command line."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from lstm_spec.parser import parser
from lstm_spec.run.report import UnreadableReportError
from lstm_spec.run.toml import UnreadableFileError
from lstm_spec.verbs.check import check
from lstm_spec.verbs.compare import compare
from lstm_spec.verbs.merge import merge
from lstm_spec.verbs.outcome import BROKEN, INTERRUPTED, UNREAD, say
from lstm_spec.verbs.publish import answer, cite, explain, review, upstream

VERBS = {
    "check": check,
    "compare": compare,
    "merge": merge,
    "cite": cite,
    "answer": answer,
    "explain": explain,
    "review": review,
    "upstream": upstream,
}


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    gc.set_threshold(100_000)  # to look for garbage in the trees of the chapters doubles their time
    arguments = parser().parse_args(words)
    try:
        status = VERBS[arguments.verb](arguments)
        sys.stdout.flush()
        return status
    except (UnreadableFileError, UnreadableReportError) as error:  # what this package holds
        return say(error, BROKEN)
    except KeyboardInterrupt:
        return say("interrupted", INTERRUPTED)
    except BrokenPipeError:  # who reads has seen enough, as in `lstm-spec check | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


if __name__ == "__main__":
    sys.exit(main())
