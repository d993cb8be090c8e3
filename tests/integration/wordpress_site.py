"""A real WordPress with a real MariaDB, in a temporary folder, filled with the example corpus."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.servers import free_port

WORDPRESS = Path("/usr/share/wordpress")
PASSWORD = "throwaway"  # noqa: S105 - of a database that lives for one test
CONFIG = """<?php
define('DB_NAME', 'site'); define('DB_USER', 'site'); define('DB_PASSWORD', '{password}');
define('DB_HOST', '127.0.0.1:{database_port}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_HOME', 'http://127.0.0.1:{port}'); define('WP_SITEURL', WP_HOME);
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
INSTALL = """<?php
define('WP_INSTALLING', true);
require 'wp-load.php'; require 'wp-admin/includes/upgrade.php';
wp_install('Example', 'editor', 'editor@example.org', true, '', 'throwaway');
"""
FILL = """<?php
require 'wp-load.php'; require 'wp-admin/includes/taxonomy.php';
$examples = get_posts(['numberposts' => -1, 'post_type' => 'any', 'post_status' => 'any']);
foreach ($examples as $post) wp_delete_post($post->ID, true);
foreach (file($argv[1]) as $line) {
    $article = json_decode($line, true);
    $date = gmdate('Y-m-d H:i:s', strtotime($article['published_at']));
    $id = wp_insert_post(wp_slash([
        'post_title' => $article['title'], 'post_content' => $article['html'] ?? $article['text'] ?? '',
        'post_status' => 'publish', 'post_author' => 1, 'post_date_gmt' => $date, 'post_date' => $date,
        'post_category' => [wp_create_category($article['category'])], 'tags_input' => $article['tags'],
    ]), true);
    if (is_wp_error($id)) { fwrite(STDERR, $id->get_error_message()); exit(1); }
    if (!empty($article['image_url'])) {
        $image = wp_insert_post(['post_type' => 'attachment', 'post_status' => 'inherit', 'post_title' => 'image',
            'post_mime_type' => 'image/jpeg', 'guid' => $article['image_url']]);
        update_post_meta($id, '_thumbnail_id', $image);
    }
}
$other = ['post_title' => 'No article', 'post_content' => 'text', 'post_status' => 'publish'];
wp_insert_post(['post_status' => 'draft'] + $other);
wp_insert_post(['post_password' => 'p'] + $other);
wp_insert_post(['post_type' => 'page'] + $other);
"""
EXPORT = """<?php
require 'wp-load.php'; require 'wp-admin/includes/export.php';
export_wp();
"""


@dataclass(frozen=True)
class Site:
    rest: str
    database: str
    export: str
    """The three addresses to read it from."""


@contextlib.contextmanager
def running_site(corpus: Path) -> Iterator[Site]:
    """Yield a site that answers; both servers are stopped at the end."""
    for program in ("mariadbd", "mariadb-install-db", "php"):
        if shutil.which(program) is None:
            pytest.skip(f"missing program: {program}")
    if not (WORDPRESS / "wp-settings.php").exists():
        pytest.skip("missing program: wordpress")
    if os.geteuid() != 0:
        pytest.skip("only root may start a database as another user")
    database_port, port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as temporary, _database(folder := Path(temporary), database_port):
        root = _files(folder, database_port, port)
        for script in (INSTALL, FILL):
            _php(root, script, str(corpus))
        export = folder / "export.xml"
        export.write_bytes(_php(root, EXPORT))
        with _server(root, port):
            yield Site(
                f"wordpress+http://127.0.0.1:{port}/",
                f"wpdb+mysql+pymysql://site:{PASSWORD}@127.0.0.1:{database_port}/site?prefix=wp_",
                f"wxr:{export}",
            )


@contextlib.contextmanager
def _database(folder: Path, port: int) -> Iterator[None]:
    data = folder / "data"
    data.mkdir()
    shutil.chown(data, "mysql")
    folder.chmod(0o755)  # the database runs as another user
    common = ["--no-defaults", "--user=mysql", f"--datadir={data}"]
    install = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True)
    socket, pid = f"--socket={data}/s.sock", f"--pid-file={data}/pid"
    command = ["mariadbd", *common, "--bind-address=127.0.0.1", f"--port={port}", socket, pid]
    server = subprocess.Popen([*command, "--character-set-server=utf8mb4"], stderr=subprocess.DEVNULL)
    try:
        sql = f"CREATE DATABASE site; CREATE USER site@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';"
        _retry(["mariadb", "--no-defaults", socket, "-e", f"{sql} GRANT ALL ON site.* TO site@'127.0.0.1'"])
        yield
    finally:
        server.terminate()
        server.wait(30)


def _files(folder: Path, database_port: int, port: int) -> Path:
    root = folder / "site"
    shutil.copytree(WORDPRESS, root, ignore_dangling_symlinks=True)
    config = CONFIG.format(password=PASSWORD, database_port=database_port, port=port)
    (root / "wp-config.php").unlink(missing_ok=True)
    (root / "wp-config.php").write_text(config)
    return root


def _php(root: Path, script: str, *arguments: str) -> bytes:
    (root / "script.php").write_text(script)
    command = ["php", "-d", "display_errors=stderr", "script.php", *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True)
    (root / "script.php").unlink()
    return done.stdout


@contextlib.contextmanager
def _server(root: Path, port: int) -> Iterator[None]:
    command = ["php", "-S", f"127.0.0.1:{port}", "-t", str(root)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/?rest_route=/", timeout=30).close()
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _retry(command: list[str]) -> None:
    for _ in range(100):
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)
    subprocess.run(command, check=True)
