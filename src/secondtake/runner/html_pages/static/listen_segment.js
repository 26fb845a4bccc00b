/* A segment on the page: its pictures, its lanes with what is missing in place, its words. */

import { Lane, Stage, scaleLegend } from "./lane.js";
import { commandLine, element } from "./listen_dom.js";
import { aboutVersion, lyricsBlock } from "./listen_words.js";
import { clockText } from "./waveform.js";

const DIGITS = 9;

/** The segment that the deck has open. It builds the lanes that are seen, and no others. */
export class SegmentView {
  #deck;
  #actions;
  #segment;
  #lanes = new Map(); // clip -> Lane, of those that are seen
  #groups = []; // {button, box, versions}: takes behind a first one
  #about = element("section", { class: "about", "aria-labelledby": "about-title" });
  #aboutOf = null;
  #list;
  #stage;

  /**
   * @param {object} segment as the page's data has it
   * @param {Deck} deck
   * @param {object} actions `shown()` when lanes came or went, and those of a Lane
   * @param {[string, number][]} ticks of the spectrogram
   */
  constructor(segment, deck, actions, ticks) {
    this.#segment = segment;
    this.#deck = deck;
    this.#actions = actions;
    this.#stage = new Stage(deck, actions, ticks);
    this.#list = element("div", { class: "lanes", role: "group", "aria-label": "Versions" });
    this.#fill();
    const beside = element("div", { class: "beside" }, this.#words(), this.#about);
    this.#stage.root.hidden = !segment.versions.length;
    const legend = scaleLegend(segment.versions);
    const pictures = [this.#ruler(), this.#stage.root, ...(legend ? [legend] : []), this.#list];
    this.root = element("div", { class: "segment" }, ...pictures, beside);
  }

  /** The versions that are seen, in order. */
  get versions() {
    return this.#segment.versions.filter(({ clip }) => this.#lanes.has(clip));
  }

  update() {
    for (const lane of this.#lanes.values()) lane.update();
    this.#stage.update();
    const { version } = this.#deck;
    if (version !== this.#aboutOf) {
      this.#aboutOf = version;
      this.#about.replaceChildren(...(version ? [aboutVersion(version, this.#segment)] : []));
    }
    this.#about.hidden = !version;
  }

  moveHeads() {
    for (const lane of this.#lanes.values()) lane.moveHead();
    this.#stage.moveHead();
  }

  /** Shows the takes behind a model's first where this version is one of them. */
  reveal(clip) {
    const group = this.#groups.find(({ versions }) => versions.some((each) => each.clip === clip));
    if (group && group.box.hidden) this.#toggle(group);
  }

  #fill() {
    const missing = [...this.#segment.missing];
    const rows = [];
    for (const version of this.#segment.versions) {
      const last = rows.at(-1);
      if (!version.best && last && last.model === version.model) last.behind.push(version);
      else rows.push({ place: version.place, model: version.model, version, behind: [] });
    }
    for (const entry of missing) rows.push({ place: entry.place, entry });
    rows.sort((one, other) => one.place - other.place);
    for (const row of rows) {
      if (row.entry) this.#list.append(missingLane(row.entry));
      else this.#addGroup(row);
    }
    if (!rows.length) this.#list.append(element("p", { text: "Nobody plays this segment." }));
    this.#number();
  }

  #addGroup({ version, behind }) {
    this.#list.append(this.#lane(version).root);
    if (!behind.length) return;
    const box = element("div", { class: "behind", id: `behind-${version.clip}`, hidden: true });
    const takes = `${behind.length} more take${behind.length > 1 ? "s" : ""} of ${version.maker}`;
    const button = element("button", {
      type: "button",
      class: "more",
      "aria-expanded": "false",
      "aria-controls": box.id,
      text: takes,
    });
    const group = { button, box, versions: behind };
    button.addEventListener("click", () => this.#toggle(group));
    this.#groups.push(group);
    this.#list.append(button, box);
  }

  #toggle({ button, box, versions }) {
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    if (box.hidden) {
      for (const { clip } of versions) this.#lanes.delete(clip);
      box.replaceChildren();
    } else {
      box.append(...versions.map((version) => this.#lane(version).root));
    }
    this.#number();
    this.update();
    this.#actions.shown();
  }

  #lane(version) {
    const lane = new Lane(version, this.#deck, this.#actions);
    this.#lanes.set(version.clip, lane);
    return lane;
  }

  #number() {
    this.versions.forEach(({ clip }, place) => {
      this.#lanes.get(clip).digit = place < DIGITS ? place + 1 : 0;
    });
  }

  #ruler() {
    const { seconds } = this.#segment;
    const ruler = element("div", { class: "ruler", "aria-hidden": "true" });
    const step = [1, 2, 5, 10, 15, 30, 60, 120].find((each) => seconds / each <= 8) ?? 300;
    for (let time = 0; time < seconds; time += step) {
      const tick = element("span", { text: clockText(time, false) });
      tick.style.left = `${(100 * time) / seconds}%`;
      ruler.append(tick);
    }
    return element("div", { class: "measure" }, ruler);
  }

  #words() {
    const { lyrics, style } = this.#segment;
    const words = element("section", { class: "asked", "aria-label": "What was asked for" });
    if (lyrics.length) words.append(element("h3", { text: "Lyrics" }), lyricsBlock(this.#segment));
    if (style) {
      words.append(element("h3", { text: "Style" }), element("p", { class: "style", text: style }));
    }
    return words;
  }
}

function missingLane({ label, state, why, command }) {
  const says = element("div", { class: "reason" }, element("p", { text: why }));
  if (command) says.append(commandLine(command));
  return element(
    "div",
    { class: "lane missing" },
    element(
      "div",
      { class: "pick" },
      element("span", { class: "name", text: label }),
      element("span", { class: "note", text: state }),
    ),
    says,
  );
}
