import gzip
import json
from math import log2
from pathlib import Path

import pytest

from indexer import datasets
from indexer.evaluate import SILAH, Evaluation, evaluate
from indexer.evaluation_report import save, table
from indexer.sources import SourceError
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
    # Both answers come first; of the second query one of two relevant articles is not there at all.
    assert silah["nDCG@10 same en"] == pytest.approx((1 + 1 / (1 + 1 / log2(3))) / 2)
    assert silah["nDCG@10 any en"] > 0.6
    assert silah["same story in top 3"] == 1
    assert silah["MAP same event"] > 0.8
    assert 0 < silah["same section@10"] < 1
    assert silah["Pearson"] > 0.9
    assert {"precision at .5 en", "recall at .5 en", "calibration error"} <= set(silah)
    assert "calibration error" not in lexical
    assert {"hub skew", "coverage", "duplicate rate", "cross-language share"} <= set(lexical)


def test_distractors_join_the_pool_and_ask_nothing(folder: Path, tmp_path: Path) -> None:
    more = write_jsonl(tmp_path / "more.jsonl", [{"id": f"d{n}", "text": f"rain {n}"} for n in range(5)])
    evaluation = evaluated(folder, tmp_path, str(more))
    assert evaluation.count == 11
    assert evaluation.figures[SILAH]["nDCG@10 any en"] > 0.6


def test_a_table_json_and_plots(folder: Path, tmp_path: Path) -> None:
    evaluation = evaluated(folder, tmp_path)
    save(evaluation, tmp_path / "out")
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert content["figures"] == evaluation.figures
    for plot in ("figures.png", "calibration.png", "occurrences.png"):
        assert (tmp_path / "out" / plot).read_bytes().startswith(b"\x89PNG")
    assert table(evaluation).row_count == len({m for figures in evaluation.figures.values() for m in figures})
