from __future__ import annotations

import asyncio
import time

import pytest

from dragoman_handlers.text.marks.identifiers import find_identifiers, is_identifier
from scripts.quality_runs.identifiers import KINDS, garbled, make_sentences, not_kept, translate_garbled


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in find_identifiers(text)]


@pytest.mark.parametrize(
    ("text", "identifiers"),
    [
        ("Pay to PT50 0002 0123 1234 5678 9015 4 today.", ["PT50 0002 0123 1234 5678 9015 4"]),
        ("Pay to DE89370400440532013000, please.", ["DE89370400440532013000"]),
        ("My card 4111 1111 1111 1111 expires 04/27.", ["4111 1111 1111 1111"]),
        ("The book is ISBN 978-3-16-148410-0.", ["978-3-16-148410-0"]),
        ("An old one: 0-306-40615-X!", ["0-306-40615-X"]),
        ("Number 8412398471239847123984712398471 won.", ["8412398471239847123984712398471"]),
        ("See e3b0c44298fc1c14 or deadbeef or a1b2c3d.", ["e3b0c44298fc1c14", "deadbeef", "a1b2c3d"]),
        ("Is 3f2504e0-4f89-41d3-9a0c-0305e82c3301 yours?", ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"]),
        ("It is at 0x1F and 0xDEADBEEF.", ["0x1F", "0xDEADBEEF"]),
        ("The word is aGVsbG8gd29ybGQ= there.", ["aGVsbG8gd29ybGQ="]),
        ("Or qLWxTyKzzPqOmNbV with letters alone.", ["qLWxTyKzzPqOmNbV"]),
        ("Open report.pdf, then relatório-2.docx.", ["report.pdf", "relatório-2.docx"]),
        ("Take archive.tar.gz and index.min.js!", ["archive.tar.gz", "index.min.js"]),
        ("Edit src/main.py or ../notes or C:\\Temp.", ["src/main.py", "../notes", "C:\\Temp"]),
        ("Merge feature/login-page into origin/main.", ["feature/login-page", "origin/main"]),
        ("Use 1.2.3-rc.1 or v2.0 or Python 3.11.", ["1.2.3-rc.1", "v2.0", "3.11"]),
        ("Call +351 912 345 678 or (555) 123-4567.", ["+351 912 345 678", "(555) 123-4567"]),
        ("Call 555-1234 now.", ["555-1234"]),
        ("From 192.168.0.1 and 00:1A:2B:3C:4D:5E.", ["192.168.0.1", "00:1A:2B:3C:4D:5E"]),
        ("Ping 2001:db8::ff00:42:8329 again.", ["2001:db8::ff00:42:8329"]),
        ("Invoice INV-2024-00123 and ticket #4711.", ["INV-2024-00123", "#4711"]),
        ("It is getUserName of os.path.join.", ["getUserName", "os.path.join"]),
        ("On 2024-05-06 we met.", ["2024-05-06"]),
    ],
)
def test_identifiers_are_found_whole(text: str, identifiers: list[str]) -> None:
    assert found(text) == identifiers


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, as in most messages. And more!",
        "A 20-year-old man ran 10km in 45min.",
        "There were 1,234,567 people, 10 000 cars and 3.5 million cats.",
        "Between 1999-2005 and 2010/2011, in the 1990s.",
        "It was 10:30, and at 10:00-11:00 pm, or às 07h19min.",
        "I use JavaScript, PowerPoint, an iPhone, mRNA and my PhD.",
        "He or she and/or his/her 24/7 support, the 3rd time.",
        "COVID-19 came; the CEOs of the NGOs left.",
        "They defaced, effaced and acceded.",
        "WHERE ARE YOU? I AM WAITING OUTSIDE",
        "It costs 2.500,00 or 1.000 or 12,50.",
        "Wait...what? I mean a.m. and e.g. this.",
    ],
)
def test_words_and_amounts_are_left_to_the_model(text: str) -> None:
    assert found(text) == []


def test_the_measure_makes_every_kind_in_both_languages() -> None:
    sentences = make_sentences(4 * len(KINDS), 3)

    assert {(sentence.kind, sentence.source) for sentence in sentences} == {
        (kind, source) for kind in KINDS for source in ("en", "pt")
    }
    assert all(not sentence.kept(garbled(sentence.text)) for sentence in sentences)


@pytest.mark.parametrize("keeps_placeholders", [True, False])
def test_every_identifier_comes_back_from_an_engine_that_garbles(keeps_placeholders: bool) -> None:
    sentences = make_sentences(800, 7)
    translations = asyncio.run(translate_garbled(sentences, keeps_placeholders=keeps_placeholders))

    assert not not_kept(sentences, translations)
    assert all(sentence.text != text for sentence, text in zip(sentences, translations, strict=True))


@pytest.mark.parametrize(
    "unit", ["1.", "1/", "a-1", "+1 (", "A1", "aB", "PT50 1234 ", "a.b.", "1 ", "ff:", "a=", "/a"]
)
def test_what_is_made_to_be_slow_takes_time_by_its_length_alone(unit: str) -> None:
    begin_s = time.process_time()
    find_identifiers(unit * 10_000)
    is_identifier(unit * 10_000)

    assert time.process_time() - begin_s < 5  # a second; by the square of the length it would be an hour


@pytest.mark.parametrize("amount", ["1.250.000", "12.345.678", "1.250.000.000", "999.999.999"])
def test_an_amount_in_groups_of_thousands_is_none(amount: str) -> None:
    assert find_identifiers(f"A cidade tem {amount} habitantes.") == []


@pytest.mark.parametrize("word", ["192.168.100.200", "10.250.3", "2.10.300-beta", "0.100.200"])
def test_an_address_or_a_version_is_one_beside_amounts(word: str) -> None:
    assert find_identifiers(f"É {word} hoje.") == [(2, 2 + len(word))]
