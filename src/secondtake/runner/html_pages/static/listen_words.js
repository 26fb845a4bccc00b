/* What stands beside a version: lyrics, words heard, figures, what was asked for, the licence. */

import { aside, element } from "./listen_dom.js";

const MARKED = { wrong: ["ins", "wrong"], missed: ["del", "missed"] };

/** The lyrics of a segment, line by line. */
export function lyricsBlock(segment) {
  const words = element("div", { class: "lyrics", lang: segment.language || null });
  for (const line of segment.lyrics) words.append(element("p", { text: line }));
  return words;
}

/** The words that were heard in a version, runs of one kind together. */
export function heardBlock(version, segment) {
  const text = element("p", { class: "words", lang: segment.language || null });
  for (const [kind, words] of runs(version.words)) {
    const [tag, says] = MARKED[kind] ?? ["span", ""];
    text.append(
      element(tag, { class: kind }, says ? aside(`(${says}:) `) : null, words.join(" ")),
      says ? aside(" (end)") : "",
      " ",
    );
  }
  const legend = element("p", { class: "legend", "aria-hidden": "true" });
  for (const [kind, says] of [
    ["right", "understood"],
    ["wrong", "heard, not in the lyrics"],
    ["missed", "not understood"],
  ]) {
    if (!version.words.some(([, state]) => state === kind)) continue;
    legend.append(element(MARKED[kind]?.[0] ?? "span", { class: kind, text: says }), " ");
  }
  return element("div", {}, text, legend);
}

/** The figures of a version as a list of terms. */
export function figureList(version) {
  const list = element("dl", { class: "figures" });
  for (const { name, text, explain } of version.figures) {
    const says = element("dd", {}, element("span", { class: "figure", text }));
    if (explain) says.append(element("span", { class: "explain", text: explain }));
    list.append(element("div", {}, element("dt", { text: name }), says));
  }
  return list;
}

/** Neighbours of one kind together: [kind, words]. */
export function runs(words) {
  const joined = [];
  for (const [word, kind] of words) {
    if (joined.at(-1)?.[0] === kind) joined.at(-1)[1].push(word);
    else joined.push([kind, [word]]);
  }
  return joined;
}

/** All about the version that is heard. */
export function aboutVersion(version, segment) {
  const { mark, findings, place } = version.verdict;
  const about = element("div", {}, element("h3", { id: "about-title", text: version.label }));
  const verdict = element("ul", { class: "verdict" });
  for (const text of findings) {
    const sign = element("span", { class: `mark ${mark}`, "aria-hidden": "true" });
    verdict.append(element("li", {}, sign, text));
  }
  about.append(verdict);
  if (place) about.append(element("p", { class: "place", text: `Its place: ${place}` }));
  if (version.figures.length) about.append(figureList(version));
  if (version.words.length) {
    about.append(element("h4", { text: "Words that were heard" }), heardBlock(version, segment));
  }
  if (version.prompt) {
    about.append(
      element("h4", { text: "The prompt" }),
      element("p", { class: "prompt", text: version.prompt }),
    );
  }
  if (version.licence) about.append(element("p", { class: "licence", text: version.licence }));
  return about;
}
