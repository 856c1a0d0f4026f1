/** The parts of the widget on the page, without what they do. */

import { icon, iconButton, make, textButton } from "./parts.js";
import { clock, say } from "./words.js";

/**
 * @typedef {ReturnType<typeof buildPanel>} Panel
 */

/**
 * @param {boolean} inline part of the page instead of above it
 */
export function buildPanel(inline) {
  const badge = make("span", { className: "badge", hidden: true, "aria-hidden": "true" });
  const unread = make("span", { className: "unseen", hidden: true, "data-text": "unread" });
  const launcher = make(
    "button",
    { type: "button", className: "launcher", "aria-haspopup": "dialog", hidden: inline },
    icon("chat"),
    make("span", { "data-text": "open" }),
    badge,
    unread,
  );

  const title = make("h2", { className: "title", id: "title", tabIndex: -1 });
  const switcher = textButton("other_language", { className: "language" });
  const large = iconButton("letters", "large", { "aria-pressed": "false" });
  const more = iconButton("more", "more", { "aria-expanded": "false", "aria-controls": "menu" });
  const close = iconButton("close", "close", { hidden: inline });
  const print = textButton("print");
  const erase = textButton("erase");
  const menu = make("div", { className: "menu", id: "menu", hidden: true }, print, erase);
  const names = make("div", { className: "names" }, title, make("p", { "data-text": "subtitle" }));
  const header = make("div", { className: "header" }, names, switcher, large, more, menu, close);

  const suggestions = make(
    "div",
    { className: "choices" },
    ...[1, 2, 3, 4].map((number) => textButton(`suggestion_${number}`)),
  );
  const greeting = make(
    "div",
    { className: "message bot greeting" },
    make("p", { className: "text", "data-text": "greeting", "data-values": JSON.stringify({ number: SERVED.numbers[0] }) }),
    suggestions,
  );
  const typing = make("p", { className: "typing", hidden: true, "data-text": "typing" });
  const log = make(
    "div",
    { className: "log", role: "log", "aria-live": "off", tabIndex: 0, "data-label": "conversation" },
    greeting,
    typing,
  );

  const state = make("p", { className: "state", role: "status" });
  const privacy = privacyLine();
  const input = make("textarea", { rows: 1, "data-label": "write", "data-hint": "write", enterKeyHint: "send" });
  const count = make("span", { className: "count", role: "status", id: "count" });
  input.setAttribute("aria-describedby", "count");
  const form = make("form", { noValidate: true }, input, iconButton("send", "send", { type: "submit", className: "send" }));
  const talk = textButton("talk");
  const person = make("p", { role: "status" });
  const withdraw = textButton("withdraw", { hidden: true });
  const desk = make("div", { className: "desk" }, person, talk, withdraw, count);

  const keep = textButton("keep");
  const really = textButton("really", { className: "really" });
  const confirm = make(
    "dialog",
    { className: "confirm", "aria-labelledby": "ask" },
    make("p", { id: "ask", "data-text": "erase_ask" }),
    keep,
    really,
  );
  const polite = make("div", { className: "unseen", "aria-live": "polite" });
  const alert = make("div", { className: "unseen", role: "alert" });
  const content = [header, log, state, form, desk, confirm, polite, alert];
  const panel = inline
    ? make("section", { className: "panel", "aria-labelledby": "title" }, ...content)
    : make("dialog", { className: "panel", "aria-labelledby": "title" }, ...content);
  return {
    launcher, badge, unread, panel, title, switcher, large, more, menu, close, print, erase, log, greeting, suggestions, typing,
    state, privacy, input, count, form, talk, person, withdraw, confirm, keep, really, polite, alert,
  };
}

function privacyLine() {
  const erase = textButton("erase");
  return { line: make("div", { className: "privacy" }, make("p", { "data-text": "privacy" }), erase), erase };
}

/**
 * Put an element and all in it into a language: what names its text in data-text (filled with data-values), its label in
 * data-label, its placeholder in data-hint; times.
 * @param {HTMLElement} root
 * @param {Language} language
 */
export function word(root, language) {
  for (const element of [root, ...root.querySelectorAll("[data-text],[data-label],time")]) {
    const { text, label, hint, values } = /** @type {HTMLElement} */ (element).dataset;
    const filled = values ? JSON.parse(values) : {};
    if (text) element.textContent = say(text, language, filled);
    if (label) element.setAttribute("aria-label", say(label, language, filled));
    if (label && element.tagName === "BUTTON") element.setAttribute("title", say(label, language, filled));
    if (hint) element.setAttribute("placeholder", say(hint, language));
    if (element instanceof HTMLTimeElement) element.textContent = clock(element.dateTime, language);
  }
}
