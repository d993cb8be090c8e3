"""Pages of HTML: a folder of saved pages (``html:folder``); one page, for `indexer.sources.sitemap`."""

from pathlib import Path

from indexer.sources import Records, SourceError, Unreadable
from indexer.sources.encoding import decode
from indexer.sources.http import MAX_BYTES
from indexer.sources.main_text import main_text
from indexer.sources.page_facts import facts_of
from models.article import Record

MOST_TAGS = 50_000
"""News pages have some thousands. Extraction takes seconds for so many, and minutes for a page of ten megabytes."""
_CONTROLS = [chr(code) for code in range(ord(" ")) if chr(code) not in "\t\n\f\r"]
_MOST_CONTROLS = 0.01
"""Of the characters. An editor pastes a few control characters; a picture or an archive is a tenth of them."""
ENDINGS = {".html", ".htm", ".xhtml"}


def read(address: str) -> Records:
    """Yield a record for each page below a folder."""
    folder = Path(address)
    if not folder.is_dir():
        message = f"{address}: not a folder"
        raise SourceError(message)
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS):
        yield _read(path, path.relative_to(folder).as_posix())


def record_of(page: str, name: str, address: str | None = None) -> Record | Unreadable:
    """Return the record of a page: its main text and what its head says.

    Its id is its canonical address, or else `name`; `address` is where it was found, if that is known.
    """
    if _is_noise(page):
        return Unreadable(name, "not text")
    if page.count("<") > MOST_TAGS:
        return Unreadable(name, f"more than {MOST_TAGS} tags")
    text = main_text(page)
    if not text:
        return Unreadable(name, "no main text was found on the page")
    facts = facts_of(page, address)
    lines = [line for line in text.split("\n") if line != facts["title"]]
    return {"id": facts["url"] or name, "text": "\n".join(lines), **facts}


def _is_noise(page: str) -> bool:
    return sum(map(page.count, _CONTROLS)) > _MOST_CONTROLS * len(page)


def _read(path: Path, name: str) -> Record | Unreadable:
    try:
        if path.stat().st_size > MAX_BYTES:
            return Unreadable(name, f"larger than {MAX_BYTES} bytes")
        return record_of(decode(path.read_bytes()), name)
    except OSError as error:
        return Unreadable(name, f"cannot be read ({error.strerror})")
