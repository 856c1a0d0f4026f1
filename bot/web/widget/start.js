/** The script on a hospital's page puts the widget there, unless the page has placed it itself. */

import { DaozhenChat } from "./element.js";

const ELEMENT = "daozhen-chat";
const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);

function start() {
  if (!document.querySelector(ELEMENT)) {
    const element = document.createElement(ELEMENT);
    Object.assign(element.dataset, script?.dataset);
    document.body.append(element);
  }
}

if (!customElements.get(ELEMENT)) {
  DaozhenChat.server = script ? new URL(".", script.src).href : "/widget/";
  customElements.define(ELEMENT, DaozhenChat);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
}
