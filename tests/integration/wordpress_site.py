"""A real WordPress with a real MariaDB, in a temporary folder, filled with articles."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.integration.servers import PATIENCE, free_port, stop, wait_until
from tests.integration.wordpress_php import CONFIG, DELETE, EXPORT, FILL, INSTALL, RUN_EVENTS

WORDPRESS = Path("/usr/share/wordpress")
CORPUS = [json.loads(line) for line in (ROOT / "examples" / "articles.jsonl").read_text(encoding="utf-8").splitlines()]
PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "php")
PASSWORD = "throw%away"  # noqa: S105 - of a database that lives for one test
PREFIX = "news_"
PERMALINKS = "/%category%/%year%/%monthnum%/%postname%/"


@dataclass(frozen=True)
class Site:
    """A running site, and the three addresses to read it from."""

    root: Path
    url: str
    rest: str
    database: str
    export: str

    def add(self, articles: Sequence[dict[str, Any]]) -> None:
        """Publish articles, in the fields of a record, under their own numbers, and export the site anew."""
        listed = self.root.parent / "articles.json"
        listed.write_text(json.dumps(articles), encoding="utf-8")
        _php(self.root, FILL, str(listed))
        self._export()

    def delete(self, *numbers: str) -> None:
        """Delete posts and their pictures for good, those that exist, and export the site anew."""
        _php(self.root, DELETE, *numbers)
        self._export()

    def run(self, statements: str, *arguments: str) -> None:
        """Carry out PHP statements as the editor."""
        _php(self.root, f"<?php require 'wp-load.php'; wp_set_current_user(1); {statements}", *arguments)

    @contextlib.contextmanager
    def with_posts(self, articles: Sequence[dict[str, Any]]) -> Iterator[None]:
        """Have some more articles for a while."""
        try:
            self.add(articles)
            yield
        finally:
            self.delete(*(article["id"] for article in articles))

    @contextlib.contextmanager
    def with_plugin(self, plugin: Path, settings: dict[str, object]) -> Iterator[None]:
        """Run a plugin for a while, with the constants it needs, and a theme: the package has none."""
        plugins, theme = self.root / "wp-content" / "mu-plugins", self.root / "wp-content" / "themes" / "plain"
        theme.mkdir(parents=True, exist_ok=True)
        (theme / "style.css").write_text("/* Theme Name: Plain */")
        (theme / "index.php").write_text("<?php while (have_posts()) { the_post(); the_title(); the_content(); }")
        self.run("switch_theme('plain');")
        plugins.mkdir()
        try:
            lines = (f"define({json.dumps(name)}, {json.dumps(value)});" for name, value in settings.items())
            (plugins / "a-settings.php").write_text(f"<?php {' '.join(lines)}")
            shutil.copy(plugin, plugins)
            yield
        finally:
            shutil.rmtree(plugins)

    def run_events(self, hook: str) -> int:
        """Run all scheduled events of a hook as if their time had come; return how many there were."""
        return int(_php(self.root, RUN_EVENTS, hook))

    def logged(self) -> list[str]:
        """Return the lines that the scripts have logged so far, without the time."""
        log = _log(self.root)
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [line.partition("] ")[2] for line in lines]

    def _export(self) -> None:
        Path(self.export.removeprefix("wxr:")).write_bytes(_php(self.root, EXPORT))


@contextlib.contextmanager
def running_site() -> Iterator[Site]:
    """Yield an empty site that answers; both servers are stopped at the end."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    missing += [] if (WORDPRESS / "wp-settings.php").exists() else ["wordpress"]
    if missing:
        pytest.skip(f"missing program: {', '.join(missing)}")
    database_port, port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="silah-wordpress-") as temporary:
        folder = Path(temporary)
        with _database(folder, database_port), _server(root := _files(folder, database_port, port), port):
            user = f"site:{PASSWORD.replace('%', '%25')}"
            yield Site(
                root,
                url=f"http://127.0.0.1:{port}",
                rest=f"wordpress+http://127.0.0.1:{port}/",
                database=f"wpdb+mysql+pymysql://{user}@127.0.0.1:{database_port}/site?prefix={PREFIX}",
                export=f"wxr:{folder / 'export.xml'}",
            )


@contextlib.contextmanager
def _database(folder: Path, port: int) -> Iterator[None]:
    data = folder / "data"
    data.mkdir()
    common = ["--no-defaults", f"--datadir={data}"]
    if os.geteuid() == 0:
        shutil.chown(data, "mysql")
        folder.chmod(0o755)  # the database runs as another user
        common.append("--user=mysql")
    install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True)
    socket = f"--socket={data}/s.sock"
    options = ["--character-set-server=utf8mb4", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]
    where = ["--bind-address=127.0.0.1", f"--port={port}", socket, f"--pid-file={data}/pid"]
    with _running(["mariadbd", *common, *where, *options]) as server:
        ask = ["mariadb", "--no-defaults", "--user=root", socket, "-e"]
        tried = [*ask, "SELECT 1"]
        wait_until(lambda: subprocess.run(tried, capture_output=True, check=False).returncode == 0, server)
        user = f"CREATE USER site@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON site.* TO site@'127.0.0.1'"
        subprocess.run([*ask, f"CREATE DATABASE site; {user}"], check=True)
        yield


def _files(folder: Path, database_port: int, port: int) -> Path:
    root = folder / "site"
    shutil.copytree(WORDPRESS, root, ignore_dangling_symlinks=True)
    (root / "wp-config.php").unlink(missing_ok=True)
    config = CONFIG.format(password=PASSWORD, database_port=database_port, port=port, prefix=PREFIX)
    (root / "wp-config.php").write_text(config)
    _php(root, INSTALL, PERMALINKS)
    return root


def _log(root: Path) -> Path:
    return root.parent / "php.log"


def _php(root: Path, script: str, *arguments: str) -> bytes:
    (root / "script.php").write_text(script)
    command = ["php", "-d", "display_errors=stderr", "-d", f"error_log={_log(root)}", "script.php", *arguments]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True)
    (root / "script.php").unlink()
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@contextlib.contextmanager
def _server(root: Path, port: int) -> Iterator[None]:
    def answers() -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/?rest_route=/", timeout=PATIENCE).close()
            return True
        return False

    with _running(["php", "-S", f"127.0.0.1:{port}", "-t", str(root)]) as server:
        wait_until(answers, server)
        yield


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        stop(process)
