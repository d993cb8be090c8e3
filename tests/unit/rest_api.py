"""The REST API of a WordPress site, played by a function."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from indexer.sources import Unreadable, wordpress
from indexer.sources.http import FetchError, Response
from models.article import Record

if TYPE_CHECKING:
    from collections.abc import Callable


def post(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "title": {"rendered": f"Post {number}"},
        "content": {"rendered": f"<p>Text {number}</p>", "protected": False},
        "link": f"https://example.org/{number}",
        "date_gmt": "2026-08-05T10:00:00",
        "modified_gmt": None,
        **fields,
    }


def refuse(url: str, reason: str) -> None:
    message = f"{url}: {reason}"
    raise FetchError(message)


class Api:
    """Answers as WordPress does. It has memory for `most` posts; `events` happen before the request of that number.

    A page holds `gives` posts at most, whatever is asked for, as a careless theme has it.
    """

    def __init__(self, posts: list[Any], most: int = 100) -> None:
        self.posts = posts
        self.categories: dict[int, str] = {}
        self.most = most
        self.gives = 100
        self.chooses = True
        self.asked: list[str] = []
        self.given_whole: list[int] = []
        self.events: dict[int, Callable[[], None]] = {}

    def get(self, url: str) -> Response:
        self.asked.append(url)
        self.events.pop(len(self.asked), lambda: None)()
        query = dict(parse_qsl(urlsplit(url).query))
        page, size = int(query.get("page", "1")), min(int(query["per_page"]), self.gives)
        found = self.found(url, query)
        pages = -(-len(found) // size)
        whole = "_embed" in query
        if whole and size > self.most:
            refuse(url, "HTTP 500, 4 times")
        if page > max(pages, 1):
            refuse(url, "HTTP 400")
        headers = {"x-wp-total": str(len(found)), "x-wp-totalpages": str(pages)}
        answer = found[(page - 1) * size : page * size]
        if whole:
            self.given_whole += [post["id"] for post in answer if "id" in post]
        elif "_fields" in query:
            answer = [{name: post.get(name) for name in query["_fields"].split(",")} for post in answer]
        return Response(url, headers, json.dumps(answer).encode())

    def found(self, url: str, query: dict[str, str]) -> list[Any]:
        """Return what a request is about, before it is parted into pages."""
        if "/wp/v2/categories" in url:
            return [{"id": number, "name": name} for number, name in self.categories.items()]
        if "include" in query and self.chooses:
            return [post for post in self.posts if str(post["id"]) in query["include"].split(",")]
        return self.posts

    def delete(self, *numbers: int) -> None:
        self.posts = [post for post in self.posts if post["id"] not in numbers]

    def read(self, address: str = "https://example.org/") -> list[Record | Unreadable]:
        return list(wordpress.read(address, self.get))

    def ids(self) -> list[str]:
        return [str(record["id"]) for record in self.read() if isinstance(record, dict)]


def site(count: int, most: int = 100) -> Api:
    return Api([post(number) for number in range(1, count + 1)], most)
