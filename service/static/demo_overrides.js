// Editors' hand: what is pinned and blocked beside the seed, and the buttons to change it.

import { cardOf, overridesOf, putOverrides } from "./demo_api.js";
import { element, problemText, titleLink } from "./demo_view.js";
import { say } from "./demo_words.js";

const EVERYWHERE = 500; // ms until every process of the service shows a change: it looks every 200 (SILAH_POLL_SECONDS)

const section = document.getElementById("overrides");
const lists = document.getElementById("overrides-lists");
const problem = document.getElementById("overrides-problem");
const token = document.getElementById("token");

/** The editors' hand on one page: `base` is where the API is, `changed` is called after each change. */
export class EditorsHand {
  #seed = null;
  #current = null;
  #saving = false;

  constructor(base, href, changed) {
    Object.assign(this, { base, href, changed });
    token.addEventListener("input", () => document.body.classList.toggle("may-edit", token.value !== ""));
  }

  /** Show what is pinned and blocked beside the article `id`; hide everything for null. */
  async show(id, signal) {
    if (id !== null && id === this.#seed) return;
    const current = id === null ? null : await overridesOf(id, this.base, signal);
    const cards = await this.#cards(current, signal);
    signal.throwIfAborted();
    this.#seed = id;
    this.#current = current;
    section.hidden = this.#current === null;
    problem.hidden = true;
    document.body.classList.toggle("has-overrides", this.#current !== null);
    lists.replaceChildren(...(this.#current === null ? [] : this.#lists(cards)));
  }

  hide() {
    this.#seed = null;
    section.hidden = true;
    document.body.classList.remove("has-overrides");
  }

  /** The buttons of one related article. */
  actions(article) {
    const pinned = this.#current?.pins.includes(article.id) ?? article.reason === "pinned";
    const pin = pinned ? this.#button("undo", article.id, null) : this.#button("pin", article.id, "pins");
    return element("p", { class: "actions" }, pin, this.#button("block", article.id, "blocks"));
  }

  async #cards(current, signal) {
    const ids = current ? [...current.pins, ...current.blocks] : [];
    const found = await Promise.allSettled(ids.map((id) => cardOf(id, this.base, signal)));
    return new Map(found.map(({ value }, place) => [ids[place], value ?? null]));
  }

  #lists(cards) {
    const shown = ["pins", "blocks"].filter((kind) => this.#current[kind].length);
    if (!shown.length) return [element("p", { class: "notice" }, say("no_overrides"))];
    return shown.map((kind) => this.#list(kind, cards));
  }

  #list(kind, cards) {
    const items = this.#current[kind].map((id) => {
      const card = cards.get(id);
      const name = card ? titleLink(card, this.href) : element("span", {}, element("bdi", { class: "code" }, id), ` ${say("missing")}`);
      return element("li", {}, name, " ", this.#button("undo", id, null));
    });
    return element("div", { class: "hand" }, element("h3", {}, say(kind)), element("ol", {}, ...items));
  }

  #button(action, id, kind) {
    const button = element("button", { type: "button", class: "edit" }, say(action));
    button.addEventListener("click", () => this.#move(id, kind));
    return button;
  }

  /** Put `id` at the end of the list `kind` and take it out of the other; null: out of both. */
  async #move(id, kind) {
    const without = (ids) => ids.filter((one) => one !== id);
    const next = { pins: without(this.#current.pins), blocks: without(this.#current.blocks) };
    if (kind) next[kind].push(id);
    if (this.#saving) return;
    this.#saving = true;
    try {
      await putOverrides(this.#seed, next, token.value, this.base);
      await new Promise((resolve) => { setTimeout(resolve, EVERYWHERE); });
      this.#seed = null;
      this.changed();
    } catch (error) {
      problem.replaceChildren(...problemText(error));
      problem.hidden = false;
      problem.scrollIntoView({ block: "nearest" });
    } finally {
      this.#saving = false;
    }
  }
}
