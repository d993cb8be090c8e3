// Data in words: languages by their own names, ages, figures, reasons. Nothing here touches the document.

export const page = JSON.parse(document.getElementById("data").textContent);

// Digits as the form's own controls show them, in both languages.
const locale = `${page.page}-u-nu-latn`;
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const calendar = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
const figures = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const counts = new Intl.NumberFormat(locale);
const UNITS = [["year", 365.25 * 86400], ["month", 30.44 * 86400], ["week", 7 * 86400], ["day", 86400], ["hour", 3600]];

/** A text of the page in its language, with `{names}` filled in. */
export function say(key, values = {}) {
  return page.texts[key].replace(/\{(\w+)\}/g, (_all, name) => values[name]);
}

/** A language by the name that its speakers have for it. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames([code], { type: "language", fallback: "none" }).of(code) ?? code;
  } catch {
    return code;
  }
}

export function direction(language) {
  return page.right_to_left.includes(language) ? "rtl" : "ltr";
}

/** How long ago: "3 days ago". */
export function age(moment) {
  const seconds = (Date.parse(moment) - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute", 60];
  return relative.format(Math.trunc(seconds / length), unit);
}

export function date(moment) {
  return calendar.format(new Date(moment));
}

export function figure(number) {
  return figures.format(number);
}

export function count(number) {
  return counts.format(number);
}

/** Why an article is in the list, in words. */
export function reasons(article, seedLanguage) {
  const words = [say(`reason_${article.reason}`)];
  if (seedLanguage && article.language !== seedLanguage) words.push(say("other_language"));
  return words;
}

/** `url` when it may stand in a link: an address of the web, not a script. */
export function safeLink(url) {
  return url && URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol) ? url : null;
}
