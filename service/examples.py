"""What the OpenAPI document shows as examples. They ask the example corpus, and a test sends every one of them."""

from typing import Any

Examples = dict[str, Any]

ARTICLE_ID = "1001"
"""Of an article in ``examples/articles.jsonl``."""

QUESTIONS: Examples = {
    "text": {"summary": "A text in any language", "value": {"text": "تحلية مياه البحر", "k": 3}},
    "draft": {
        "summary": "An article that is being written",
        "value": {"title": "La sécheresse", "text": "Le barrage est à 11 % de sa capacité.", "text_language": "fr"},
    },
    "like": {
        "summary": "Like some articles and unlike another",
        "value": {"like": ["1001", "1003"], "unlike": ["1010"], "language": "any", "diversity": 0.3},
    },
}
BATCH: Examples = {
    "front page": {
        "summary": "Several lists for one page",
        "value": {"questions": [{"id": "1001", "k": 3}, {"id": "1020", "language": "same"}, {"text": "football"}]},
    }
}
ARTICLE: Examples = {
    "published": {
        "summary": "An article that was just published",
        "value": {
            "title": "Une nouvelle station de dessalement",
            "html": "<p>La région annonce une station de dessalement de l'eau de mer.</p>",
            "url": "https://example.org/fr/dessalement",
            "language": "fr",
            "published_at": "2026-08-06T08:00:00Z",
        },
    }
}
OVERRIDES: Examples = {
    "pin": {"summary": "One article first, another never", "value": {"pins": ["1003"], "blocks": ["1010"]}},
    "undo": {"summary": "As if nobody had decided anything", "value": {"pins": [], "blocks": []}},
}
EVENTS: Examples = {
    "seen": {
        "summary": "A list came into sight",
        "value": {
            "type": "impression",
            "recommendation_id": "9f86d081884c7d65",
            "seed": "1001",
            "items": [{"id": "1003", "position": 1}, {"id": "1004", "position": 2}],
        },
    },
    "clicked": {
        "summary": "Its second article was clicked",
        "value": {
            "type": "click",
            "recommendation_id": "9f86d081884c7d65",
            "seed": "1001",
            "items": [{"id": "1004", "position": 2}],
        },
    },
}
