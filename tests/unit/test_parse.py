import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.parse import parse
from indexer.sources import Unreadable
from models.article import Record

GOOD: Record = {"id": "1", "title": "مرحبا", "text": "نص المقال", "language": "ar"}


def reasons(record: object) -> dict[str, int]:
    _articles, rejections = parse([record])  # type: ignore[list-item]
    return dict(rejections.rejected)


def test_a_record_becomes_an_article() -> None:
    (article,), rejections = parse(
        [{**GOOD, "published_at": "2026-08-05T10:00:00+01:00", "tags": ["ماء"], "unknown": "is ignored"}]
    )
    assert (article.id, article.title, article.text, article.language) == ("1", "مرحبا", "نص المقال", "ar")
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2026-08-05T09:00:00+00:00"
    assert article.tags == ("ماء",)
    assert not rejections.rejected


def test_each_rejected_record_is_counted_by_reason_with_its_place() -> None:
    articles, rejections = parse(
        [
            GOOD,
            {"title": "no id"},
            {"id": "2"},
            {"id": "3", "text": ["not", "a", "string"]},
            {"id": [4], "title": "x"},
            {"id": "5\x00", "title": "x"},
            {"id": "6", "title": "x" * 1001},
            Unreadable("line 9", "not valid JSON in UTF-8"),
        ]
    )
    assert [article.id for article in articles] == ["1"]
    assert dict(rejections.rejected) == {
        "id: missing": 1,
        "title, text: both empty": 1,
        "text: not a string": 1,
        "id: neither a string nor a whole number": 1,
        r"id: String should match pattern '^[^\x00-\x1f\x7f]+$'": 1,
        "title: String should have at most 1000 characters": 1,
        "not valid JSON in UTF-8": 1,
    }
    assert rejections.examples["id: missing"] == ["record 2"]
    assert rejections.examples["text: not a string"] == ["3"]


def test_the_language_of_a_headline_is_one_that_the_corpus_has_unless_it_is_stated() -> None:
    text = 3 * "The ministry announced a new programme to support cooperatives in the region. "
    headline = "Nigeria: Governor Okonkwo sacks aides after Abuja protest march"
    records: list[Record | Unreadable] = [{"id": f"{n:03}", "title": f"{n}", "text": text} for n in range(2)]
    records += [{"id": "short", "title": headline}, {"id": "stated", "title": headline, "language": "cy"}]
    assert [article.language for article in parse(records)[0]] == ["en", "en", "en", "cy"]
    assert [article.language for article in parse(records[2:])[0]] == ["pcm", "cy"], "nothing else is known"


@pytest.mark.parametrize("given", [20240705, "20240705", 20240705174000, "20240705174000", 2024, "-1", 10**18])
def test_a_number_that_is_no_unix_time_is_no_date(given: object) -> None:
    (article,), rejections = parse([{**GOOD, "published_at": given}])
    assert article.published_at is None
    assert sum(rejections.repaired.values()) == 1


@pytest.mark.parametrize("given", [1720201200, "1720201200", 1720201200.0, 1720201200000])
def test_a_unix_time_is_a_date(given: object) -> None:
    (article,), _ = parse([{**GOOD, "published_at": given}])
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2024-07-05T17:40:00+00:00"


def test_a_wrong_optional_field_costs_the_field_and_not_the_article() -> None:
    (article,), rejections = parse([{**GOOD, "published_at": "yesterday", "tags": "one, two"}])
    assert article.published_at is None
    assert article.tags == ()
    assert sorted(reason.split(":")[0] for reason in rejections.repaired) == ["published_at", "tags"]
    assert not rejections.rejected


def test_a_whole_number_is_an_id_and_zero_is_one_too() -> None:
    articles, _rejections = parse([{**GOOD, "id": 0}, {**GOOD, "id": 17}])
    assert [article.id for article in articles] == ["0", "17"]


def test_true_is_no_id() -> None:
    assert reasons({**GOOD, "id": True}) == {"id: neither a string nor a whole number": 1}


def test_html_wins_over_text_and_markup_is_dropped() -> None:
    (article,), _rejections = parse([{**GOOD, "html": "<p>one&nbsp;two</p><script>evil()</script><p>three</p>"}])
    assert article.text == "one two\nthree"


def test_entities_that_an_export_left_in_plain_text_are_what_they_stand_for() -> None:
    title = "&quot;Wahat&#39;s&quot; L&#x2019;eau &amp; le&nbsp;sel, AT&T, R&D;"
    (article,), _rejections = parse(
        [{**GOOD, "title": title, "text": "caf&eacute; &#8220;a&#8221;", "category": "A &amp; B"}]
    )
    assert article.title == '"Wahat\'s" L’eau & le sel, AT&T, R&D;'
    assert (article.text, article.category) == ("café “a”", "A & B")


def test_languages_are_normalised_or_detected() -> None:
    records = [
        {"id": "1", "title": "t", "language": "ar-MA"},
        {"id": "2", "title": "t", "language": "FR"},
        {"id": "3", "title": "Les élections communales auront lieu dimanche", "language": "français"},
        {"id": "4", "title": "أعلن المجلس عن مشروع جديد"},
        {"id": "5", "title": "12 345"},
    ]
    articles, _rejections = parse(records)
    assert [article.language for article in articles] == ["ar", "fr", "fr", "ar", "und"]


def test_a_language_that_the_text_belies_or_that_is_none_is_detected() -> None:
    arabic, french = "أعلن المجلس الجماعي عن مشروع جديد لتزويد القرى بالماء. " * 8, "Le conseil a voté le budget. " * 12
    stated = [(arabic, "en"), (french, "ar"), (french, "en"), (arabic, "fa"), (french, "und"), (arabic, "mul")]
    records = [{"id": str(i), "text": text, "language": language} for i, (text, language) in enumerate(stated)]
    articles, _rejections = parse([*records, {"id": "9", "title": "iPhone 17 Pro Max", "language": "ar"}])
    assert [article.language for article in articles] == ["ar", "fr", "en", "fa", "fr", "ar", "ar"]


def test_of_two_versions_the_later_one_stays_whatever_the_order() -> None:
    old = {**GOOD, "updated_at": "2026-01-01T00:00:00Z", "title": "old"}
    new = {**GOOD, "updated_at": "2026-01-02T00:00:00Z", "title": "new"}
    for records in ([old, new], [new, old]):
        (article,), rejections = parse(records)
        assert article.title == "new"
        assert sum(rejections.rejected.values()) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(["id", "title", "text", "html", "language", "tags", "url", "published_at", "category"])


@given(st.lists(st.dictionaries(fields, json_values), max_size=8))
def test_no_record_stops_the_rest_and_none_disappears(records: list[Record]) -> None:
    articles, rejections = parse([GOOD, *records])
    assert len(articles) + sum(rejections.rejected.values()) == len(records) + 1
    assert len({article.id for article in articles}) == len(articles)
