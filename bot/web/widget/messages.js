/** What a message looks like. */

import { icon, iconButton, make } from "./parts.js";

/** Kinds of reply that a person can say helped or did not. */
const RATED = ["fact", "unknown", "fallback"];
/** Who a message is from: the key of the text. */
export const SPEAKERS = { patient: "you", bot: "assistant", staff: "desk", event: "" };

/**
 * A stored message.
 * @param {Message} message
 * @param {boolean | undefined} rated what the person said of it
 * @param {(name: "press" | "rate", value: any) => void} act
 */
export function messageElement(message, rated, act) {
  const { sender, kind, seq } = message;
  const emergency = kind === "emergency";
  const element = make(
    "div",
    { className: `message ${sender}`, "data-seq": seq },
    speaker(sender, message.author),
    emergency ? heading(message.text) : null,
    make("p", { className: "text", lang: tag(message), textContent: message.text }),
    message.source ? source(message) : null,
  );
  if (emergency) {
    element.classList.add(kind);
    element.dataset.label = kind;
    element.role = "group";
    element.tabIndex = 0;
  }
  if (message.buttons.length) element.append(choices(message, act));
  if (message.buttons.length) element.classList.add("asks");
  const foot = make("div", { className: "foot" }, make("time", { dateTime: message.time }));
  if (sender === "bot" && RATED.includes(kind)) foot.append(thumbs(seq, rated, act));
  if (sender !== "event") element.append(foot);
  return element;
}

/** A message on its way. @param {Pending} pending */
export function pendingElement(pending) {
  return make(
    "div",
    { className: "message patient pending", "data-id": pending.id },
    speaker("patient", null),
    make("p", { className: "text", textContent: pending.text }),
    make("div", { className: "foot", "data-text": "waiting" }),
  );
}

/** The language of a message, for fonts and for voices. @param {Message} message */
export function tag(message) {
  return message.language === "zh" ? "zh-CN" : (message.language ?? "");
}

/** @param {Message["sender"]} sender @param {string | null} author */
function speaker(sender, author) {
  const key = SPEAKERS[sender];
  const hidden = sender === "staff" ? "" : " unseen";
  const name = make("span", { "data-text": key || undefined });
  return key ? make("div", { className: `speaker${hidden}` }, name, author ? ` · ${author}` : "") : null;
}

/** What an emergency card says first, with links that call the numbers which its text names. @param {string} text */
function heading(text) {
  const numbers = SERVED.numbers.filter((number) => text.includes(number));
  numbers.sort((a, b) => text.indexOf(a) - text.indexOf(b));
  return make(
    "div",
    { className: "heading" },
    icon("warning"),
    make("strong", { "data-text": "emergency" }),
    ...numbers.map((number) =>
      make("a", { href: `tel:${number}`, "data-text": "call", "data-values": JSON.stringify({ number }) }),
    ),
  );
}

/** @param {Message} message */
function source(message) {
  return make(
    "details",
    {},
    make("summary", { "data-text": "source" }),
    make("p", { lang: tag(message), textContent: message.source?.text }),
  );
}

/** @param {Message} message @param {(name: "press", value: any) => void} act */
function choices(message, act) {
  const buttons = message.buttons.map((button) =>
    make("button", { type: "button", textContent: button.title, onclick: () => act("press", button) }),
  );
  return make("div", { className: "choices", lang: tag(message) }, ...buttons);
}

/** @param {number} seq @param {boolean | undefined} rated @param {(name: "rate", value: any) => void} act */
function thumbs(seq, rated, act) {
  const box = make("span", { className: "thumbs" });
  for (const helpful of [true, false]) {
    const onclick = () => {
      for (const button of box.children) button.setAttribute("aria-pressed", String(button === chosen));
      act("rate", { seq, helpful });
    };
    const chosen = iconButton("thumb", helpful ? "helpful" : "unhelpful", {
      "aria-pressed": String(rated === helpful),
      onclick,
    });
    box.append(chosen);
  }
  return box;
}
