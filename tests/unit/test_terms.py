import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, vstack

from models import counts, sparse, terms
from models.tokens import tokens_of, words
from tests.fakes import weighed

NEWS = [
    ("Le budget 2026 adopté", "Le parlement a adopté le budget après un long débat.", "fr"),
    ("Budget voté", "Le parlement vote le budget 2026 de l'État.", "fr"),
    ("Match nul à Lyon", "Les deux équipes se quittent sur un match nul.", "fr"),
    ("الميزانية الجديدة", "صادق البرلمان على الميزانية الجديدة للدولة.", "ar"),
    ("وزير المالية", "قدّم وزير الماليّة ميزانية الدولة أمام البرلمان.", "ar"),
    ("北京预算", "新华社北京电 议会通过了新的预算。", "zh"),
    ("", "", "en"),
]


def tokens(text: str, language: str) -> list[str]:
    return [token for word in words(text) for token in tokens_of(word, language)]


@pytest.fixture(scope="module")
def fitted() -> terms.Terms:
    return weighed(NEWS)


def test_accents_case_and_arabic_spelling_do_not_matter() -> None:
    assert tokens("Élection À ISTANBUL", "fr") == tokens("election a İstanbul", "fr")
    assert tokens("الوزِيـــر والوزير وزير", "ar") == ["زير"] * 3
    assert tokens("إدارة", "ar") == tokens("ادارة", "ar") == tokens("الإدارة", "ar")


def test_words_share_their_stem_and_numbers_stay_whole() -> None:
    assert tokens("hükümetlerimizin hükümeti", "tr") == ["hukume", "hukume"]
    assert tokens("covid19 20260806", "en") == ["covid19", "20260806"]


def test_scripts_without_spaces_become_overlapping_characters() -> None:
    assert tokens("新华社7月 OK", "zh") == ["新华", "华社", "7", "月", "ok"]
    assert tokens("한국어", "ko") == ["한국", "국어"]
    assert tokens("ไทย", "th") == ["ไทย"]
    assert tokens("हिन्दी", "hi") == ["हिंदी"]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("ar", "ضبط ٢٩٨٦ مخالفا", "ضبط 2986 مخالفا"),
        ("fa", "۱۴۰۴", "1404"),
        ("hi", "२०२६", "2026"),
        ("fa", "جمهوری کتاب خانۀ", "جمهوري كتاب خانه"),
        ("ur", "ہفتے", "هفتي"),
        ("hi", "फ़िल्म बाज़ार पाँच", "फिल्म बाजार पांच"),
        ("hi", "हिन्दी मुम्बई गङ्गा पञ्च घण्टा", "हिंदी मुंबई गंगा पंच घंटा"),
    ],
)
def test_spellings_and_digits_that_writers_mix_are_one(language: str, one: str, other: str) -> None:
    assert tokens(one, language) == tokens(other, language)


def test_a_hashtag_is_its_words() -> None:
    assert tokens("#تأجيل_الدراسة", "ar") == tokens("تأجيل الدراسة", "ar")
    assert tokens("#JO_2028", "fr") == ["jo", "2028"]


def test_rows_are_unit_and_an_empty_article_is_empty(fitted: terms.Terms) -> None:
    norms = np.sqrt(fitted.rows.multiply(fitted.rows).sum(axis=1))
    assert norms == pytest.approx([1, 1, 1, 1, 1, 1, 0])


@pytest.mark.parametrize("row", range(len(NEWS)))
def test_a_live_text_gets_the_row_of_the_same_article(fitted: terms.Terms, row: int) -> None:
    live = terms.row_of(fitted, *NEWS[row])
    assert abs(live - fitted.rows[[row]]).sum() == 0


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 300), max_size=400), st.lists(st.integers(0, 300), max_size=10))
def test_a_live_text_of_any_length_gets_that_row_to_the_last_bit(words: list[int], title: list[int]) -> None:
    article = (" ".join(f"t{word}" for word in title), " ".join(f"t{word}" for word in words), "en")
    fitted = weighed([*NEWS, article, ("", " ".join(f"t{word}" for word in range(200)), "en")])
    live, stored = terms.row_of(fitted, *article), fitted.rows[[len(NEWS)]]
    np.testing.assert_array_equal(live.indices, stored.indices)
    np.testing.assert_array_equal(live.data, stored.data)


def test_unknown_terms_and_languages_match_nothing(fitted: terms.Terms) -> None:
    assert terms.row_of(fitted, "Parlement", "budget", "de").nnz == 0
    known, diluted = (terms.row_of(fitted, "", text, "fr") for text in ("budget", "budget xylophone"))
    assert known.sum() == pytest.approx(1)
    assert diluted.sum() < 0.8


def test_nearest_finds_the_related_article_of_the_same_language(fitted: terms.Terms) -> None:
    found = list(terms.nearest(fitted, fitted.rows, 2))
    assert [found[0][0][1], found[1][0][1], found[3][0][1]] == [1, 0, 4]
    assert len(found[6][0]) == 0
    assert all(np.all(np.diff(values) <= 0) for _, values in found)


def test_cosines_equal_the_full_product(fitted: terms.Terms) -> None:
    candidates = np.array([[0, 1, 2, -1]] * len(NEWS))
    expected = (fitted.rows @ fitted.rows.T).toarray()[:, :3]
    assert terms.cosines(fitted, fitted.rows, candidates)[:, :3] == pytest.approx(expected)
    assert not terms.cosines(fitted, fitted.rows, candidates)[:, 3].any()


def test_small_blocks_change_nothing(fitted: terms.Terms, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(terms.nearest(fitted, fitted.rows, 3))
    monkeypatch.setattr(terms, "BLOCK_POSTINGS", 1)
    monkeypatch.setattr(sparse, "BLOCK_ROWS", 2)
    monkeypatch.setattr(terms, "_COUNTED_ROWS", 3)
    refitted = weighed(NEWS)
    assert abs(refitted.rows - fitted.rows).sum() == 0
    for (rows, values), (rows_, values_) in zip(whole, terms.nearest(refitted, refitted.rows, 3), strict=True):
        np.testing.assert_array_equal(rows, rows_)
        np.testing.assert_array_equal(values, values_)


def test_save_and_load_map_the_same(fitted: terms.Terms, tmp_path: Path) -> None:
    terms.save(fitted, tmp_path)
    loaded = terms.load(tmp_path)
    assert abs(loaded.rows - fitted.rows).sum() == 0
    assert abs(loaded.postings - fitted.postings).sum() == 0
    assert loaded.documents == fitted.documents
    for mapped in (loaded.rows.data, loaded.rows.indices, loaded.postings.data, loaded.postings.indices, loaded.keys):
        assert not mapped.flags.writeable  # no copy was made
    assert abs(terms.row_of(loaded, *NEWS[3]) - fitted.rows[[3]]).sum() == 0


def test_positions_take_32_bits_where_they_suffice(
    fitted: terms.Terms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms.save(fitted, tmp_path)
    counts.save(counts.count(NEWS), tmp_path)
    loaded, counted = terms.load(tmp_path), counts.load(tmp_path)
    assert counted is not None
    live = terms.row_of(loaded, *NEWS[0])
    together = vstack([live, loaded.rows[[1, 2]]], format="csr")
    for rows in (loaded.rows, loaded.postings, counted.table, live, together):
        assert (rows.indices.dtype, rows.indptr.dtype) == (np.int32, np.int32)
    monkeypatch.setattr(sparse, "_NARROW", np.iinfo(np.int8))
    assert sparse.rows_of(np.ones(1), np.zeros(1, np.int32), np.array([0, 1]), (1, 128)).indices.dtype == np.int64


def test_terms_that_were_saved_with_64_bits_are_mapped_too(fitted: terms.Terms, tmp_path: Path) -> None:
    def wide(rows: csr_array) -> csr_array:
        return csr_array((rows.data, rows.indices.astype(np.int64), rows.indptr.astype(np.int64)), shape=rows.shape)

    terms.save(dataclasses.replace(fitted, rows=wide(fitted.rows), postings=wide(fitted.postings)), tmp_path)
    loaded = terms.load(tmp_path)
    for part in (loaded.rows.indices, loaded.rows.indptr, loaded.postings.indices, loaded.postings.indptr):
        assert part.dtype == np.int64
        assert not part.flags.writeable
    for one, other in zip(terms.nearest(fitted, fitted.rows, 3), terms.nearest(loaded, loaded.rows, 3), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_at_all_can_be_indexed(tmp_path: Path) -> None:
    empty = weighed([])
    terms.save(empty, tmp_path)
    assert terms.row_of(terms.load(tmp_path), "a", "b", "en").shape == (1, 0)
    assert list(terms.nearest(empty, empty.rows, 3)) == []


def test_mean_cosines_are_drawn_to_the_prior(fitted: terms.Terms) -> None:
    means = terms.mean_cosines(fitted, np.array([language for _, _, language in NEWS]))
    assert set(means) == {"fr", "ar", "zh", "en"}
    assert all(0 <= mean < 0.1 for mean in means.values())


@settings(max_examples=50)
@given(st.permutations(range(len(NEWS))))
def test_the_order_of_articles_does_not_matter(order: list[int]) -> None:
    straight, shuffled = weighed(NEWS), weighed([NEWS[i] for i in order])
    np.testing.assert_array_equal(straight.keys, shuffled.keys)
    assert abs(straight.rows[list(order)] - shuffled.rows).sum() == 0


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(["ar", "en", "zh", ""]))
def test_any_text_gives_clean_tokens(text: str, language: str) -> None:
    assert all(token and not token.isspace() for token in tokens(text, language))


@pytest.mark.parametrize("others", [18, 100, 300])
def test_two_articles_that_share_half_their_terms_are_half_alike_whatever_the_size_of_the_corpus(others: int) -> None:
    pair = [("", "alpha beta gamma delta", "en"), ("", "alpha beta epsilon zeta", "en")]
    fitted = weighed([*pair, *(("", f"filler{number}", "en") for number in range(others))])
    assert terms.cosines(fitted, fitted.rows[[0]], np.array([[1]])) == pytest.approx(0.5)


@pytest.mark.parametrize("count", [2, 5, 50])
def test_words_of_every_article_relate_nothing_even_in_a_language_of_two(count: int) -> None:
    fitted = weighed([("", f"the of first{number} second{number} third{number}", "en") for number in range(count)])
    assert terms.cosines(fitted, fitted.rows[[0]], np.array([[1]])) < 0.1


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_terms_of_a_corpus_of_few_articles_have_weight(count: int) -> None:
    assert (weighed([("", "alpha beta", "en")] * count).idf > 0).all()
