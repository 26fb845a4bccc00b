/* Building blocks of the blind test's screens. */

import { element } from "./listen_dom.js";

/** A button: `kind` is "main", "quiet" or "". */
export function blindButton(text, kind, onClick) {
  const name = kind ? `blind-button blind-${kind}` : "blind-button";
  return element("button", { type: "button", class: name, click: onClick }, text);
}

/**
 * A question with one answer of several.
 * @param {string} name unlike that of any other question on the screen
 * @param {[string, string][]} answers value and text
 * @param {(value: string) => void} onAnswer
 * @param {string | null} chosen the value that is chosen from the beginning
 */
export function blindQuestion(name, text, answers, onAnswer, chosen = null) {
  const options = answers.map(([value, label]) => {
    const properties = { type: "radio", name: `blind-${name}`, value, checked: value === chosen };
    const input = element("input", { ...properties, change: () => onAnswer(value) });
    return element("label", { class: "blind-answer" }, input, element("span", {}, label));
  });
  return element(
    "fieldset",
    { class: "blind-question" },
    element("legend", {}, text),
    element("div", { class: "blind-answers" }, ...options),
  );
}

/** A labelled list to choose one from. */
export function blindSelect(text, options, chosen, onChoice) {
  const children = options.map(([value, label]) =>
    element("option", { value, selected: value === chosen }, label),
  );
  const select = element(
    "select",
    { change: (event) => onChoice(event.target.value) },
    ...children,
  );
  return element("label", { class: "blind-field" }, element("span", {}, text), select);
}

/** A table of text: the first cell of a row is its heading. */
export function blindTable(caption, heads, rows) {
  const head = heads.map((text) => element("th", { scope: "col" }, text));
  const body = rows.map(([name, ...cells]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      ...cells.map((text) => element("td", {}, text)),
    ),
  );
  return element(
    "div",
    { class: "blind-wide", tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...body),
    ),
  );
}

export function blindText(text, name = "") {
  return element("p", name ? { class: name } : {}, text);
}

/** Lets the browser save a text as a file. */
export function saveFile(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // Safari reads it later
}
