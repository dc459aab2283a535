"""Common first names of English and Portuguese that are no other word: a line of a letter, or after a greeting.

A model takes a line of one word for anything: "Sara" comes back as "He's ara", "John" as "João".
"""

from __future__ import annotations

_NAMES = (
    "adriana afonso alan albert alberto alexandra alexandre alfredo alice amanda amy amélia ana anabela"
    " andrea andrew andré andy angela anna anne anthony antónio antônio arthur artur barbara beatriz ben"
    " benjamin bernardo bianca brandon brenda brian bruno bárbara camila carl carla carlos carolina caroline"
    " catarina catherine cecília charles charlotte chris christina christopher cláudia cláudio cristina daniel"
    " daniela danielle david deborah diana diego diogo donald douglas duarte débora edgar eduardo edward elena"
    " elisa elizabeth ella emily emma eric erica ethan eva evelyn felipe fernanda fernando filipa filipe"
    " flávia flávio francisca francisco gabriel gabriela george gonçalo graham guilherme gustavo hannah harry"
    " heather helen helena henrique henry hugo ian igor inês isaac isabel isabella ivan jacob james jane janet"
    " jason jennifer jeremy jessica joana joaquim joel johanna john jonathan jorge joseph joshua josé joão"
    " juan julia juliana júlia júlio karen kate katherine kelly kevin larissa laura leonardo leonor letícia"
    " liam linda lisa lucas luiz luke luís luísa lúcia madalena mafalda manuel manuela marcelo marco marcos"
    " margaret margarida maria mariana marta martim martin mary mateus matheus matthew maurício melissa"
    " michael michelle miguel mike miriam márcia márcio mário mónica mônica natasha nathan natália nicholas"
    " nicolas nicole nuno oliver olivia oscar otávio patricia patrícia paul paula paulo pedro peter philip"
    " rachel rafael rafaela raquel raul rebecca renata renato ricardo richard rita robert roberto rodrigo"
    " roger rogério ronaldo rui ruth ryan samuel sandra sara sarah sebastião simon simone sofia sophia sophie"
    " stephanie stephen steve steven susan susana sérgio sónia sônia teresa thiago thomas tiago tim timothy"
    " tom tomás tony tânia valéria vanessa vasco vicente victor victoria vinícius vítor walter wendy william"
    " xavier zoe"
)
FIRST_NAMES = frozenset(_NAMES.split())
"""In small letters."""
