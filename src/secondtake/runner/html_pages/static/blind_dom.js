/* Building blocks of the blind test's screens. */

/**
 * An element with its properties and children.
 * @param {string} tag
 * @param {object} properties "class", "on" ({event: listener}), DOM properties, or attributes with
 *   a hyphen or the name "role"
 * @param {...(Node | string | null | false)} children
 */
export function blindElement(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name === "on") listenTo(element, value);
    else if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** A button: `kind` is "main", "quiet" or "". */
export function blindButton(text, kind, onClick, properties = {}) {
  const name = kind ? `blind-button blind-${kind}` : "blind-button";
  const rest = { type: "button", class: name, on: { click: onClick }, ...properties };
  return blindElement("button", rest, text);
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
    const input = blindElement("input", { ...properties, on: { change: () => onAnswer(value) } });
    return blindElement("label", { class: "blind-answer" }, input, blindElement("span", {}, label));
  });
  return blindElement(
    "fieldset",
    { class: "blind-question" },
    blindElement("legend", {}, text),
    blindElement("div", { class: "blind-answers" }, ...options),
  );
}

/** A labelled list to choose one from. */
export function blindSelect(text, options, chosen, onChoice) {
  const children = options.map(([value, label]) =>
    blindElement("option", { value, selected: value === chosen }, label),
  );
  const select = blindElement(
    "select",
    { on: { change: (event) => onChoice(event.target.value) } },
    ...children,
  );
  return blindElement("label", { class: "blind-field" }, blindElement("span", {}, text), select);
}

/** A table of text: the first cell of a row is its heading. */
export function blindTable(caption, heads, rows) {
  const head = heads.map((text) => blindElement("th", { scope: "col" }, text));
  const body = rows.map(([name, ...cells]) =>
    blindElement(
      "tr",
      {},
      blindElement("th", { scope: "row" }, name),
      ...cells.map((text) => blindElement("td", {}, text)),
    ),
  );
  return blindElement(
    "div",
    { class: "blind-wide", tabIndex: 0, role: "region", "aria-label": caption },
    blindElement(
      "table",
      {},
      blindElement("caption", {}, caption),
      blindElement("thead", {}, blindElement("tr", {}, ...head)),
      blindElement("tbody", {}, ...body),
    ),
  );
}

export function blindText(text, name = "") {
  return blindElement("p", name ? { class: name } : {}, text);
}

/** Lets the browser save a text as a file. */
export function saveFile(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = blindElement("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // Safari reads it later
}

export function minutesAndSeconds(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function listenTo(element, listeners) {
  for (const [event, listener] of Object.entries(listeners)) {
    element.addEventListener(event, listener);
  }
}
