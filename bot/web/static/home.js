/** The hospital page: questions that open the chat, and the copy button. Without it the page is still all there to read. */

for (const button of document.querySelectorAll("button[data-ask]")) {
  const { ask } = /** @type {HTMLElement} */ (button).dataset;
  button.addEventListener("click", () => {
    const chat = /** @type {any} */ (document.querySelector("daozhen-chat"));
    if (ask) chat?.ask(ask);
    else chat?.open();
  });
}

const copy = /** @type {HTMLButtonElement} */ (document.querySelector("button[data-copied]"));
const code = /** @type {HTMLElement} */ (document.querySelector("pre code"));
const label = copy.textContent;

copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
  } catch {
    // Browsers copy by themselves on https and localhost only: elsewhere the line is selected, ready to be copied.
    getSelection()?.selectAllChildren(code);
    return;
  }
  copy.textContent = copy.dataset.copied ?? "";
  setTimeout(() => (copy.textContent = label), 3000);
});

for (const hidden of document.querySelectorAll("button[hidden], .asking[hidden]")) hidden.removeAttribute("hidden");
