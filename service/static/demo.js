// The page: its address says what is asked, everything else follows from it.

import { ask, cardOf } from "./demo_api.js";
import { EditorsHand } from "./demo_overrides.js";
import { changedValues, curlOf, fill, requestOf, seedOf, valuesOf, withOptions, withSeed } from "./demo_request.js";
import { articleItem, element, placeholder, problemText, seedCard, seedText } from "./demo_view.js";
import { count, figure, languageName, page, say } from "./demo_words.js";

const TYPING = 250; // ms without a change before the answer is asked for
const ONE_CHANGE = 1000; // ms: changes that follow each other faster are one step of the history
const SLOW = 300; // ms after which an answer is worth announcing as awaited

const [byText, byId, options] = ["by-text", "by-id", "options"].map(find);
const [start, answer, seedBox, list] = ["start", "answer", "seed", "related"].map(find);
const [status, problem, shortfall, curl] = ["status", "problem", "shortfall", "curl"].map(find);
const base = document.baseURI;
const wide = matchMedia("(min-width: 62rem)");
options.reset();
const defaults = valuesOf(options);
const hand = new EditorsHand(base, href, show);
let running = new AbortController();
let timer = 0;
let lastChange = 0;
let awaited = 0;

function find(id) {
  return document.getElementById(id);
}

function params() {
  return new URLSearchParams(location.search);
}

/** The address of this page with the article `id` as its seed and the settings as they are. */
function href(id) {
  return addressOf(withSeed(params(), { id }));
}

function addressOf(next) {
  return `${location.pathname}${next.size ? `?${next}` : ""}`;
}

function choose(seed) {
  history.pushState(null, "", addressOf(withSeed(params(), seed)));
  if (wide.matches) scrollTo({ top: 0 });
  else find("content").scrollIntoView();
  show().then(() => find("seed-title")?.focus({ preventScroll: true }));
}

/** Take the settings into the address: a burst of changes is one step back. */
function settle() {
  const next = addressOf(withOptions(params(), changedValues(options, defaults)));
  const burst = Date.now() - lastChange < ONE_CHANGE;
  lastChange = Date.now();
  if (next === location.pathname + location.search) return;
  history[burst ? "replaceState" : "pushState"](null, "", next);
  show();
}

/** Show what the address asks for. */
async function show() {
  running.abort();
  running = new AbortController();
  const seed = seedOf(params());
  describe();
  start.hidden = seed !== null;
  answer.hidden = find("request").hidden = seed === null;
  if (seed === null) return forget();
  const request = requestOf(seed, params(), base);
  curl.textContent = curlOf(request);
  await showAnswer(seed, request, running.signal);
}

function forget() {
  document.title = say("title");
  list.replaceChildren();
  seedBox.replaceChildren();
  renderNewest();
}

async function showAnswer(seed, request, signal) {
  busy(true);
  const card = seed.id ? cardOf(seed.id, base, signal) : null;
  const overrides = hand.show(seed.id ?? null, signal);
  const [found, answered, edited] = await Promise.allSettled([card, ask(request, signal), overrides]);
  if (signal.aborted) return;
  busy(false);
  if (edited.status === "rejected") hand.hide();
  renderSeed(seed, found.value, answered.value?.seed.language);
  if (answered.status === "fulfilled") renderRelated(answered.value, found.value?.language);
  else renderProblem(answered.reason);
}

function busy(is) {
  list.setAttribute("aria-busy", is);
  clearTimeout(awaited);
  if (!is) return;
  awaited = setTimeout(() => { status.textContent = say("loading"); }, SLOW);
  // What was shown stays until the answer comes; where nothing was, its place is held.
  if (list.children.length) return;
  const expected = Number(new FormData(options).get("k")) || 5;
  seedBox.replaceChildren(element("div", { class: "words placeholder" }, element("h2", { id: "seed-title", tabindex: -1 }), element("p")));
  list.replaceChildren(...Array.from({ length: Math.min(expected, 50) }, placeholder));
}

function renderSeed(seed, card, language) {
  seedBox.hidden = Boolean(seed.id) && !card;
  if (seed.text) seedBox.replaceChildren(...seedText(seed.text, language));
  else seedBox.replaceChildren(...(card ? seedCard(card) : []));
  document.title = `${find("seed-title")?.textContent ?? ""} – ${say("title")}`;
}

function renderRelated({ seed, related, shortfall: why }, cardLanguage) {
  clearProblem();
  const seedLanguage = cardLanguage ?? seed.language;
  const shown = { seedLanguage, actions: (article) => hand.actions(article) };
  list.replaceChildren(...related.map((article) => articleItem(article, href, shown)));
  status.textContent = related.length ? say("found", { count: count(related.length) }) : say("none");
  const k = new FormData(options).get("k") || find("k").defaultValue;
  shortfall.hidden = why === null;
  shortfall.textContent = why === null ? "" : say(`shortfall_${why}`, { k: count(k) });
}

function renderProblem(error) {
  clearProblem();
  list.replaceChildren();
  status.textContent = "";
  shortfall.hidden = true;
  problem.replaceChildren(...problemText(error));
  problem.hidden = false;
  for (const { field, reason } of error.errors ?? []) markWrong(field.split(".")[0], reason);
}

function markWrong(field, reason) {
  const control = find(field);
  if (!control) return;
  control.setAttribute("aria-invalid", "true");
  control.closest(".field, form")?.append(element("p", { class: "wrong" }, element("bdi", {}, reason)));
  find("settings").open ||= find("settings").contains(control);
}

function clearProblem() {
  problem.hidden = true;
  document.querySelectorAll(".wrong").forEach((note) => note.remove());
  document.querySelectorAll("[aria-invalid]").forEach((control) => control.removeAttribute("aria-invalid"));
}

function renderNewest() {
  find("newest").replaceChildren(...page.newest.map((article) => articleItem(article, href)));
}

/** Bring the controls and the links of the page in line with the address. */
function describe() {
  const asked = params();
  const seed = seedOf(asked);
  find("text").value = seed?.text ?? "";
  find("id").value = seed?.id ?? "";
  describeControls();
  const other = new URLSearchParams(asked);
  other.set("ui", find("switch").hreflang);
  find("switch").href = addressOf(other);
}

async function copy() {
  const button = find("copy");
  try {
    await navigator.clipboard.writeText(curl.textContent);
    button.textContent = say("copied");
  } catch {
    getSelection().selectAllChildren(curl);
    button.textContent = say("copy_failed");
  }
  setTimeout(() => { button.textContent = say("copy_button"); }, 2000);
}

function changed() {
  describeControls();
  clearTimeout(timer);
  timer = setTimeout(settle, TYPING);
}

function describeControls() {
  find("codes").hidden = options.elements.language.value !== "codes";
  for (const output of options.querySelectorAll("output")) output.value = figure(find(output.htmlFor.value).value);
}

function back() {
  clearTimeout(timer);
  fill(options, params());
  show();
}

byText.addEventListener("submit", (event) => {
  event.preventDefault();
  choose({ text: find("text").value.trim() });
});
byId.addEventListener("submit", (event) => {
  event.preventDefault();
  choose({ id: find("id").value.trim() });
});
find("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byText.requestSubmit();
});
options.addEventListener("submit", (event) => event.preventDefault());
options.addEventListener("input", changed);
find("restore").addEventListener("click", () => {
  options.reset();
  changed();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-id]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
  event.preventDefault();
  choose({ id: link.dataset.id });
});
find("copy").addEventListener("click", copy);
addEventListener("popstate", back);

for (const name of document.querySelectorAll("[data-language]")) {
  Object.assign(name, { textContent: languageName(name.dataset.language), lang: name.dataset.language });
}
if (find("count")) find("count").textContent = say("count", { count: count(find("count").dataset.count) });
find("settings").open = find("request").open = wide.matches;
back();
