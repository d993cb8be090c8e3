"""From a record, the fields of an article as somebody else spells them, to an article."""

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from models import language, text
from models.article import Article, Record

OPTIONAL = ("url", "category", "tags", "author", "image_url", "published_at", "updated_at")
_NEEDED = ("id", "title", "text", "html", "language")
_NO_LANGUAGE = {language.UNKNOWN, "mis", "mul", "zxx"}
"""Codes that say that the language is not known, or none."""
_LINES = ("title", "category", "author")


class RecordError(ValueError):
    """A record that cannot become an article; the message is ``field: reason``."""


def article_of(record: Record, likely: Collection[str] = ()) -> tuple[Article, dict[str, str]]:
    """Return the article of `record`, and for each optional field that is wrong, and was left out, the reason.

    HTML becomes text, text is cleaned, the language is normalised or detected (of `likely` ones where a text is short),
    unknown fields are ignored.
    Raises RecordError when the id, title or text is wrong.
    """
    fields = _fields(record, likely)
    try:
        return Article.model_validate(fields), {}
    except ValidationError as error:
        wrong = {str(detail["loc"][0]): detail["msg"].removeprefix("Value error, ") for detail in error.errors()}
    needed = [name for name in wrong if name not in OPTIONAL]
    if needed:
        message = f"{needed[0]}: {wrong[needed[0]]}"
        raise RecordError(message)
    return Article.model_validate({name: value for name, value in fields.items() if name not in wrong}), wrong


def _fields(record: Record, likely: Collection[str]) -> dict[str, Any]:
    fields = {name: record[name] for name in (*OPTIONAL, *_NEEDED) if record.get(name)}
    fields["id"] = _id(record)
    for name in ("title", "text", "html"):
        if not isinstance(fields.get(name, ""), str):
            message = f"{name}: {'not UTF-8' if isinstance(fields[name], bytes) else 'not a string'}"
            raise RecordError(message)
    plain = text.without_entities(fields.get("text", ""))
    fields["text"] = text.html_to_text(fields["html"]) if "html" in fields else text.clean(plain)
    lines = {name: fields[name] for name in _LINES if isinstance(fields.get(name), str)}
    fields.update({name: text.one_line(text.without_entities(line)) for name, line in lines.items()})
    if not fields.get("title") and not fields["text"]:
        message = "title, text: both empty"
        raise RecordError(message)
    words, stated = f"{fields.get('title', '')}\n{fields['text']}", stated_language(record)
    # Sites state one language for all their articles, WordPress English where nobody chose another.
    known = stated is not None and not language.belied(stated, words)
    fields["language"] = stated if known else language.detect(words, likely)
    return fields


def _id(record: Record) -> str:
    value = record.get("id")
    if value is None or value == "":
        message = "id: missing"
        raise RecordError(message)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        message = "id: neither a string nor a whole number"
        raise RecordError(message)
    return str(value)


def stated_language(record: Record) -> str | None:
    """Return the language that a record states (``ar-MA`` and ``AR`` are ``ar``), or None."""
    stated = record.get("language")
    code = stated.replace("_", "-").split("-")[0].strip().lower() if isinstance(stated, str) else ""
    known = code.isascii() and code.isalpha() and len(code) in {2, 3} and code not in _NO_LANGUAGE
    return code if known else None
