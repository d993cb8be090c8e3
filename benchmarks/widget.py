"""The widget beside other ways to show the same list: ``python -m benchmarks.widget [--home HOME] [--rounds N]``.

One nginx serves several kinds of page about the same article, each with the list below the first screen and with the
list in view: with the widget, with and without room reserved; with jQuery and a script that fetches and renders (a
stand-in for what plugins do); and with the fragment included by nginx. All lists come from the same service, and every
page is opened in a new browser context with an empty cache over an emulated connection. Needs nginx, npm and chromium,
and a home with the example corpus (``make run``). Writes ``benchmarks/results/widget.json`` and the table in
docs/widget.md.
"""

import argparse
import contextlib
import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import brotli
from playwright.sync_api import Browser, sync_playwright

from service.fragment import HEADINGS
from tests.e2e.conftest import FLAGS, PHONE
from tests.integration.servers import free_port, running, wait_until

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "widget.json"
DOCUMENT = ROOT / "docs" / "widget.md"
BEGIN, END = "<!-- measured by benchmarks.widget -->\n", "<!-- end -->"
SCRIPT = ROOT / "service" / "static" / "widget.js"
STANDIN = ROOT / "benchmarks" / "standins" / "related-posts.js"
JQUERY = "jquery@3.7.1"
"""The version that WordPress has carried since 6.4."""
SLOW = {"latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8, "offline": False}
"""A slow 4G connection, in milliseconds and bytes a second: the default of Lighthouse."""
ARTICLE, QUERY = "1001", "k=5&fields=id,url,title,language,published_at"
_TAG = '<script src="/widget.js" defer></script>'
_ELEMENT = f'<div data-silah-article="{ARTICLE}" data-silah-layout="list"></div>'
_BOX = f'data-heading="{HEADINGS["ar"]}" data-url="/v1/articles/{ARTICLE}/related?{QUERY}"'
WAYS = {
    "widget": (_TAG, _ELEMENT),
    "widget, room reserved by the site": (
        f"{_TAG}<style>[data-silah-article] {{ min-block-size: 36rem }}</style>",
        _ELEMENT,
    ),
    "jQuery and a script (stand-in)": (
        '<script src="/jquery.min.js"></script><script src="/related-posts.js" defer></script>',
        f'<div id="related-posts" {_BOX}></div>',
    ),
    "fragment, included by nginx": ("", f'<!--#include virtual="/v1/articles/{ARTICLE}/related.html?k=5" -->'),
}
"""What stands in the head of the page, and what in the place of the list."""
SHORT, LONG = 3, 60
"""Paragraphs above the list: in view on a phone, and far below."""
WATCH = """
const seen = globalThis.seen = {list: 0, still: 0, shift: 0};
const hosts = () => [...document.querySelectorAll('[data-silah-article]')];
const look = () => {
  const links = [document, ...hosts().map(host => host.shadowRoot)].flatMap(root =>
    root ? [...root.querySelectorAll('li a[href]')] : []);
  const footer = document.querySelector('footer')?.getBoundingClientRect().top;
  if (links.length === 5 && !seen.list) seen.list = performance.now();
  if (footer !== seen.footer) Object.assign(seen, {footer, still: performance.now()});
  requestAnimationFrame(look);
};
look();
new PerformanceObserver(list => { for (const entry of list.getEntries()) seen.shift += entry.value; })
  .observe({type: 'layout-shift', buffered: true});
"""
CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 64; }}
http {{
  types {{ text/html html; text/javascript js; }}
  access_log off; gzip on; gzip_min_length 256; gzip_types text/javascript application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port}; root {folder}/pages; ssi on;
    location /v1/ {{ proxy_pass {service}; proxy_set_header Accept-Encoding ""; }}
    location = /widget.js {{ proxy_pass {service}; }}
  }}
}}
"""

Figures = dict[str, float]


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=ROOT / "var", help="a home with the example corpus")
    parser.add_argument("--rounds", type=int, default=7, help="how often each page is opened")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running(arguments.home, workers=1) as service:
        folder = Path(name)
        sizes = write_pages(folder)
        with nginx(folder, service.url) as url:
            figures = measured(url, arguments.rounds)
    found = {"rounds": arguments.rounds, "connection": SLOW, "viewport": PHONE, "ways": figures, "compressed": sizes}
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_table(figures, sizes, arguments.rounds)
    print(json.dumps(found, indent=1, ensure_ascii=False))


def write_pages(folder: Path) -> dict[str, list[int]]:
    """Write the pages and scripts; return the gzip'd and brotli'd bytes of each script."""
    folder.chmod(0o755)
    pages = folder / "pages"
    pages.mkdir()
    subprocess.run(["npm", "install", "--silent", "--prefix", folder, JQUERY], check=True)  # noqa: S607 - npm is asked for by name
    shutil.copy(folder / "node_modules" / "jquery" / "dist" / "jquery.min.js", pages)
    shutil.copy(STANDIN, pages)
    for place, paragraphs in (("below", LONG), ("view", SHORT)):
        for number, (head, element) in enumerate([*WAYS.values(), ("", "")]):
            (pages / f"{place}-{number}.html").write_text(page(head, element, paragraphs), encoding="utf-8")
    return {path.name: compressed(path) for path in (SCRIPT, pages / "jquery.min.js", STANDIN)}


def page(head: str, element: str, paragraphs: int) -> str:
    """Return an article's page."""
    text = (
        "<p>كشف مجلس جهة تافرين، الثلاثاء، عن مشروع لإحداث محطة لتحلية مياه البحر جنوب ميناء مرسى أوفلا.</p>"
        * paragraphs
    )
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    return (
        f'<!doctype html><html lang="ar" dir="rtl"><head>{meta}<title>صفحة</title>{head}</head>'
        f"<body><h1>محطة لتحلية مياه البحر</h1>{text}{element}<footer>جهة تافرين</footer></body></html>"
    )


def compressed(path: Path) -> list[int]:
    """Return how many bytes a file has with gzip -9 and with brotli."""
    packed = subprocess.run(["gzip", "-9", "-c", path], check=True, capture_output=True).stdout  # noqa: S607 - gzip by name
    return [len(packed), len(brotli.compress(path.read_bytes()))]


@contextlib.contextmanager
def nginx(folder: Path, service: str) -> Iterator[str]:
    """Yield the address of an nginx that serves the pages and passes the API on."""
    port = free_port()
    user = "user root;" if folder.owner() == "root" else ""
    configuration = CONFIGURATION.format(folder=folder, port=port, service=service, user=user)
    (folder / "nginx.conf").write_text(configuration)
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "nginx"
    process = subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    try:
        wait_until((folder / "nginx.pid").exists)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def measured(url: str, rounds: int) -> dict[str, dict[str, Figures]]:
    """Return the medians of each way in each place. The ways take turns, so that none has the quieter machine."""
    samples: dict[tuple[str, str], list[Figures]] = {}
    program = shutil.which("chromium") or "chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS.split())
        for _ in range(rounds):
            for place in ("below", "view"):
                bare = opened(browser, f"{url}/{place}-{len(WAYS)}.html", has_list=False)
                for number, name in enumerate(WAYS):
                    found = opened(browser, f"{url}/{place}-{number}.html", has_list=True)
                    more = {name: found[name] - bare[name] for name in ("bytes", "requests")}
                    samples.setdefault((name, place), []).append(found | more)
        browser.close()
    return {name: {place: medians(samples[name, place]) for place in ("below", "view")} for name in WAYS}


def medians(samples: list[Figures]) -> Figures:
    """Return the median of each figure, and the range of the time to the list."""
    times = sorted(sample["list"] for sample in samples)
    found = {name: round(statistics.median(sample[name] for sample in samples), 4) for name in samples[0]}
    return found | {"list_fastest": round(times[0], 1), "list_slowest": round(times[-1], 1)}


def opened(browser: Browser, url: str, *, has_list: bool) -> Figures:
    """Open a page with an empty cache. Returns bytes, requests, milliseconds to the list and to rest, layout shift."""
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", SLOW)
        sizes: list[float] = []
        network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        page.goto(url, wait_until="load")
        ready = "seen.list" if has_list else "true"
        page.wait_for_function(f"{ready} && performance.now() - seen.still > 1000")
        seen = page.evaluate("seen")
    figures = {name: float(seen[name]) for name in ("list", "still", "shift")}
    return {"bytes": sum(sizes), "requests": len(sizes), **figures}


def write_table(figures: dict[str, dict[str, Figures]], sizes: dict[str, list[int]], rounds: int) -> None:
    """Write the table of docs/widget.md."""
    lines = [
        "| the same five titles | transferred | requests | list there | layout shift, list in view | still after |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, places in figures.items():
        below, view = places["below"], places["view"]
        lines.append(
            f"| {name} | {below['bytes'] / 1000:.1f} kB | {below['requests']:.0f} | {below['list'] / 1000:.2f} s "
            f"| {view['shift']:.3f} | {view['still'] / 1000:.2f} s |"
        )
    lines += ["", f"Medians of {rounds}.", "", "| script, in bytes | gzip -9 | brotli |", "|---|---:|---:|"]
    lines += [f"| `{name}` | {zipped:,} | {brotlied:,} |" for name, (zipped, brotlied) in sizes.items()]
    lines.append("")
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    DOCUMENT.write_text(before + BEGIN + "\n".join(lines) + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
