"""Real-looking files of every format: what is language is found, and all else stays to the byte."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import polib
import pysubs2
import pytest

from dragoman_handlers.text.formats.document import Document
from dragoman_handlers.text.formats.registry import BILINGUAL, FORMATS, ParseOptions, detect, parse_document
from dragoman_wire.errors import InvalidRequest
from dragoman_wire.formats import FORMAT_OF_ENDING, format_of
from tests.harness import ROOT

FILES = sorted((ROOT / "tests/data/formats").iterdir())
COLUMNS = {"table.csv": ["Title ", "text"], "semi.csv": ["text"]}
MARKERS = re.compile(r"(</?g\d+>|<x\d+/>|\{x\d+\}|%\d+\$d)")

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def opened(path: Path, language: str = "pt") -> Document:
    options = ParseOptions(language=language, columns=COLUMNS.get(path.name, ()))
    return parse_document(read(path), format_of(path.name), options)


def louder(text: str) -> str:
    """A translation that can be told from its source, with all markers and placeholders."""
    return "".join([part if index % 2 else part.upper() for index, part in enumerate(MARKERS.split(text))])


@each_file
def test_a_file_without_translations_is_the_same_file(path: Path) -> None:
    written = opened(path, "").render({})
    assert written == read(path)


@each_file
def test_a_file_whose_translations_equal_the_source_is_the_same_file(path: Path) -> None:
    if format_of(path.name) in BILINGUAL:
        pytest.skip("the translation has a place of its own")
    document = opened(path)
    assert document.render({text: text for text in document.texts}) == read(path)


@each_file
def test_a_translated_file_is_read_again_with_the_translations_as_its_texts(path: Path) -> None:
    document = opened(path)
    translations = {text: louder(text) for text in document.texts}
    assert all(document.fits(text, translation) for text, translation in translations.items())
    written = document.render(translations)
    assert written != read(path)
    if format_of(path.name) in BILINGUAL:
        again = parse_document(written, format_of(path.name), ParseOptions(language="pt"))
        assert again.texts == (["You have {x1} messages"] if path.name == "v12.xlf" else [])  # marked as new
        return
    options = ParseOptions(columns=COLUMNS.get(path.name, ()))
    found = parse_document(written, format_of(path.name), options).texts
    assert " ".join(" ".join(found).split()).upper() == " ".join(" ".join(map(louder, document.texts)).split()).upper()


def test_every_format_has_a_file() -> None:
    assert {format_of(path.name) for path in FILES} == set(FORMATS)
    assert set(FORMAT_OF_ENDING.values()) == set(FORMATS)


@each_file
def test_the_content_tells_the_format_where_it_is_plain(path: Path) -> None:
    expected = {"semi.csv": "text", "table.csv": "text", "new.pot": "po"}.get(path.name, format_of(path.name))
    assert detect(read(path)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("notes.md", "markdown"),
        ("NOTES.MD", "markdown"),
        ("a/b/page.HTM", "html"),
        ("res/values/strings.xml", "strings"),
        ("other.xml", "auto"),
        ("README", "auto"),
        ("film.en.srt", "srt"),
        ("letter.txt", "text"),
    ],
)
def test_a_name_tells_the_format(name: str, expected: str) -> None:
    assert format_of(name) == expected
    assert format_of(Path(name)) == expected


def test_json_has_other_texts_and_the_same_everything_else() -> None:
    path = ROOT / "tests/data/formats/app.json"
    document = opened(path)
    written = json.loads(document.render({text: f"<{text}>" for text in document.texts}))
    before = json.loads(read(path))
    assert written["nested"] == before["nested"] | {"help_text": '<Where is the "old" station?>'}
    assert written["title"] == "<Good morning>"
    assert written["items"][1:3] == ["icons/open.png", None]
    assert {written[key] == before[key] for key in ("version", "price", "big", "empty")} == {True}


@pytest.mark.parametrize(
    "value", ["Save", "Yes.", "Error:", "e-mail", "Olá", "Good day", "You have 3 boats", "{n} left"]
)
def test_a_value_of_json_is_language(value: str) -> None:
    assert parse_document(json.dumps({"a": value}), "json", ParseOptions()).texts == [value]


@pytest.mark.parametrize(
    "value",
    [
        "s-1",
        "user_id",
        "a/b/c",
        "v1.2",
        "camelCase",
        "https://a.b/c d"[:13],
        "me@b.org",
        "#main",
        "./x",
        "",
        "12",
        "a:b",
    ],
)
def test_a_value_of_json_is_a_program_s(value: str) -> None:
    assert parse_document(json.dumps({"a": value}), "json", ParseOptions()).texts == []


def test_gettext_reads_what_was_written(tmp_path: Path) -> None:
    document = opened(ROOT / "tests/data/formats/pt.po")
    target = tmp_path / "out.po"
    target.write_text(document.render({text: louder(text) for text in document.texts}), encoding="utf-8")
    entries = {entry.msgid: entry for entry in polib.pofile(str(target))}
    assert entries["Open the door"].msgstr == "OPEN THE DOOR"
    assert entries["Save"].msgstr == "Guardar"
    assert entries["%d new message"].msgstr_plural == {0: "%D NEW MESSAGE", 1: "%D NEW MESSAGES"}
    long = "The station is near the river.\nTake the second street."
    assert entries[long].msgstr == long.upper()


def test_a_po_file_of_another_language_is_translated_anew() -> None:
    document = opened(ROOT / "tests/data/formats/pt.po", "fr-CA")
    assert "Save" in document.texts
    written = document.render({text: louder(text) for text in document.texts})
    assert '"Language: fr_CA\\n"' in written
    assert "Guardar" not in written


@pytest.mark.parametrize("name", ["film.srt", "talk.vtt", "film.ass"])
def test_another_library_finds_the_same_times(name: str) -> None:
    path = ROOT / "tests/data/formats" / name
    document = opened(path)
    before = pysubs2.SSAFile.from_string(read(path))
    after = pysubs2.SSAFile.from_string(document.render({text: louder(text) for text in document.texts}))
    assert [(cue.start, cue.end) for cue in after] == [(cue.start, cue.end) for cue in before]
    assert any(cue.plaintext != old.plaintext for cue, old in zip(after, before, strict=True))


@pytest.mark.parametrize("name", ["strings.xml", "v12.xlf", "v2.xliff"])
def test_xml_is_well_formed_and_has_the_same_elements(name: str) -> None:
    path = ROOT / "tests/data/formats" / name
    document = opened(path)
    written = ElementTree.fromstring(document.render({text: louder(text) + " & <b>" for text in document.texts}))  # noqa: S314

    def elements(root: ElementTree.Element) -> list[tuple[str, str | None]]:
        for parent in list(root.iter()):
            for target in [each for each in parent if each.tag.endswith("}target")]:
                parent.remove(target)
        return [(each.tag, each.get("id") or each.get("name")) for each in root.iter()]

    assert elements(written) == elements(ElementTree.fromstring(read(path)))  # noqa: S314


def test_xliff_makes_targets_and_keeps_those_that_are_done() -> None:
    document = opened(ROOT / "tests/data/formats/v12.xlf")
    assert document.texts == [
        "Where is the <g1>old</g1> station?",
        "The door is open & cold",
        "You have {x1} messages",
    ]
    written = document.render({text: louder(text) for text in document.texts})
    assert '<target>WHERE IS THE <g id="1">OLD</g> STATION?</target>' in written
    assert '<target state="final">Bom dia!</target>' in written
    assert "<target>THE DOOR IS OPEN &amp; COLD</target>" in written
    assert '<target state="new">YOU HAVE <x id="2" equiv-text="{{n}}"/> MESSAGES</target>' in written


def test_xliff_for_another_language_says_so() -> None:
    assert 'target-language="fr"' in opened(ROOT / "tests/data/formats/v12.xlf", "fr").render({})
    assert 'srcLang="en" trgLang="fr">' in opened(ROOT / "tests/data/formats/v2.xliff", "fr").render({})


def test_csv_keeps_columns_that_are_not_named() -> None:
    document = opened(ROOT / "tests/data/formats/table.csv")
    assert document.texts == ["The door", 'The door is open, and it is "cold".', "The\nkey", "Where is the key?"]
    written = document.render({"The door": "A porta", "Where is the key?": 'Onde, "onde"?'})
    assert "1,door,A porta," in written
    assert ',"Onde, ""onde""?"\r\n' in written


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ((), "columns: name the columns of the CSV file that are translated; it has 'id', 'name'"),
        (["x"], "no column 'x'"),
    ],
)
def test_csv_says_which_columns_it_has(columns: list[str], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(sentence)):
        parse_document("id,name\n1,The door\n", "csv", ParseOptions(columns=columns))


@pytest.mark.parametrize(
    ("format_name", "text", "sentence"),
    [
        ("json", '{\n  "a": "x",\n  "b": }', "no valid JSON: Expecting value (line 3, column 8)"),
        ("json", "[" * 200_000, "no valid JSON: it is nested too deep"),
        ("json", "[" * 150 + "]" * 150, "nested more than 100 deep"),
        ("html", "<p>Hello</p>\n<!-- open", "no valid HTML: a comment is not closed (line 2, column 1)"),
        ("html", "<p>\n <script>x", "<script> is not closed (line 2, column 2)"),
        ("html", 'a <a href="x', "a tag is not closed (line 1, column 3)"),
        (
            "po",
            'msgid "a"\nmsgstr "b"\nnonsense\n',
            "no keyword with a string, no string and no comment (line 3, column 1)",
        ),
        ("po", 'msgid "a"\n\nmsgid "b"\nmsgstr ""\n', "an entry has no msgstr (line 1"),
        ("po", '"a"\n', "before any keyword (line 1, column 1)"),
        ("strings", '"a" = "b";\n"c" "d";', 'expected "key" = "text"; or a comment (line 2, column 1)'),
        ("strings", "<resources><string>a</resources>", "mismatched tag (line 1"),
        (
            "strings",
            '<!DOCTYPE r [<!ENTITY a "aaaa">]><resources><string>&a;</string></resources>',
            "declares entities",
        ),
        ("srt", "1\n00:00:01,000 --> soon\nHello\n", "this is no timing of a cue (line 2, column 1)"),
        ("srt", "Hello\nthere\n", "a cue has no line with its times (line 1, column 1)"),
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\nHi\n\nlost words\n", "no line with its times (line 5, column 1)"),
        ("vtt", "WEBVTT\n\n00:01.000 -> 00:02.000\nHi\n", "no line with its times (line 3"),
        ("ass", "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,a\n", "before a Format line that ends with Text (line 2"),
        ("ass", "[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,soon,a\n", "a time that is none (line 3"),
        ("ass", "hello", "it has no [Events]"),
        ("csv", 'name,b\n"open,x\n', "a quote is not closed, or text follows one (line 2, column 1)"),
        ("xliff", "<xliff version='1.2'><file></xliff>", "mismatched tag (line 1"),
        ("xliff", "<html></html>", "its root is not <xliff>"),
        ("icu", "{n, plural, other {a}", "not closed (line 1, column 22)"),
        ("icu", "a}\n", "a brace is closed that was not opened (line 1, column 2)"),
        ("icu", "Hi {", "no name of an argument (line 1, column 4)"),
        ("icu", "{n, plural, }", "a branch of 'plural' is missing or not closed"),
        ("icu", "{n, plural, other {" * 150, "nested more than 100 deep"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(format_name: str, text: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(sentence)):
        parse_document(text, format_name, ParseOptions(columns=["name"]))
