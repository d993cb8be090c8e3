"""The README's way from a clone to a list on one's own page, step by step as a newcomer takes it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from models.weights import Weights
from tests.conftest import ROOT
from tests.integration.servers import Server, alive, free_port, stop, wait_until

README = (ROOT / "README.md").read_text(encoding="utf-8")


def the_block(language: str, word: str) -> str:
    (block,) = (block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if word in block)
    return str(block)


def test_from_a_clone_to_a_list_on_ones_own_page(page: Page, default_weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "weights").symlink_to(default_weights.folder.parent)
    programs, port = Path(sys.executable).parent, free_port()
    environment = {**os.environ, "SILAH_HOME": str(tmp_path), "SILAH_PORT": str(port)}
    build = [str(programs / "silah-index"), "build", "examples/articles.jsonl"]
    subprocess.run(build, cwd=ROOT, env=environment, check=True, capture_output=True)
    served = subprocess.Popen([sys.executable, "examples/serve.py"], cwd=ROOT, env=environment)
    try:
        server = Server(f"http://127.0.0.1:{port}", served)  # type: ignore[arg-type]
        wait_until(lambda: alive(server), served)
        steps = the_block("sh", "mine.jsonl").replace(".venv/bin/", f"{programs}/").replace("var", str(tmp_path))
        subprocess.run(["bash", "-euc", steps], cwd=ROOT, env=environment, check=True, capture_output=True)
        wait_until(lambda: server.get("/v1/articles/a").status == 200)
        html = the_block("html", "<!doctype").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
        (tmp_path / "page.html").write_text(html, encoding="utf-8")
        page.goto((tmp_path / "page.html").as_uri())
        links = page.get_by_role("navigation", name="À lire aussi").get_by_role("link")
        expect(links).to_have_count(3)
        assert {link.get_attribute("href") for link in links.all()[:2]} == {
            "https://example.org/b",
            "https://example.org/c",
        }
    finally:
        stop(served)
