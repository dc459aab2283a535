"""Stops that end no sentence, and those that do, per language."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman_handlers.text.sentences.abbreviations import cut_sentences

WHOLE = [
    ("pt", "Ele vive no 2.º andar."),
    ("pt", "O n.º 5 da lista é o melhor."),
    ("pt", "A 1.ª vez foi boa, a 3.ª nem por isso."),
    ("pt", "A cidade foi fundada no século 10 a.C. por pescadores."),
    ("pt", "Morreu no ano 44 d.C. em Roma."),
    ("pt", "Ele vive nos E.U.A. desde 1990."),
    ("pt", "O Dr. Silva e a Sra. Costa vivem na Av. Brasil, n.º 10."),
    ("pt", "A Profa. Lima e o Eng. Reis foram à R. Augusta."),
    ("pt", "Ver p. 12 e pp. 3-4, cap. 5, art. 3.º da lei."),
    ("pt", "Leia o vol. II, fig. 3, e as págs. 8 a 10."),
    ("pt", "Maçãs, peras, etc. são frutas."),
    ("pt", "S. Paulo é maior que o Porto."),
    ("pt", "V. Exa. pode entrar."),
    ("en", "Dr. Smith met Mrs. Long at St. Peter's Square."),
    ("en", "The U.S. President arrived at 5 p.m. with his staff."),
    ("en", "The U.S. Army arrived at 5 p.m. Eastern time."),
    ("en", "It opens at 7 a.m. GMT and closes at 9 p.m. Monday."),
    ("pt", "Os fiéis de St. Andrews ouviram Mr. Blair."),
    ("en", "See p. 12, vol. 3, fig. 2, and no. 5."),
    ("en", "J. R. R. Tolkien and N. Wayne Hale Jr. wrote it."),
    ("en", "Approx. 10 people came, e.g. Ann, i.e. all of us."),
    ("es", "El Sr. López y la Dña. Ana viven en la Av. Sol, n.º 5."),
    ("es", "La 1.ª vez fue en la pág. 5."),
    ("es", "D. Juan y Dña. Ana viven en EE. UU. desde 2001."),
    ("fr", "M. Dupont et Mme. Durand sont au no. 5."),
    ("fr", "Le Dr. Blanc et le Pr. Noir habitent bd. Raspail."),
    ("fr", "Il est né en 44 av. J.-C. dans cette ville."),
    ("de", "Das 2. Kapitel steht in Bd. 3, S. 12."),
    ("de", "Am 3. Oktober kam Dr. Müller."),
    ("de", "Man nimmt z. B. den Bus, d. h. die Linie 3."),
    ("it", "L'avv. Neri e l'ing. Blu vivono in via S. Marco."),
    ("it", "Nel 300 a.C. fu fondata la città."),
    ("it", "Vedi pag. 12, n. 5, fig. 2."),
    ("en", "It is at example.org/a.b and costs 3.50."),
    ("pt", "Escreve-se ap.to e não outra coisa."),
]
SEVERAL = [
    ("pt", "Ele chegou. Ela saiu.", 2),
    ("pt", "Vive no 2.º andar. Ela também.", 2),
    ("pt", "Plantas, etc. Depois choveu.", 2),
    ("en", "He left at 5 p.m. Then he slept.", 2),
    ("en", "i am here. are you?", 2),
    ("en", "He came at five. The train left.", 2),
    ("en", "What? No! Yes.", 3),
    ("es", "Vino ayer. Se fue hoy.", 2),
    ("fr", "Il est là. Elle aussi.", 2),
    ("de", "Er ist 30. Sie ist 29.", 2),
    ("it", "Lui è qui. Lei no.", 2),
    ("zh", "今天很好。我们走吧。", 2),
]


@pytest.mark.parametrize(("language", "sentence"), WHOLE)
def test_a_sentence_is_not_cut_at_an_abbreviation(language: str, sentence: str) -> None:
    assert cut_sentences(sentence, language) == [sentence]


@pytest.mark.parametrize(("language", "text", "count"), SEVERAL)
def test_sentences_are_cut_where_they_end(language: str, text: str, count: int) -> None:
    assert len(cut_sentences(text, language)) == count


@given(
    st.text(alphabet="aAé. !?º1\"'(-。", max_size=60), st.sampled_from(["en", "pt", "es", "fr", "de", "it", "fi", "x"])
)
@settings(max_examples=400, deadline=None)
def test_nothing_is_lost_and_no_cut_is_made_without_a_blank(text: str, language: str) -> None:
    sentences = cut_sentences(text, language)
    assert "".join(sentences) == text
    for before, after in pairwise(sentences):
        assert before[-1].isspace() or after[0].isspace() or before[-1] == "。"


@pytest.mark.parametrize("unit", ["a. ", "2.º ", "Dr. ", "a.", "(. ", "J. ", "É. B "])
def test_eight_times_the_text_takes_about_eight_times_as_long(unit: str) -> None:
    def took_s(count: int) -> float:
        best = float("inf")
        for _ in range(3):
            begin_s = time.thread_time()
            cut_sentences(unit * count, "pt")
            best = min(best, time.thread_time() - begin_s)
        return best

    assert took_s(8_000) < 30 * took_s(1_000)
