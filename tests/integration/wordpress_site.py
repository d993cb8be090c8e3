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

from tests.integration.servers import free_port, wait_until

WORDPRESS = Path("/usr/share/wordpress")
PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb", "php")
PASSWORD = "throw%away"  # noqa: S105 - of a database that lives for one test
PREFIX = "news_"
PERMALINKS = "/%category%/%year%/%monthnum%/%postname%/"
CONFIG = """<?php
define('DB_NAME', 'site'); define('DB_USER', 'site'); define('DB_PASSWORD', '{password}');
define('DB_HOST', '127.0.0.1:{database_port}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_HOME', 'http://127.0.0.1:{port}'); define('WP_SITEURL', WP_HOME);
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = '{prefix}';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
INSTALL = """<?php
define('WP_INSTALLING', true);
require 'wp-load.php'; require 'wp-admin/includes/upgrade.php';
wp_install('Example', 'editor', 'editor@example.org', true, '', 'throwaway');
update_option('home', WP_HOME); update_option('siteurl', WP_SITEURL);
update_option('permalink_structure', $argv[1]);
foreach (get_posts(['numberposts' => -1, 'post_type' => 'any', 'post_status' => 'any']) as $example)
    wp_delete_post($example->ID, true);
"""
FILL = """<?php
require 'wp-load.php'; require 'wp-admin/includes/taxonomy.php';
wp_set_current_user(1);

function sound($result) {
    if (is_wp_error($result)) { fwrite(STDERR, $result->get_error_message()); exit(1); }
    return $result;
}

function author_number($name) {
    $found = get_users(['search' => $name, 'search_columns' => ['display_name']]);
    return $found ? $found[0]->ID : sound(wp_insert_user(
        ['user_login' => 'author' . md5($name), 'user_pass' => 'throwaway', 'display_name' => $name]));
}

foreach (json_decode(file_get_contents($argv[1]), true) as $article) {
    $moment = strtotime($article['published_at'] ?? '2026-08-05T10:00:00Z');
    $parent = 0;
    $categories = [];
    foreach ((array) $article['category'] as $name) $categories[] = $parent = wp_create_category($name, $parent);
    $number = sound(wp_insert_post(wp_slash([
        'import_id' => (int) $article['id'], 'post_title' => $article['title'],
        'post_content' => $article['html'] ?? $article['text'] ?? '', 'post_status' => $article['status'] ?? 'publish',
        'post_type' => $article['type'] ?? 'post', 'post_password' => $article['password'] ?? '',
        'post_author' => author_number($article['author']),
        'post_category' => $categories, 'tags_input' => $article['tags'],
        'post_date_gmt' => gmdate('Y-m-d H:i:s', $moment), 'post_date' => wp_date('Y-m-d H:i:s', $moment),
    ]), true));
    if ($number != $article['id']) { fwrite(STDERR, "number $article[id] is taken"); exit(1); }
    $upload = $article['upload'] ?? false;
    if ($upload || !empty($article['image_url']))
        update_post_meta($number, '_thumbnail_id', sound(wp_insert_attachment([
            'import_id' => 100000 + $number, 'post_mime_type' => 'image/jpeg', 'post_title' => 'image',
            'guid' => $article['image_url'] ?? ''], $upload)));
}
"""
EXPORT = """<?php
require 'wp-load.php'; require 'wp-admin/includes/export.php';
export_wp();
"""


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
        Path(self.export.removeprefix("wxr:")).write_bytes(_php(self.root, EXPORT))

    def delete(self, number: str) -> None:
        """Delete a post for good."""
        self.run("wp_delete_post((int) $argv[1], true);", number)

    def run(self, statements: str, *arguments: str) -> None:
        """Carry out PHP statements as the editor."""
        _php(self.root, f"<?php require 'wp-load.php'; wp_set_current_user(1); {statements}", *arguments)

    def install(self, plugin: Path, settings: str) -> None:
        """Install a plugin that always runs, with the constants it needs, and a theme: the package has none."""
        plugins, theme = self.root / "wp-content" / "mu-plugins", self.root / "wp-content" / "themes" / "plain"
        plugins.mkdir(parents=True)
        (plugins / "a-settings.php").write_text(f"<?php {settings}")
        shutil.copy(plugin, plugins)
        theme.mkdir(parents=True)
        (theme / "style.css").write_text("/* Theme Name: Plain */")
        (theme / "index.php").write_text("<?php while (have_posts()) { the_post(); the_title(); the_content(); }")
        self.run("switch_theme('plain');")


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
    with _running(["mariadbd", *common, *where, *options]):
        ask = ["mariadb", "--no-defaults", "--user=root", socket, "-e"]
        wait_until(lambda: subprocess.run([*ask, "SELECT 1"], capture_output=True, check=False).returncode == 0)
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


def _php(root: Path, script: str, *arguments: str) -> bytes:
    (root / "script.php").write_text(script)
    command = ["php", "-d", "display_errors=stderr", "script.php", *arguments]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True)
    (root / "script.php").unlink()
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@contextlib.contextmanager
def _server(root: Path, port: int) -> Iterator[None]:
    def answers() -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/?rest_route=/", timeout=30).close()
            return True
        return False

    with _running(["php", "-S", f"127.0.0.1:{port}", "-t", str(root)]):
        wait_until(answers)
        yield


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
