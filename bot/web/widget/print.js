/** Printing: the transcript takes the place of the page on paper. */

import { make } from "./parts.js";
import { SPEAKERS, tag } from "./messages.js";
import { clock, say } from "./words.js";

const TRANSCRIPT = "daozhen-transcript";

/**
 * Put the transcript on the page, seen on paper only, until it has been printed.
 * @param {Message[]} messages
 * @param {Language} language
 * @param {string} title
 */
export function layOut(messages, language, title) {
  takeAway();
  const host = document.createElement(TRANSCRIPT);
  const shadow = host.attachShadow({ mode: "open" });
  const own = new CSSStyleSheet();
  own.replaceSync(SERVED.printCss);
  shadow.adoptedStyleSheets = [own];
  shadow.append(
    make("h1", { textContent: title }),
    make("p", { textContent: say("printed", language, { time: new Date().toLocaleString(language) }) }),
    ...messages.map((message) => line(message, language)),
  );
  host.lang = language;
  document.body.append(host);
  const page = new CSSStyleSheet();
  page.replaceSync(`@media screen{${TRANSCRIPT}{display:none}}@media print{body>:not(${TRANSCRIPT}){display:none!important}}`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, page];
  sheet = page;
}

/** @type {CSSStyleSheet | null} */
let sheet = null;

/** The page is as it was. */
export function takeAway() {
  document.querySelector(TRANSCRIPT)?.remove();
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
}

/** @param {Message} message @param {Language} language */
function line(message, language) {
  const key = SPEAKERS[message.sender];
  const who = key ? say(key, language) + (message.author ? ` · ${message.author}` : "") : "";
  return make(
    "section",
    {},
    make("h2", {}, who ? `${who} ` : "", make("time", { textContent: clock(message.time, language) })),
    make("p", { lang: tag(message), textContent: message.text }),
    message.source ? make("p", { className: "source", lang: tag(message), textContent: message.source.text }) : null,
  );
}
