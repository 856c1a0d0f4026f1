/** Printing: the transcript takes the place of the page on paper. */

import { make } from "./parts.js";
import { say } from "./words.js";

const TRANSCRIPT = "daozhen-transcript";
const PAGE = `@media screen{${TRANSCRIPT}{display:none}}@media print{body>:not(${TRANSCRIPT}){display:none!important}}`;

/** @type {CSSStyleSheet | null} */
let page = null;

/** @param {string} css */
export function styleSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/**
 * Put the transcript on the page, seen on paper only, until it has been printed.
 * @param {HTMLElement} log
 * @param {Language} language
 * @param {string} title
 */
export function layOut(log, language, title) {
  takeAway();
  page = styleSheet(PAGE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, page];
  const host = document.createElement(TRANSCRIPT);
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [styleSheet(SERVED.printCss)];
  const time = new Date().toLocaleString(language);
  const said = /** @type {HTMLElement} */ (log.cloneNode(true));
  for (const source of said.querySelectorAll("details")) source.open = true;
  shadow.append(make("h1", { textContent: title }), make("p", { textContent: say("printed", language, { time }) }), said);
  host.lang = language;
  document.body.append(host);
}

/** The page is as it was. */
export function takeAway() {
  document.querySelector(TRANSCRIPT)?.remove();
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== page);
}
