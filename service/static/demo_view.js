// Data as elements. Text of articles becomes text nodes and attributes, never markup.

import { age, date, direction, figure, languageName, reasons, safeLink, say } from "./demo_words.js";

/** An element; strings among `children` become text, null is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) made.setAttribute(key, value);
  made.append(...children.filter((child) => child != null));
  return made;
}

/** A link that makes an article the seed; `href` gives the address of the page for an id. */
export function titleLink(article, href) {
  const { language } = article;
  const link = element("a", { href: href(article.id), lang: language, dir: direction(language) }, titleOf(article));
  link.dataset.id = article.id;
  return link;
}

/** One line of a list. `related` has what only a related article has: {seedLanguage, actions}. */
export function articleItem(article, href, related = null) {
  const title = element("h3", {}, titleLink(article, href));
  const why = related ? reasons(article, related.seedLanguage) : [];
  const line = facts(article, why.map((words) => element("bdi", { class: "reason" }, words)));
  const words = element("div", { class: "words", dir: direction(article.language) }, title, line, related?.actions(article));
  const item = element("li", {}, words);
  if (article.score != null) item.prepend(scoreBar(article.score));
  if (safeLink(article.image_url)) item.append(picture(article.image_url));
  item.dataset.id = article.id;
  return item;
}

/** What holds the place of an item that is on its way. */
export function placeholder() {
  return element("li", { class: "placeholder", "aria-hidden": "true" }, element("div", { class: "words" }, element("h3"), element("p")));
}

/** The chosen article. */
export function seedCard(card) {
  const { language } = card;
  const title = element("h2", { id: "seed-title", tabindex: -1, lang: language, dir: direction(language) }, titleOf(card));
  const link = safeLink(card.url);
  const parts = [
    element("p", { class: "kicker" }, say("seed")),
    title,
    facts(card, card.author ? [element("bdi", {}, card.author)] : []),
    card.tags?.length ? element("ul", { class: "tags" }, ...card.tags.map((tag) => element("li", { dir: "auto" }, tag))) : null,
    link ? element("p", {}, element("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, say("original"))) : null,
  ];
  const image = safeLink(card.image_url) ? [picture(card.image_url)] : [];
  return [element("div", { class: "words", dir: direction(language) }, ...parts), ...image];
}

/** The text that was asked about; its language is known once the answer is there. */
export function seedText(text, language) {
  const spoken = language ? [element("p", { class: "facts quiet" }, languageBadge(language))] : [];
  const title = element("h2", { id: "seed-title", tabindex: -1, lang: language, dir: "auto", class: "asked" }, text);
  const words = { class: "words", dir: language ? direction(language) : null };
  return [element("div", words, element("p", { class: "kicker" }, say("seed_text")), title, ...spoken)];
}

/** What the API says went wrong. */
export function problemText(error) {
  if (!("status" in error)) return [element("strong", {}, say("problem")), element("span", {}, say("unreachable"))];
  const named = error.errors.map(({ field, reason: why }) => element("li", { dir: "auto" }, element("code", {}, field), ": ", why));
  const detail = named.length ? element("ul", {}, ...named) : element("bdi", {}, error.message);
  return [element("strong", {}, say("problem")), element("span", { class: "code" }, `${error.status}`), detail];
}

function titleOf(article) {
  return article.title || `${say("untitled")} (${article.id})`;
}

function facts(article, first) {
  const published = article.published_at;
  const parts = [
    ...first,
    languageBadge(article.language),
    published ? element("bdi", {}, element("time", { datetime: published, title: date(published) }, age(published))) : null,
    article.category ? element("bdi", {}, article.category) : null,
    element("bdi", { class: "code id" }, article.id),
  ];
  // The dots stand outside the isolated parts, or they would jump to the other end of some.
  return element("p", { class: "facts quiet" }, ...parts.filter(Boolean).flatMap((part, place) => (place ? ["\u00a0· ", part] : [part])));
}

function languageBadge(code) {
  return element("bdi", { lang: code }, languageName(code));
}

function scoreBar(score) {
  const fill = element("span", { class: "fill" });
  fill.style.setProperty("--score", score);
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, fill);
  return element("p", { class: "score" }, element("span", { class: "unseen" }, `${say("score")} `), element("span", {}, figure(score)), bar);
}

function picture(url) {
  const image = element("img", { src: url, alt: "", loading: "lazy", decoding: "async", referrerpolicy: "no-referrer" });
  // A broken picture leaves its quiet box behind: nothing moves.
  image.addEventListener("error", () => image.remove());
  return element("span", { class: "picture" }, image);
}
