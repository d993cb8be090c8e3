// Silah's related articles under an article. How to embed it, and what it does: docs/widget.md
(() => {
  'use strict';
  if (!('adoptedStyleSheets' in document)) return;

  // The script itself: to an element of the page that is called so, document.currentScript would give way.
  const {src} = Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript').get.call(document);
  const BASE = new URL('.', src).href;
  const DEFAULT_K = 5;
  const MAX_K = 50;
  // Pixels a frame: a node that moves by less than 3 has not shifted (WICG, Layout Instability).
  const STEP = 2.5;
  // The query parameters that an element may carry as data-silah-<name>.
  const PARAMETERS = [
    'k', 'language', 'category', 'since', 'until', 'exclude', 'min-score', 'diversity', 'recency-half-life-days',
    'near-duplicates',
  ];
  const HEADINGS = {
    ar: 'مقالات ذات صلة',
    en: 'Related articles',
    es: 'Artículos relacionados',
    fr: 'À lire aussi',
  };
  const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi'];

  const STYLE = new CSSStyleSheet();
  STYLE.replaceSync(`
    :host { display: block; position: static !important; float: none !important; }
    :host([hidden]) { display: none; }
    /* Fonts and colours are the site's; whatever else is inherited (spacing, alignment, case) starts afresh. */
    [part=place] { all: initial; display: block; inline-size: 100%; visibility: inherit; color: inherit; font: inherit;
      line-height: 1.6; }
    [part=waiting] { visibility: hidden; }
    * { box-sizing: border-box; margin: 0; padding: 0; }
    [part=heading] { font-size: var(--silah-heading-size, 1.3em); font-weight: 700; line-height: 1.4;
      margin-block-end: .75em; }
    [part=list] { --lines: var(--silah-lines, 3); display: grid; list-style: none; gap: var(--silah-gap, 1.25rem);
      grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--silah-card-width, 10.5rem)), 1fr)); }
    [part=item] { position: relative; direction: inherit; display: grid; align-content: start; gap: .25rem .75rem; }
    [part=image] { aspect-ratio: var(--silah-image-ratio, 16 / 10); overflow: hidden; margin-block-end: .25rem;
      border-radius: var(--silah-radius, .5rem);
      background: var(--silah-image-background, color-mix(in srgb, currentColor 9%, transparent)); }
    img { display: block; inline-size: 100%; block-size: 100%; object-fit: cover; }
    [part=title] { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: var(--lines);
      overflow: hidden; overflow-wrap: anywhere; text-align: start; text-decoration: none; unicode-bidi: isolate;
      color: var(--silah-title-color, inherit); font-size: var(--silah-title-size, 1em);
      font-weight: var(--silah-title-weight, 600); }
    [part=waiting] [part=title] { block-size: calc(var(--lines) * 1.6em); }
    [part=date] { block-size: 1.6em; text-align: start; font-size: .8125em; white-space: nowrap; overflow: hidden;
      color: var(--silah-date-color, color-mix(in srgb, currentColor 75%, transparent)); }
    [part=item][dir=rtl] > * { direction: rtl; }
    [part=item][dir=ltr] > * { direction: ltr; }
    [part=item][dir=auto] > * { unicode-bidi: plaintext; }
    a::after { content: ''; position: absolute; inset: 0; border-radius: var(--silah-radius, .5rem); }
    a:hover { text-decoration: underline; }
    a:focus-visible { outline: none; }
    a:focus-visible::after { outline: 2px solid; outline-offset: 3px; }
    .rows { --lines: var(--silah-lines, 2); grid-template-columns: 1fr; gap: 0; }
    :is(.rows, .plain) [part=item] { padding-block: .6em; border-block-start: 1px solid;
      border-color: var(--silah-border-color, color-mix(in srgb, currentColor 18%, transparent)); }
    @media (max-width: 30rem) {
      .cards { grid-template-columns: 1fr; gap: 1rem; }
      .cards [part=item] { grid-template: auto 1fr / minmax(6rem, 34%) 1fr; }
      [part=image] { grid-row: span 2; margin: 0; align-self: start; }
    }`);

  const asked = new Map();

  // The answer of an address, asked for once however many elements want it; null where there is none.
  function answerOf(address) {
    if (!asked.has(address)) asked.set(address, request(address).catch(() => null));
    return asked.get(address);
  }

  async function request(address) {
    const response = await fetch(address, {credentials: 'omit'});
    const answer = response.ok && await response.json();
    return answer && answer.related.length ? answer : null;
  }

  // What an element says, in one object.
  function wishesOf(host) {
    const say = name => host.getAttribute(`data-silah-${name}`);
    const spoken = host.closest('[lang]')?.lang || '';
    const known = HEADINGS[baseOf(spoken)] ? spoken : 'en';
    return {
      article: say('article'),
      layout: say('layout') === 'list' ? 'rows' : 'cards',
      heading: say('heading') || HEADINGS[baseOf(known)],
      headingLanguage: say('heading') ? spoken : known,
      spoken,
      query: PARAMETERS.map(name => [name.replaceAll('-', '_'), say(name) ?? (name === 'k' ? DEFAULT_K : null)]),
      events: say('events') !== null,
    };
  }

  function addressOf(wishes) {
    const fields = ['id', 'url', 'title', 'language', 'published_at'];
    if (wishes.layout === 'cards') fields.push('image_url');
    const query = new URLSearchParams(wishes.query.filter(([, value]) => value !== null));
    query.set('fields', fields.join());
    return `${BASE}v1/articles/${encodeURIComponent(wishes.article)}/related?${query}`;
  }

  const baseOf = language => language.toLowerCase().split('-')[0];
  const directionOf = language => RIGHT_TO_LEFT.includes(baseOf(language)) ? 'rtl' : language ? 'ltr' : 'auto';
  const isWebAddress = url => /^https?:\/\//i.test(url);

  function make(tag, properties, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  function navigation(wishes, items) {
    const {heading, headingLanguage, spoken} = wishes;
    const nav = make('nav', spoken ? {lang: spoken, dir: directionOf(spoken)} : {},
      make('h2', {id: 'heading', part: 'heading', lang: headingLanguage, dir: 'auto', textContent: heading}),
      make('ul', {part: 'list', className: wishes.layout}, ...items));
    nav.setAttribute('aria-labelledby', 'heading');
    return nav;
  }

  function item(article, wishes) {
    const {url} = article;
    const language = article.language || '';
    const text = {part: 'title', textContent: article.title || article.id};
    return make('li', {part: 'item', lang: language, dir: directionOf(language)},
      ...(wishes.layout === 'cards' ? [picture(article.image_url)] : []),
      isWebAddress(url) ? make('a', {...text, href: url}) : make('span', text),
      ...day(article.published_at, wishes.spoken));
  }

  function picture(url) {
    const frame = make('span', {part: 'image'});
    if (isWebAddress(url)) {
      const image = make('img', {loading: 'lazy', decoding: 'async', alt: '', src: url});
      image.addEventListener('error', () => image.remove());
      frame.append(image);
    }
    return frame;
  }

  // A date as the page's language writes it, whatever the direction around it; nothing where either is not understood.
  function day(moment, language) {
    try {
      const written = new Intl.DateTimeFormat(language || 'en', {dateStyle: 'long'}).format(new Date(moment ?? NaN));
      return [make('time', {part: 'date', dateTime: moment, lang: language, textContent: `\u2068${written}\u2069`})];
    } catch {
      return [];
    }
  }

  // Whether another height of the element would move something that the reader sees.
  function isPinned(host) {
    if (host.getBoundingClientRect().top >= innerHeight) return false;
    const rest = document.createRange();
    rest.setStartAfter(host);
    rest.setEndAfter(document.body.lastChild);
    return [...rest.getClientRects()].some(({height, top, bottom}) => height && top < innerHeight && bottom > 0);
  }

  function unpinned(host) {
    return new Promise(resolve => {
      if (!isPinned(host)) return resolve();
      new IntersectionObserver((_, observer) => {
        if (isPinned(host)) return;
        observer.disconnect();
        resolve();
      }).observe(host);
    });
  }

  // Take the place of the k longest items, unseen, and tell whether nothing moved: it is below the view, or the site
  // has reserved as much.
  function reserve(host, place, wishes) {
    const k = Math.min(parseInt(wishes.query[0][1]) || DEFAULT_K, MAX_K);
    const items = Array.from({length: k}, () => item({published_at: '2000-01-01'}, wishes));
    const [pinned, height] = [isPinned(host), host.clientHeight];
    place.append(make('div', {part: 'waiting'}, navigation(wishes, items)));
    if (!pinned || (height && host.clientHeight === height)) return true;
    place.replaceChildren();
    return false;
  }

  // Open the list slowly enough for what is below it to glide rather than jump.
  async function unfold(host, place) {
    place.style.overflow = 'clip';
    for (let height = 0; height < place.scrollHeight && isPinned(host); height += STEP) {
      place.style.height = `${height}px`;
      await new Promise(requestAnimationFrame);
    }
    place.removeAttribute('style');
  }

  function tell(type, answer, wishes, from, articles) {
    const items = articles.map(({id}, index) => ({id, position: from + index}));
    const body = JSON.stringify({type, recommendation_id: answer.recommendation_id, seed: wishes.article, items});
    navigator.sendBeacon(`${BASE}v1/events`, new Blob([body], {type: 'text/plain'}));
  }

  // Tell when half of the list, or half a window of it, is first in view, and each time a title is followed.
  function report(nav, answer, wishes) {
    const steps = Array.from({length: 21}, (_, step) => step / 20);
    new IntersectionObserver((entries, observer) => {
      const {intersectionRatio, intersectionRect} = entries.pop();
      if (intersectionRatio < .5 && intersectionRect.height < innerHeight / 2) return;
      observer.disconnect();
      tell('impression', answer, wishes, 1, answer.related);
    }, {threshold: steps}).observe(nav);
    nav.querySelectorAll('[part=item]').forEach((shown, index) => {
      const followed = () => tell('click', answer, wishes, index + 1, [answer.related[index]]);
      const link = shown.querySelector('a');
      link?.addEventListener('click', followed);
      link?.addEventListener('auxclick', event => event.button === 1 && followed());
    });
  }

  function listOf(answer, wishes) {
    const pictured = answer.related.some(article => isWebAddress(article.image_url));
    const shown = {...wishes, layout: pictured || wishes.layout === 'rows' ? wishes.layout : 'plain'};
    const nav = navigation(shown, answer.related.map(article => item(article, shown)));
    if (wishes.events && answer.recommendation_id) report(nav, answer, wishes);
    return [nav];
  }

  async function embed(host) {
    const wishes = wishesOf(host);
    const coming = answerOf(addressOf(wishes)).then(answer => answer ? listOf(answer, wishes) : []).catch(() => []);
    const place = make('div', {part: 'place'});
    const root = host.attachShadow({mode: 'open'});
    root.adoptedStyleSheets = [STYLE];
    root.append(place);
    const reserved = reserve(host, place, wishes);
    const list = await coming;
    if (reserved) place.style.minHeight = `${place.getBoundingClientRect().height}px`;
    place.replaceChildren(...list);
    if (!reserved) return unfold(host, place);
    // What was reserved is kept for as long as giving it back would move something.
    await unpinned(host);
    place.removeAttribute('style');
  }

  // Whatever goes wrong, the page is as it would be without the list.
  const embedAll = () => document.querySelectorAll('[data-silah-article]').forEach(host => {
    if (!host.shadowRoot) embed(host).catch(() => host.shadowRoot?.replaceChildren());
  });

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', embedAll);
  else embedAll();
})();
