"""The page of efforts: what so many cases find, and what they cost."""

from __future__ import annotations

from lstm_spec.harness.effort import CASES
from lstm_spec.run.text import markdown_table
from tools import MEASURED
from tools.studies.effort import ENVIRONMENTS, FEWER, FULL, Line, failed, left, seen, tried
from tools.studies.effort.watch import POINTS

PAGE = MEASURED / "effort.md"

HEAD = """# Effort

At which effort the ledger finds what the default effort finds. `tox run -e effort` tried {claims}
claims (all but the chapter speed, which draws nothing) at default effort, on {cases} cases, or on
fewer where a claim says so, in {number} environments of the matrix where much deviates. What
failed there after its first case, which is the same at every effort, it tried again on fewer
cases. It made this page.

A claim fails if it is refuted or deviates. The seconds are of the processor, without the start of
Python and Keras. Those of fewer cases are read off while the default effort was tried, with what
came after the last of them.

"""
COLUMNS = (
    *("environment", "failed", *(f"on {cases} cases" for cases in FEWER)),
    *(f"seconds on {cases} cases" for cases in FEWER),
    "seconds by default",
)


def missed(lines: list[Line], environment: str, effort: str) -> set[str]:
    """Return the claims that failed at default effort, but not on so many cases."""
    return failed(lines, environment, FULL, after=1) - failed(lines, environment, effort)


def done(lines: list[Line]) -> list[str]:
    """Return the environments in which all was tried."""
    efforts = (FULL, *FEWER)
    return [name for name in ENVIRONMENTS if not any(left(lines, name, e) for e in efforts)]


def enough(lines: list[Line]) -> str:
    """Return the least effort that finds in each environment what the default effort finds."""
    efforts = (
        effort
        for effort in FEWER
        if not any(missed(lines, environment, effort) for environment in ENVIRONMENTS)
    )
    return next(efforts, FULL)


def cost(line: Line, cases: int) -> float:
    """Return how many seconds a claim takes on so many cases, and its example with them."""
    if not line.seconds:
        return 0.0
    *points, whole = line.seconds
    at = POINTS.index(cases)
    return points[at] + whole - points[-1] if at < len(points) else whole


def row(lines: list[Line], environment: str) -> list[str]:
    """Return an environment's row of the table."""
    full = [line for line in lines if (line.environment, line.effort) == (environment, FULL)]
    count = len(failed(lines, environment, FULL))
    counts = [count - len(missed(lines, environment, effort)) for effort in FEWER]
    seconds = [sum(cost(line, cases) for line in full) for cases in POINTS]
    return [environment, *map(str, [count, *counts]), *(f"{value:.0f}" for value in seconds)]


def page() -> str:
    """Return the page as Markdown."""
    lines = seen()
    head = HEAD.format(claims=len(tried()), cases=CASES, number=len(ENVIRONMENTS))
    finished = done(lines)
    table = markdown_table(COLUMNS, [row(lines, environment) for environment in finished])
    rest = [name for name in ENVIRONMENTS if name not in finished]
    if rest:
        return f"{head}{table}\n\nNot yet tried, or not all of it: {', '.join(rest)}.\n"
    words = "The fewest cases that find all that the default effort finds"
    return f"{head}{table}\n\n{words}: {enough(lines)}.\n"
