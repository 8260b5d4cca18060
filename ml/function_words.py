"""English words that may stand inside a name but neither begin nor end it.

Only names of topics use them; what is filler is found without. Texts of other languages are served by comparison
alone: a word that all topics share scores low anyway.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
a about above actually after again all already also always am an and another any anything are aren't as at away
be because been before being both but by bye can can't cannot could couldn't did didn't do does doesn't doing don't done
dont down each either else even ever every everything few fine for from get gets getting give given go goes going gone
good got great had has hasn't have haven't having he hello help her here hey hi him his how however i i'd i'll i'm
i've if im in instead into is isn't it it's its ive just kind know let let's like likely little look looking made
make makes making many may maybe me might mine more most much must my myself need needed needing needs never new
next nice
no nor not nothing now of off oh ok okay on once one only onto or other our out over own per perhaps perfect please
possible put quite rather really right said same say see seem seems shall she should since so some someone
something somehow sounds still such sure take tell than thank thanks that that's the their them then there there's these
they thing things think this those though through thus till to too tried try trying u under until upon us use
using very via want wanted wanting wants was wasn't way we we're well went were weren't what what's when
where where's whether which while who who's whose why will with within without won't would wouldn't yes yet you
you're your yours
"""

FUNCTION_WORDS: Final = frozenset(_WORDS.split())

CLAUSE_WORDS: Final = frozenset(
    ("can", "could", "did", "do", "does", "had", "has", "have", "i", "it", "me", "that", "they", "this", "we", "you")
)
"""Words that make a phrase a piece of a sentence: no name of a topic holds them."""
