/** Teaching: what was meant is looked for among the intents, and chosen. */

import { call, element } from "./desk-parts.js";

/** Milliseconds without a key after which is looked. */
const PAUSE = 250;
/** Of several searches only the last one shows what it found. */
let asked = 0;

document.addEventListener("input", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || !("intents" in box.dataset)) return;
  const mine = ++asked;
  setTimeout(() => mine === asked && void show(box), PAUSE);
});

document.addEventListener("focusin", (event) => {
  const box = event.target;
  if (box instanceof HTMLInputElement && "intents" in box.dataset && !list(box).children.length) void show(box);
});

/** Enter looks for the intent; it must not press the first button of the form. */
document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.key !== "Enter" || !(box instanceof HTMLInputElement) || !("intents" in box.dataset)) return;
  event.preventDefault();
  void show(box);
});

/** @param {HTMLInputElement} box */
function list(box) {
  return /** @type {HTMLElement} */ (box.form?.querySelector("[data-found]"));
}

/** @param {HTMLInputElement} box */
async function show(box) {
  const mine = ++asked;
  const place = list(box);
  // Nothing typed yet: the message itself is what is like the right one.
  const text = box.value || (box.closest("[data-lesson]")?.querySelector(".text")?.textContent ?? "");
  const found = await call(`/intents?text=${encodeURIComponent(text.slice(0, 200))}`, "GET").catch(() => []);
  if (mine !== asked) return;
  place.replaceChildren(...found.map((/** @type {any} */ intent) => choice(intent, place.dataset.choose ?? "")));
  if (!found.length) place.append(element("li", "", place.dataset.none));
}

/** @param {{name: string, reading: string, examples: string[]}} intent @param {string} label */
function choice(intent, label) {
  const item = element("li", "");
  const button = /** @type {HTMLButtonElement} */ (element("button", "", label));
  button.dataset.intent = intent.name;
  item.append(button, " ", element("strong", "", intent.reading), element("p", "source", intent.examples.join(" · ")));
  return item;
}

/** The button that was pressed says which intent it is. */
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const intent = /** @type {HTMLElement | null} */ (event.submitter)?.dataset.intent;
  const field = form.elements.namedItem("intent");
  if (field instanceof HTMLInputElement && intent) field.value = intent;
}, true);
