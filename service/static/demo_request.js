// From the page's address and the form of settings to a request, and to the same request as a command.

const LISTS = new Set(["category", "exclude"]);
const NUMBERS = new Set(["k", "min_score", "diversity", "recency_half_life_days"]);
const DAY_ENDS = { since: "T00:00:00Z", until: "T23:59:59Z" };
const OPTIONS = [
  "k", "language", "category", "since", "until", "exclude", "min_score", "diversity", "recency_half_life_days",
  "near_duplicates",
];
const DIRECTION_MARKS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u007f-\u009f\u2028\u2029]/g;

/** What is asked about: {id}, {text} or null. */
export function seedOf(params) {
  if (params.get("id")) return { id: params.get("id") };
  if (params.get("text")) return { text: params.get("text") };
  return null;
}

/** The address of the page for a seed with the settings of `params`. */
export function withSeed(params, seed) {
  const next = new URLSearchParams();
  if (params.has("ui")) next.set("ui", params.get("ui"));
  for (const [name, value] of Object.entries(seed)) next.set(name, value);
  return withOptions(next, params);
}

/** `params` with the options of `options` instead of its own. */
export function withOptions(params, options) {
  const next = new URLSearchParams(params);
  OPTIONS.forEach((name) => next.delete(name));
  for (const [name, value] of options) if (OPTIONS.includes(name)) next.append(name, value);
  return next;
}

/** What the form's controls say, by the names of the API; a value that is empty is left out. */
export function valuesOf(form) {
  const data = new FormData(form);
  if (data.get("language") === "codes") data.set("language", data.getAll("code").join(","));
  for (const [name, end] of Object.entries(DAY_ENDS)) if (data.get(name)) data.set(name, data.get(name) + end);
  return [...data].filter(([name, value]) => OPTIONS.includes(name) && value !== "");
}

/** Those of the form's values that are not in `defaults`: what a request has to say. */
export function changedValues(form, defaults) {
  const known = new Set(defaults.map(String));
  return valuesOf(form).filter((pair) => !known.has(String(pair)));
}

/** Make the form say what `params` says, and the defaults where it says nothing. */
export function fill(form, params) {
  form.reset();
  const language = params.get("language");
  if (language !== null) fillLanguage(form, language);
  tick(form, "category", params.getAll("category"));
  for (const name of OPTIONS.filter((one) => params.has(one) && !["language", "category"].includes(one))) {
    const value = params.get(name);
    form.elements[name].value = name in DAY_ENDS ? value.slice(0, 10) : value;
  }
}

function fillLanguage(form, language) {
  const policy = ["any", "same", "prefer"].includes(language) ? language : "codes";
  form.elements.language.value = policy;
  if (policy === "codes") tick(form, "code", language.split(","));
}

function tick(form, name, values) {
  for (const box of form.querySelectorAll(`input[name="${name}"]`)) {
    box.checked = values.length ? values.includes(box.value) : box.defaultChecked;
  }
}

/** The request for the related articles of `seed`. A GET has no lists: a name with a comma in it needs a POST. */
export function requestOf(seed, params, base) {
  const options = OPTIONS.filter((name) => params.has(name)).map((name) => [name, params.getAll(name)]);
  const separable = !params.getAll("category").some((name) => name.includes(","));
  if (seed.id && separable) return getRequest(seed.id, options, base);
  const body = seed.id ? { like: [seed.id] } : { text: seed.text };
  for (const [name, values] of options) body[name] = jsonValue(name, values);
  return { method: "POST", url: new URL("v1/related", base).href, body: plainJson(body) };
}

function getRequest(id, options, base) {
  const url = new URL(articlePath(id, "/related"), base);
  for (const [name, values] of options) url.searchParams.set(name, values.join(","));
  // Commas and colons may stand in a query as they are (RFC 3986), and read better.
  url.search = url.search.replaceAll("%2C", ",").replaceAll("%3A", ":");
  return { method: "GET", url: url.href, body: null };
}

/** The path, relative to the page, of what belongs to an article. */
export function articlePath(id, rest = "") {
  return `v1/articles/${encodeURIComponent(id)}${rest}`;
}

function jsonValue(name, values) {
  if (name === "exclude") return values.join(",").split(",").map((id) => id.trim()).filter(Boolean);
  if (LISTS.has(name)) return values;
  return NUMBERS.has(name) && !Number.isNaN(Number(values[0])) ? Number(values[0]) : values[0];
}

/** JSON in which nothing that turns or hides text stands unescaped: what is copied is what is seen. */
function plainJson(value) {
  return JSON.stringify(value).replace(
    DIRECTION_MARKS, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `request` as a command for a POSIX shell. */
export function curlOf(request) {
  if (request.body === null) return `curl ${quoted(request.url)}`;
  return `curl ${quoted(request.url)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(request.body)}`;
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
