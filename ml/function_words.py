"""English words that may stand inside a name but neither begin nor end it.

Only names of topics use them; what is filler is found without. Texts of other languages are served by comparison
alone: a word that all topics share scores low anyway.
"""

from __future__ import annotations

from typing import Final

# ruff: noqa: SIM905  # Lists of words read best as text.

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

_ADDRESSES: Final = (
    "alright anymore anyway currently dear guys immediately instantly kindly later lot lots madam recently sir soon"
)
_WITHOUT_APOSTROPHE: Final = frozenset(word.replace("'", "") for word in _WORDS.split() if "'" in word) - frozenset(
    ("ill", "shell", "well", "were")
)
"""Many people leave it out; what is a word of its own then stays one."""

FUNCTION_WORDS: Final = frozenset((*_WORDS.split(), *_ADDRESSES.split())) | _WITHOUT_APOSTROPHE

CLAUSE_WORDS: Final = frozenset(
    ("can", "could", "did", "do", "does", "had", "has", "have", "i", "it", "me", "that", "they", "this", "we", "you")
)
"""Words that make a phrase a piece of a sentence: no name of a topic holds them."""

SENTENCE_WORDS: Final = CLAUSE_WORDS | frozenset(
    """
    also am and are be because been but called he hello hey hi him hoping how i'd i'll i'm i've if interested is
    it's just like named need ok okay or please she should so thank thanks that's them there there's think thinking
    titled trying us want wanted was were what when where which who why will wish wondering would
    """.split()
)
"""Words at which a name cannot go on: politeness, wishes, pronouns, what joins sentences."""

LIGHT_WORDS: Final = frozenset(("get", "give", "keep", "make", "new", "put", "see", "take", "try", "use"))
"""Verbs and the like that say little alone but begin a good name, as in `make a reservation`."""

_CONTRACTED: Final = "aren't can't couldn't didn't doesn't don't hasn't haven't isn't wasn't weren't won't wouldn't"

NEGATIONS: Final = frozenset(("cannot", "never", "no", "not", "without")) | frozenset(
    (*_CONTRACTED.split(), *_CONTRACTED.replace("'", "").split())  # Many people leave the apostrophe out.
)
"""Words that turn around what follows: a name must not begin just behind one."""

LEADING_NEGATIONS: Final = frozenset(("can't", "cannot", "no"))
"""Negations that begin a name, as in `can't log in`."""

PARTICLES: Final = frozenset(("back", "down", "in", "off", "on", "out", "over", "up"))
"""Second halves of verbs, as in `log in`; they end a name only where they mostly end what people say."""

DETERMINERS: Final = frozenset("a an any her his its my our some that the their these this those your".split())

COPULAS: Final = frozenset(("are", "is", "was", "were"))
"""Join a thing and what is said of it; a name does without, as `transfer pending`."""

LEFT_OUT: Final = COPULAS | frozenset("a all an her his my our some that the their these this those your".split())
"""Left out of names: whose password it is, and which, says nothing about the topic."""

PREPOSITIONS: Final = frozenset(
    ("about", "at", "between", "by", "for", "from", "in", "into", "of", "on", "per", "via", "with")
)

_JOINTS: Final = (
    "after and as before being during get gets getting got or over than to too through under when while without"
)

INNER_WORDS: Final = DETERMINERS | PREPOSITIONS | NEGATIONS | frozenset(_JOINTS.split())
"""What may stand between the telling words of a name."""

VERB_LEADS: Final = NEGATIONS - {"no", "without"} | frozenset(
    ("can", "could", "i", "please", "should", "they", "to", "we", "will", "would", "you")
)
"""Words that mostly stand before a verb."""

DEGREES: Final = frozenset(("less", "more", "so", "too", "very"))
"""Words that announce the one thing that was said: a name that stops before them is cut short."""

JUDGEMENTS: Final = frozenset(("better", "worse"))
"""Say nothing of a thing alone: `assistant better` is half a comparison, `make text better` an order."""

PASSING_WORDS: Final = frozenset(
    """
    april august december eight february five four friday january july june march monday nine november october pm
    saturday september seven six sunday ten thursday three today tomorrow tonight tuesday two wednesday yesterday zero
    """.split()
)
"""Days, months and numbers: details of one message, no topic."""
