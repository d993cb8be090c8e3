import pytest

from models.language import UNKNOWN, detect


def test_of_two_words_only_likely_languages_are_considered() -> None:
    assert detect("school bus", among=["ar", "fr", "en"]) == "en"
    assert detect("sécheresse", among=["ar", "fr", "en"]) == "fr"


def test_a_headline_is_of_a_likely_language_that_it_well_may_be() -> None:
    headline = "Nigeria: Governor Okonkwo sacks aides after Abuja protest march"
    assert detect(headline) == "pcm"
    assert detect(headline, among=["ar", "fr", "en"]) == "en"


def test_a_spoken_arabic_is_no_language_of_the_news() -> None:
    headlines = ["وزارة الصحة تعلن عن تسجيل إصابات جديدة", "بنكيران يهاجم أخنوش", "شنو وقع فالمغرب"]
    assert {detect(headline) for headline in headlines} == {"ar"}


def test_a_long_text_or_one_in_another_script_is_what_it_is() -> None:
    french = "Le conseil régional a approuvé mardi la construction du barrage, attendue depuis dix ans"
    assert detect(french, among=["ar", "es"]) == "fr"
    assert detect("water shortage", among=["ar"]) != "ar"
    assert detect("أزمة الماء", among=["fr", "es"]) not in {"fr", "es"}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("أعلنت الوزارة عن إطلاق برنامج جديد لدعم التعاونيات النسائية", "ar"),
        ("La ministre a annoncé un nouveau programme de soutien aux coopératives", "fr"),
        ("El ministerio anunció un nuevo programa de apoyo a las cooperativas", "es"),
        ("The ministry announced a new programme to support cooperatives", "en"),
        ("2026 — 100 %", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_detects(text: str, language: str) -> None:
    assert detect(text) == language
