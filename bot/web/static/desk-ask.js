/** What the assistant would say: at the counter (both languages side by side), and as suggestions for a reply. */

import { call, element } from "./desk-parts.js";

/** How a question is triaged and answered. @param {any} asked @param {string} question */
export function showAnswers(asked, question) {
  const place = /** @type {HTMLElement} */ (document.getElementById("answers"));
  const { dataset } = place;
  const names = { ...JSON.parse(dataset.urgencies ?? "{}"), ...JSON.parse(dataset.departments ?? "{}") };
  const triage = [names[asked.urgency], names[asked.department]].filter(Boolean).join(" · ");
  const shown = asked.emergency ? [{ texts: asked.emergency, sources: {} }] : asked.answers;
  place.replaceChildren(
    element("p", `triage urgency ${asked.urgency}`, triage),
    ...shown.map((/** @type {any} */ answer) => sideBySide(answer, dataset, Boolean(asked.emergency))),
    ...otherReadings(asked.readings, dataset.readings ?? ""),
  );
  fillTicket(asked, question);
}

/** The next-best readings, each to be asked instead. @param {any[]} readings the likeliest first @param {string} label */
function otherReadings(readings, label) {
  if (readings.length < 2) return [];
  const line = element("p", "readings", `${label} `);
  for (const { text } of readings.slice(1)) {
    const button = element("button", "", text);
    button.addEventListener("click", () => {
      const box = /** @type {HTMLTextAreaElement} */ (document.querySelector("form[data-api='/ask'] textarea"));
      box.value = text;
      box.form?.requestSubmit();
    });
    line.append(button, " ");
  }
  return [line];
}

/** The form that opens a ticket for the question. @param {any} asked @param {string} question */
function fillTicket(asked, question) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("open-ticket"));
  const language = /[\u3400-\u9fff]/.test(question) ? "zh" : "en";
  const values = { text: question, urgency: asked.urgency, language, department: asked.department ?? "" };
  for (const [name, value] of Object.entries(values)) {
    /** @type {HTMLInputElement | HTMLSelectElement} */ (form.elements.namedItem(name)).value = value;
  }
  form.hidden = false;
}

/**
 * What is said in both languages, a card each, with its source.
 * @param {{texts: Record<string, string>, sources: Record<string, string>}} answer
 * @param {DOMStringMap} labels by language, and for an emergency
 * @param {boolean} emergency
 */
function sideBySide({ texts, sources }, labels, emergency) {
  const row = element("div", "side");
  for (const [language, text] of Object.entries(texts)) {
    const card = element("section", emergency ? "card emergency" : "card");
    card.lang = language === "zh" ? "zh-CN" : language;
    card.append(element("h2", "", emergency ? labels.emergency : labels[language]), element("p", "text", text));
    if (sources[language]) card.append(element("p", "source", sources[language]));
    row.append(card);
  }
  return row;
}

/** Ask for suggestions, and show them under the reply box. @param {HTMLButtonElement} button */
export async function suggest(button) {
  const place = /** @type {HTMLElement} */ (document.getElementById("suggestions"));
  try {
    const found = await call(button.dataset.suggest ?? "", "GET");
    place.replaceChildren(...(found.length ? [] : [element("p", "", button.dataset.none)]));
    for (const suggestion of found) place.append(offered(suggestion, button.dataset.insert ?? ""));
  } catch (error) {
    place.textContent = /** @type {Error} */ (error).message;
  }
}

/** A suggestion, in each language to be put into the reply box, where it is read and changed before it is sent. @param {any} suggestion @param {string} label */
function offered(suggestion, label) {
  const row = sideBySide(suggestion, /** @type {any} */ ({ en: "English", zh: "中文" }), false);
  const texts = /** @type {string[]} */ (Object.values(suggestion.texts));
  [...row.children].forEach((card, index) => {
    const insert = element("button", "", label);
    insert.addEventListener("click", () => {
      const box = /** @type {HTMLTextAreaElement} */ (document.getElementById("reply"));
      box.value = texts[index] ?? "";
      box.focus();
    });
    card.append(insert);
  });
  return row;
}
