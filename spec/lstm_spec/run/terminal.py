"""What a person sees: progress while claims are tried, and a summary made from the report."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from lstm_spec.catalog import Claim
from lstm_spec.run import environment
from lstm_spec.run.report import DAMAGED, GOOD, VERDICTS, Outcome, Record, Report, Verdict
from lstm_spec.run.text import columns, count, one_line


def follow(records: Iterator[Record], total: int, console: Console) -> None:
    """Show the records as they come: a bar on a terminal, a plain line for each elsewhere."""
    if console.is_terminal:
        _bar(records, total, console)
    else:
        for done, record in enumerate(records, 1):
            line = (
                f"{done:>4}/{total}  {record.verdict:<14}  {record.claim}  {record.seconds:.1f} s"
            )
            print(line, file=console.file, flush=True)


def _bar(records: Iterator[Record], total: int, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        task = progress.add_task("starting Keras", total=total)
        bad = 0
        for record in records:
            bad += record.verdict not in GOOD
            chapter = record.claim.partition(".")[0]
            progress.update(task, advance=1, description=f"{chapter:<10}{bad} failed")


def summarize(
    tried: Report, claims: list[Claim], console: Console, durations: int = 0, asked: str = ""
) -> None:
    """Print a report: where it was made, a table by chapter, and what a reader must know.

    Args:
        tried: the report.
        claims: the claims, for their statements.
        console: where to print.
        durations: how many of the slowest claims to list.
        asked: the options by which this environment was asked for, quoted for a shell.
    """
    statements = {claim.id: claim for claim in claims}
    outcome = tried.outcome
    console.print(_where(tried), highlight=False, markup=False)
    if origin := tried.header.environment.origin:
        print(f"Keras from {one_line(origin)}\n", file=console.file)
    print(_table(tried.header.claims, outcome, console.width), file=console.file)
    remarked = [r for r in outcome.records if r.verdict == "held" and r.message]
    _list("Held, but", remarked, console)
    for verdict, title in (("deviates", "Deviates as known"), ("not applicable", "Not applicable")):
        _list(title, [r for r in outcome.records if r.verdict == verdict], console)
    if tried.header.environment.news:
        lines = "\n".join(f"  {line}" for line in tried.header.environment.news)
        print(f"\nNew in this Keras:\n{lines}", file=console.file)
    for record in outcome.failed:
        _explain(record, statements.get(record.claim), console)
        print(_again(record, tried, asked), file=console.file)
    _slowest(outcome.records, durations, console)
    _close(tried, outcome, console)


def _where(tried: Report) -> str:
    header = tried.header
    place = header.environment
    names = environment.PACKAGES[: environment.PACKAGES.index("hypothesis") + 1]
    versions = [f"{name} {place.packages[name]}" for name in names if name in place.packages]
    cases = "the same cases on every run" if header.seed is None else f"seed {header.seed}"
    return (
        f"\n{', '.join(versions)}, Python {place.python}, "
        f"{place.backend} backend on {place.device}\n"
        f"effort {header.effort}, {cases}, {count(header.workers, 'worker')}\n"
    )


def _table(claims: list[str], outcome: Outcome, width: int) -> str:
    """Count the verdicts by chapter; without the columns of zeros, if the terminal is narrow."""
    usual = [verdict for verdict in VERDICTS if verdict != DAMAGED or verdict in outcome.verdicts]
    whole = _counts(claims, outcome, usual)
    if max(map(len, whole.splitlines())) <= width:
        return whole
    return _counts(claims, outcome, [verdict for verdict in usual if verdict in outcome.verdicts])


def _counts(claims: list[str], outcome: Outcome, verdicts: list[Verdict]) -> str:
    head = ["chapter", "claims", *verdicts]
    counts = Counter((r.claim.partition(".")[0], r.verdict) for r in outcome.records)
    planned = Counter(claim.partition(".")[0] for claim in claims)
    rows = [
        [chapter, str(count), *(str(counts[chapter, verdict] or "") for verdict in verdicts)]
        for chapter, count in planned.items()
    ]
    sums = [str(outcome.verdicts.get(verdict, 0)) for verdict in verdicts]
    return columns(head, [*rows, ["all", str(len(claims)), *sums]], right=head[1:])


def _list(title: str, records: list[Record], console: Console) -> None:
    if records:
        console.print(f"\n{title}:", markup=False)
    for record in records:
        console.print(f"  {record.claim}", markup=False, highlight=False)
        lines = textwrap.wrap(record.message, console.width - 4)
        print(textwrap.indent("\n".join(lines), 4 * " "), file=console.file)


def _explain(record: Record, claim: Claim | None, console: Console) -> None:
    title = f"\n{record.verdict.capitalize()}: {record.claim}"
    console.print(title, style="bold red", markup=False, highlight=False)
    lines = [f"  {claim.statement}" if claim else "", record.message]
    if record.script:
        lines += ["\nA program that shows it:\n", record.script]
    for line in filter(None, lines):
        print(line, file=console.file)


def _again(record: Record, tried: Report, asked: str) -> str:
    """Say how to try a claim again in the same environment, on the same cases."""
    effort = tried.header.effort
    seed = tried.header.seed
    words = ["lstm-spec check", record.claim, asked]
    words += [] if effort == "default" else [f"--effort {effort}"]
    words += [] if seed is None else [f"--seed {seed}"]
    return f"Try it again: {' '.join(filter(None, words))}"


def _slowest(records: list[Record], number: int, console: Console) -> None:
    slowest = sorted(records, key=lambda record: -record.seconds)[:number]
    if slowest:
        print("\nSlowest:", file=console.file)
    for record in slowest:
        cases = count(record.examples, "case")
        print(f"{record.seconds:>7.2f} s  {record.claim}, {cases}", file=console.file)


def _close(tried: Report, outcome: Outcome, console: Console) -> None:
    planned = len(tried.header.claims)
    if tried.footer is None or outcome.untried:
        done = planned - len(outcome.untried)
        line = f"\nIncomplete: {done} of {planned} claims were tried; --resume goes on."
    elif outcome.good:
        line = f"\nIn {tried.footer.seconds:.0f} s: every claim held or deviates as known."
    else:
        damaged = outcome.verdicts.get(DAMAGED, 0)
        bad = len(outcome.failed) - damaged
        refuted = f"{bad} of {planned} claims did not hold" if bad else ""
        unknown = f"{damaged} cannot be judged: what is recorded of them is damaged"
        reasons = [refuted, unknown if damaged else ""]
        line = f"\nIn {tried.footer.seconds:.0f} s: {'; '.join(filter(None, reasons))}."
    console.print(line, style="bold", markup=False, highlight=False)
