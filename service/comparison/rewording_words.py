"""Words that may stand for each other without a change of meaning, and words that say nothing."""

from __future__ import annotations

from collections.abc import Mapping

_ENGLISH = """
isn't = is not
aren't = are not
wasn't = was not
doesn't = does not
don't = do not
didn't = did not
won't = will not
can't = cannot
couldn't = could not
haven't = have not
hasn't = has not
is not = isn't
are not = aren't
was not = wasn't
does not = doesn't
do not = don't
did not = didn't
will not = won't
cannot = can't
have not = haven't
has not = hasn't
not working = out of order
out of order = not working
broken = defective
defective = broken
faulty = defective
is leaking = has a leak
stuck = jammed
jammed = stuck
too hot = overheated
overheated = too hot
loose = not tight
not tight = loose
worn out = worn
missing = not there
approx. = about
approximately = about
temp = temperature
temp. = temperature
w/ = with
w/o = without
due to = because of
because of = due to
in order to = to
as soon as possible = at once
immediately = at once
again = once more
often = frequently
frequently = often
quickly = fast
starts = begins
begins = starts
start = begin
begin = start
need = require
needs = requires
require = need
requires = needs
buy = purchase
bought = purchased
purchased = bought
want = would like
wrong = incorrect
incorrect = wrong
parcel = package
package = parcel
"""
_GERMAN = """
defekt = kaputt
kaputt = defekt
undicht = leck
funktioniert nicht = geht nicht
geht nicht = funktioniert nicht
zu heiß = überhitzt
überhitzt = zu heiß
locker = lose
lose = locker
sofort = umgehend
umgehend = sofort
häufig = oft
oft = häufig
wieder = erneut
erneut = wieder
ca. = etwa
circa = etwa
etwa = ungefähr
ungefähr = etwa
wegen = aufgrund
aufgrund = wegen
startet nicht = läuft nicht an
läuft nicht an = startet nicht
falsch = nicht richtig
nicht richtig = falsch
kaufen = erwerben
gekauft = erworben
"""


def _pairs(lines: str) -> dict[str, str]:
    """Without regard to capitals."""
    pairs = (line.split(" = ") for line in lines.strip().splitlines())
    return {old.casefold(): new for old, new in pairs}


SAME: Mapping[str, Mapping[str, str]] = {"en": _pairs(_ENGLISH), "de": _pairs(_GERMAN)}
"""By language: what is written, without regard to capitals, and what stands for it."""

FRAMES: Mapping[str, tuple[str, ...]] = {
    "en": ("Please note: {text}", "As reported: {text}", "{text} - that is all."),
    "de": ("Zur Kenntnis: {text}", "Wie gemeldet: {text}", "{text} - das ist alles."),
}
"""By language: for a text in which no word can be exchanged."""
