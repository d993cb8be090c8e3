import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from indexer import datasets
from indexer.baselines import baselines
from indexer.evaluate import SILAH, Evaluation, evaluate
from indexer.evaluation_report import save, table
from indexer.sources import SourceError
from models.article import Article
from tests.conftest import silent, write_jsonl
from tests.fakes import FakeEmbedder

ARTICLES = [
    {"id": "e1", "text": "sea sea harbour", "language": "en", "story": "sea", "category": "water", "event": "s"},
    {"id": "e2", "text": "sea rain harbour", "language": "en", "category": "water", "event": "s"},
    {"id": "e3", "text": "school exam", "language": "en", "category": "education", "event": "x"},
    {"id": "e4", "text": "school exam rain", "language": "en", "category": "education", "event": "x"},
    {"id": "f1", "text": "sea sea port", "language": "fr", "story": "sea", "category": "water"},
    {"id": "f2", "text": "football match", "language": "fr", "category": "sport"},
]
QRELS = [{"query": "e1", "language": "en", "relevant": {"e2": 3}}, {"query": "e3", "relevant": ["e4", "gone"]}]
PAIRS = [
    {"id1": "e1", "id2": "e2", "language": "en", "similarity": 1.0},
    {"id1": "e1", "id2": "e3", "language": "en", "similarity": 0.0},
    {"id1": "e3", "id2": "e4", "language": "en", "similarity": 0.75},
    {"id1": "e2", "id2": "gone", "language": "en", "similarity": 0.75},
]


@pytest.fixture(name="folder")
def labelled_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "town"
    folder.mkdir()
    write_jsonl(folder / "articles.jsonl", ARTICLES)
    write_jsonl(folder / "qrels.jsonl", QRELS)
    write_jsonl(folder / "pairs.jsonl", PAIRS)
    return folder


def evaluated(folder: Path, tmp_path: Path, distractors: str = "") -> Evaluation:
    return evaluate(datasets.load(folder), tmp_path / "home", FakeEmbedder(), silent, distractors)


def test_a_dataset_is_known_by_what_is_there(folder: Path, tmp_path: Path) -> None:
    whole = datasets.load(folder)
    assert (whole.name, whole.queries["e3"], len(whole.pairs)) == ("town", {"e4": 1.0, "gone": 1.0}, 4)
    assert set(whole.labels) == {"story", "event", "category"}
    assert whole.labels["story"] == {"e1": "sea", "f1": "sea"}
    alone = tmp_path / "alone.jsonl.gz"
    alone.write_bytes(gzip.compress((folder / "articles.jsonl").read_bytes()))
    file = datasets.load(alone)
    assert (file.name, file.queries, len(file.labels["category"])) == ("alone", {}, 6)
    with pytest.raises(SourceError, match="No such file"):
        datasets.load(tmp_path / "nowhere.jsonl")


def test_every_ranking_is_measured_on_all_that_is_known(folder: Path, tmp_path: Path) -> None:
    evaluation = evaluated(folder, tmp_path)
    assert list(evaluation.figures) == [SILAH, "TF-IDF", "BM25", "dense", "dense centred"]
    silah, lexical = evaluation.figures[SILAH], evaluation.figures["TF-IDF"]
    # Both answers come first.
    assert silah["nDCG@10 same en"] == silah["recall@10 same"] == 1
    assert silah["nDCG@10 any en"] > 0.6
    assert silah["same story in top 3"] == 1
    assert silah["MAP same event"] > 0.8
    assert 0 < silah["same section@10"] < 1
    assert silah["Pearson"] > 0.9
    assert evaluation.unknown == 2
    assert {"precision at .5 en", "recall at .5 en", "calibration error"} <= set(silah)
    assert "calibration error" not in lexical
    assert {"hub skew", "coverage", "duplicate rate", "cross-language share"} <= set(lexical)


def test_distractors_join_the_pool_and_ask_nothing(folder: Path, tmp_path: Path) -> None:
    others = [{"id": f"d{n}", "text": f"rain {n}"} for n in range(5)]
    impostor = {"id": "e2", "text": "football", "language": "en", "published_at": "2024-01-01T00:00:00Z"}
    more = write_jsonl(tmp_path / "more.jsonl", [impostor, *others])
    evaluation = evaluated(folder, tmp_path, str(more))
    assert evaluation.count == 11
    assert evaluation.figures[SILAH]["MAP same event"] > 0.6
    assert evaluation.figures[SILAH]["nDCG@10 any en"] > 0.6


def test_links_as_editors_leave_them(tmp_path: Path) -> None:
    def queries(*lines: object) -> dict[str, dict[str, float]]:
        write_jsonl(tmp_path / "articles.jsonl", ARTICLES)
        write_jsonl(tmp_path / "qrels.jsonl", lines)
        return datasets.load(tmp_path).queries

    one_a_line = [{"query": 1, "relevant": [2]}, {"query": 1, "relevant": {"3": 2}}, {"query": 1, "relevant": ["3"]}]
    assert queries(*one_a_line) == {"1": {"2": 1, "3": 2}}
    assert queries({"query": "1", "relevant": ["1"]}, {"query": "2", "relevant": {"3": 0}}) == {}


def test_links_that_cannot_be_followed_count_for_nothing(folder: Path, tmp_path: Path) -> None:
    write_jsonl(folder / "qrels.jsonl", [{"query": "e1", "relevant": ["e2", "f1", "gone"]}])
    silah = evaluated(folder, tmp_path).figures[SILAH]
    assert silah["nDCG@10 same"] == silah["recall@10 same"] == 1
    write_jsonl(folder / "qrels.jsonl", [{"query": "e1", "relevant": ["f1"]}, {"query": "e2", "relevant": ["gone"]}])
    only_across = evaluated(folder, tmp_path).figures[SILAH]
    assert "nDCG@10 any" in only_across
    assert "nDCG@10 same" not in only_across


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("qrels.jsonl", {"query": "e1"}, "record 1: relevant: Field required"),
        ("qrels.jsonl", {"query": "e1", "relevant": "e2"}, "record 1: relevant: "),
        ("qrels.jsonl", ["e1", "e2"], "line 1: not a JSON object"),
        ("pairs.jsonl", {"id1": "e1", "id2": "e2", "similarity": 4}, "record 1: similarity: "),
    ],
)
def test_truth_that_cannot_be_used_is_named(folder: Path, name: str, line: object, reason: str) -> None:
    write_jsonl(folder / name, [line])
    with pytest.raises(SourceError, match=f"{name}: {reason}"):
        datasets.load(folder)


def test_a_dataset_is_named_after_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site.2024"
    folder.mkdir()
    write_jsonl(folder / "articles.jsonl", ARTICLES)
    write_jsonl(tmp_path / "site.2025.jsonl", ARTICLES)
    monkeypatch.chdir(folder)
    assert datasets.load(Path()).name == "site.2024"
    assert datasets.load(Path("..") / "site.2025.jsonl").name == "site.2025"


@pytest.mark.parametrize("count", [1, 2])
def test_few_articles_and_pairs(tmp_path: Path, count: int) -> None:
    write_jsonl(tmp_path / "articles.jsonl", ARTICLES[:count])
    write_jsonl(tmp_path / "pairs.jsonl", PAIRS[:1])
    evaluation = evaluated(tmp_path, tmp_path)
    assert evaluation.count == count
    assert "Pearson" not in evaluation.figures[SILAH]
    save(evaluation, tmp_path / "out")
    assert "null" not in (tmp_path / "out" / "evaluation.json").read_text()


def test_the_other_rankings_do_not_grow_with_the_length_of_the_seed() -> None:
    texts = ["sea harbour", "sea harbour", "sea harbour rain school football", "exam"]
    articles = [Article(id=str(n), text=text, language="en") for n, text in enumerate(texts)]
    vectors = np.eye(4, dtype=np.float32)
    for name in ("TF-IDF", "BM25"):
        pool = baselines(articles, vectors, np.zeros(4, np.int64))[name](0, None)
        assert pool.rows.tolist() == [1, 2, 3]
        assert pool.similarities[0] == pytest.approx(1)
        assert pool.similarities[2] == 0


def test_the_other_rankings_say_nothing_of_their_own(caplog: pytest.LogCaptureFixture) -> None:
    articles = [Article(id=str(n), text="sea", language="en") for n in range(2)]
    baselines(articles, np.eye(2, dtype=np.float32), np.zeros(2, np.int64))
    assert not caplog.records


def test_a_table_json_and_plots(folder: Path, tmp_path: Path) -> None:
    evaluation = evaluated(folder, tmp_path)
    save(evaluation, tmp_path / "out")
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert content["figures"] == evaluation.figures
    for plot in ("figures.png", "calibration.png", "occurrences.png"):
        assert (tmp_path / "out" / plot).read_bytes().startswith(b"\x89PNG")
    assert table(evaluation).row_count == len({m for figures in evaluation.figures.values() for m in figures})
