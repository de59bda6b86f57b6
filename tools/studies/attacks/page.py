"""The page of attacks: what came of those on claims that were drawn afresh."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.run.text import markdown_table, read_toml
from tools import MEASURED
from tools.studies.attacks import CHAPTERS, attacks

DRAWS = Path(__file__).with_name("draws.toml")
PAGE = MEASURED / "attacks.md"
KINDS = ("false", "overstated", "deviates")

HEAD = """# Attacks on the sentences

Each attack is a short program of [tools/studies/attacks](../../tools/studies/attacks) against one
claim: what comes of its sentence outside of what its trial draws. `python -m tools.studies.attacks`
runs them all, and makes this page; with names, such as `draw_1 state`, it runs those alone.
There are {programs} programs against {attacked} claims; {untouched} have none yet.

## Claims drawn afresh

Claims drawn by the hash of the last commit were attacked by programs that know nothing but their
sentence. What came of it was judged by hand, and mended: *false* in an ordinary case;
*overstated*, if the words include a case in which it is false; *deviates*, as was recorded. The
rest was true in all that was tried. Of the second draw 17 claims had programs, of the third 8,
and the others were read only; from the fourth on all 40 had, of the seventeenth all but two, and
more was called overstated: also what a sentence's reason says, but the sentence does not. Three
judged the eighteenth, who were asked for any case, however unusual: quantized layers, options of
options, second calls, sizes that are open. Those of the nineteenth were asked the same, and knew
what the sentences are about ([scope](../scope.md)). The 488 are no sample of all
claims, but those of no draw, read in the order that a hash gives; only what looked too wide has
programs, so more may be false. Before the twenty-third all 903 claims had been attacked by programs
once more, half a minute each: 747 were true or deviated, 153 overstated, and 3 reasons false;
what showed it is in programs_a to programs_g. The four judges of the twenty-third were given
statements alone. After it 128 of the 747 were attacked again, two minutes each, and 67 were too
wide: who looks longer finds more. Then the other 751 were attacked a second time, for a minute and
more each: 456 were true, 83 deviate, 178 were overstated and 34 false in some case. Their reasons
were shortened, and the twenty-fourth draw is of these and the 128. Before the twenty-seventh eleven
readers compared the words of 820 claims with what their tests draw, and narrowed 140. From the
twenty-sixth on the judges were given statements alone, of claims that the two draws before had not.
Before the thirty-first eight readers of statements alone attacked the 396 claims, but for those of
cost, that no draw had met: 296 were true, 54 deviate, 43 were overstated and 3 false. All 46 were
mended; programs_i to programs_p show why. Before the thirty-second eight others attacked the 529
that neither that sweep nor the last four draws had met: 442 were true, 56 deviate, 31 were
overstated and none false, and the 31 were mended; programs_s to programs_z show why. After
the thirty-third seven attacked the other 369, half a minute each: 300 were true, 53 deviate, 16
were overstated and none false; programs_ad to programs_aj show why. Then seven read the
reasons of all claims but those of cost, and tried 557: 493 were true, 11 false, 30 overstated and
23 hard to understand. All 64 were mended; programs_ak to programs_aq show why.
"""


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of the attacks on a claim."""

    claim: str
    kind: str
    """One of KINDS."""
    where: str


class Draw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some claims that were drawn."""

    programs: str
    """The module that holds the programs."""
    seed: str
    claims: int
    verdict: list[Verdict]
    """Of those that were not true in all that was tried."""


class Draws(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that were drawn."""

    draw: list[Draw]


def page() -> str:
    """Return the page."""
    draws = read_toml(DRAWS, Draws).draw
    programs = attacks(CHAPTERS)
    attacked = {attack.claim for attack in programs}
    everything = {claim.id for claim in catalog.claims()}
    rows = []
    for draw in draws:
        count = Counter(verdict.kind for verdict in draw.verdict)
        numbers = [draw.claims, draw.claims - sum(count.values()), *(count[k] for k in KINDS)]
        rows.append([f"`{draw.seed[:12]}`", *map(str, numbers)])
    head = HEAD.format(
        programs=len(programs),
        attacked=len(attacked & everything),
        untouched=len(everything - attacked),
    )
    columns = ("seed", "claims", "true", "false", "overstated", "deviate")
    lines = [head, markdown_table(columns, rows)]
    for draw in draws:
        judged = [(f"`{v.claim}`", v.kind, v.where) for v in draw.verdict]
        table = markdown_table(("claim", "", "where"), judged)
        lines += ["", f"By `{draw.seed[:12]}`:", "", table]
    return "\n".join([*lines, ""])
