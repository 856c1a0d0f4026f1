/** Making elements. What a text says is set as text, never as HTML. */

/**
 * An element with properties (attributes where it has no such property), and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties] undefined and null are left out
 * @param {(Node | string | null)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in element) /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * A button that shows a text.
 * @param {string} text its key
 * @param {Record<string, any>} [properties]
 */
export function textButton(text, properties) {
  return make("button", { type: "button", "data-text": text, ...properties });
}

/**
 * A button that shows an icon, named by a text.
 * @param {keyof typeof SHAPES} shape
 * @param {string} label key of the text
 * @param {Record<string, any>} properties
 */
export function iconButton(shape, label, properties) {
  return make("button", { type: "button", "data-label": label, ...properties }, icon(shape));
}

const SHAPES = {
  chat: "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM7 9h10M7 12.5h6",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-8-5 16-3.5-6.5zM20 4l-8.5 9.5",
  more: "M4 7h16M4 12h16M4 17h16",
  letters: "M2 19L7.5 5 13 19M4 14.5h7M15 19l3.5-9L22 19M16.3 16h4.4",
  thumb: "M7 11v9H4v-9zM7 12l4-8c1.5 0 2.5 1 2.5 2.5V10H19a1.5 1.5 0 0 1 1.5 1.8l-1.3 6.7a2 2 0 0 1-2 1.5H7",
  warning: "M12 3l10 18H2zM12 10v5M12 18h.01",
};

/** @param {keyof typeof SHAPES} shape */
export function icon(shape) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[shape]);
  svg.append(path);
  return svg;
}
