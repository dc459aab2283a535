"""Words that show whether a sentence goes on over a line's end, and hyphens that belong to a word."""

from __future__ import annotations

from collections.abc import Mapping

_OPEN: Mapping[str, str] = {
    "en": "a an the this that these those my your his her its our their and or but nor of to in on at by for with from"
    " into onto upon over under about between through during without within against towards than as if because when"
    " while although though whether who whom whose which where is are was were be been being am has have had do does"
    " did will would shall should can could may might must not no every each some any very so too more most such i we"
    " he she they",
    "pt": "o a os as um uma uns umas este esta esse essa aquele aquela meu minha seu sua nosso nossa teu tua e ou mas"
    " nem de do da dos das em no na nos nas num numa por pelo pela pelos pelas para com sem sob sobre entre até desde"
    " contra ao à aos às que quem cujo cuja se porque quando enquanto embora como onde é são era eram foi foram ser"
    " está estão estava estavam estar tem têm tinha há vai vão não muito mais menos tão todo toda cada algum alguma"
    " eu nós eles elas",
    "es": "el la los las un una unos unas este esta ese esa mi tu su nuestro nuestra y e o u pero ni"
    " de del en a al por"
    " para con sin sobre entre hasta desde contra que quien cuyo si porque cuando mientras"
    " aunque como donde es son era"
    " eran fue ser está están estar ha han había no muy más menos tan todo cada",
    "fr": "le la les l un une des du de d ce cette ces mon ma mes ton ta son sa ses notre nos votre vos leur leurs et"
    " ou mais ni à au aux en dans par pour avec sans sous sur entre vers chez depuis que qui dont où si parce quand"
    " comme est sont était étaient être a ont avait ne pas très plus moins chaque je nous ils elles",
    "de": "der die das den dem des ein eine einen einem einer eines dieser diese dieses mein meine dein sein seine ihr"
    " ihre unser unsere kein keine und oder aber sondern von vom zu zum zur in im an am auf aus bei mit nach seit für"
    " durch gegen ohne um über unter vor hinter neben zwischen dass daß weil wenn als ob"
    " obwohl während wie wo ist sind"
    " war waren sein wird werden wurde hat haben hatte kann muss soll will nicht sehr mehr jeder jede ich wir",
    "it": "il lo la i gli le l un uno una di del dello della dei degli delle a al allo alla ai alle"
    " da dal dalla in nel"
    " nella nei con su sul sulla per tra fra e ed o ma né che chi cui se perché quando mentre come dove è sono era"
    " erano essere ha hanno aveva non molto più meno questo questa quel quella mio mia suo sua ogni io noi",
}
OPEN_WORDS: Mapping[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _OPEN.items()}
"""No sentence, and no item of a list, ends with one of these."""

_GOING_ON: Mapping[str, str] = {
    "en": "and or but nor of to than that which who whom whose because while although though unless until with without"
    " for from by into onto as in on at about doing going",
    "pt": "e ou mas nem de do da dos das em no na nos nas que quem cujo porque pois enquanto embora por pelo pela para"
    " com sem sobre até ao à aos às como",
    "es": "y e o u pero ni de del en que quien porque pues mientras aunque por para con sin sobre hasta al como",
    "fr": "et ou mais ni de du des d à au aux en que qui dont où parce car comme par pour avec sans sur",
    "de": "und oder aber sondern von vom zu zum zur dass daß weil denn während obwohl mit ohne für durch als wie",
    "it": "e ed o ma né di del della dei delle a al alla che chi cui perché mentre come per con senza su da dal dalla",
}
GOING_ON_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _GOING_ON.items()
}
"""A line that begins with one of these, in small letters, goes on with a sentence."""

_STARTING: Mapping[str, str] = {
    "en": "i i'm i'll i've i'd you you're he he's she she's it it's we we're they they're this that there what when"
    " where who why how is are do did does can could will would please let let's ok okay yes no hi hey hello thanks",
    "pt": "eu tu você vocês ele ela nós eles elas isso isto este esta aqui ali quando onde quem como porquê qual vou"
    " vamos está estou sim não oi olá obrigado obrigada ok",
}
STARTING_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split()) for language, words in _STARTING.items()
}
"""In a chat without capitals and stops, a line that begins with one of these is a sentence of its own."""

_STARTS_EN = (
    "well self half ill all cross ex non anti mid semi north south east west twenty thirty forty fifty sixty seventy"
    " eighty ninety one two three four five six seven eight nine ten mother father brother sister son daughter part"
    " full long short high low old new good great first second third so"
)
_STARTS_PT = "bem mal segunda terça quarta quinta sexta guarda porta pós pré pró vice recém além aquém sem meio"
HYPHENATED_STARTS = frozenset([*_STARTS_EN.split(), *_STARTS_PT.split()])
"""Before a line's end their hyphen is a part of the word: `well-known`, `segunda-feira`."""
_ENDS = "me te se lhe lhes feira known made like based aged free"
HYPHENATED_ENDS = frozenset(_ENDS.split())
"""The same after it: `tornou-se`, `home-made`."""
