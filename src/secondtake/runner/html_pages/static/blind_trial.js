/* One question of the blind test: versions behind letters, and what to say about them. */

import { STILL } from "./audio_clock.js";
import { blindButton, blindQuestion, blindText } from "./blind_dom.js";
import { slotsOf } from "./blind_audio.js";
import { element } from "./listen_dom.js";
import { MODES } from "./plans.js";
import { secondsToHear } from "./trials.js";
import { clockText } from "./waveform.js";

const WORDS = ["bad", "poor", "fair", "good", "excellent"]; // BS.1534: 20 points each
const TICK = 100; // ms
const TIE = ["tie", "can't tell"];
const SAME_AS = { a: "1", b: "2", x: "3" }; // further keys of the slots

/**
 * The screen of one trial.
 */
export class TrialScreen {
  #trial;
  #sound;
  #confirmed;
  #slots; // what the listener may choose from: a, b, x, reference, 0, 1, …
  #buttons = new Map(); // slot -> button
  #answers = {};
  #scores = [];
  #timer = 0;
  #parts = {};
  #isReady = false;

  /**
   * @param {object} trial
   * @param {{number: number, count: number, note: string}} place of the trial in the test; a note
   *   on the test so far
   * @param {TrialSound} sound
   * @param {{confirm: (answers: object) => void, leave: () => void, say: (text: string) => void}} on
   */
  constructor(trial, place, sound, on) {
    this.#trial = trial;
    this.#sound = sound;
    this.#confirmed = on.confirm;
    this.say = on.say;
    this.#slots = slotsOf(trial).map(([slot]) => slot);
    this.element = this.#build(place, on.leave);
    this.onChange = () => this.#update();
    sound.player.addEventListener("change", this.onChange);
    this.#timer = setInterval(() => this.#update(), TICK);
    this.#update();
  }

  /** The sound is there: from now on it can be heard. */
  ready() {
    this.#isReady = true;
    this.#update();
  }

  dispose() {
    clearInterval(this.#timer);
    this.#sound.player.removeEventListener("change", this.onChange);
  }

  /** What is still to do before the answer counts; "" if nothing is. */
  missing() {
    const need = secondsToHear(this.#trial);
    const left = this.#slots
      .map((slot) => [slotName(slot), Math.ceil(need - this.#sound.heard(slot))])
      .filter(([, seconds]) => seconds > 0)
      .map(([name, seconds]) => `${name}\u00a0(${seconds}\u00a0s)`);
    const parts = [left.length ? `Still to hear: ${left.join(", ")}.` : "", this.#unanswered()];
    return parts.filter(Boolean).join(" ");
  }

  /** Handles a key. True where it was one of ours. */
  key(event) {
    const { target, key } = event;
    if (event.repeat && !key.startsWith("Arrow")) return !takesSpace(target); // a key held down
    const slot = this.#slotOf(key.toLowerCase());
    if (slot !== undefined) this.#hear(slot);
    else if (key === " " && !takesSpace(target)) this.#sound.toggle();
    else if (key === "Enter" && target.tagName !== "BUTTON") this.#confirm();
    else if (key === "ArrowLeft" && !takesArrows(target)) this.#sound.skip(-1);
    else if (key === "ArrowRight" && !takesArrows(target)) this.#sound.skip(1);
    else return false;
    return true;
  }

  #build({ number, count, note }, leave) {
    const { mode, segment } = this.#trial;
    const title = `${MODES[mode].title} ${number} of ${count}`;
    const confirm = blindButton("Confirm", "main", () => this.#confirm());
    this.#parts.missing = blindText("", "blind-missing");
    this.#parts.missing.id = "blind-missing";
    confirm.setAttribute("aria-describedby", "blind-missing");
    this.#parts.confirm = confirm;
    this.#parts.still = element("p", { class: "blind-warning", role: "alert", hidden: true });
    return element(
      "div",
      { class: "blind-screen" },
      element(
        "div",
        { class: "blind-head" },
        element("h1", { tabindex: -1 }, title),
        blindButton("Leave", "quiet", leave),
      ),
      element("progress", { max: count, value: number - 1, "aria-label": "Answered so far" }),
      blindText(`Segment ${segment.number}. ${note}`, "blind-note"),
      this.#transport(),
      this.#parts.still,
      mode === "ratings" ? this.#ratings() : this.#questions(),
      this.#parts.missing,
      element("div", { class: "blind-actions" }, confirm),
      blindText(this.#keys(), "blind-keys"),
    );
  }

  #transport() {
    const isRating = this.#trial.mode === "ratings";
    const shown = isRating ? this.#slots.filter((slot) => slot === "reference") : this.#slots;
    this.#parts.play = blindButton("Play", "play", () => this.#sound.toggle());
    this.#parts.time = element("span", { class: "blind-time" });
    this.#parts.position = element("input", {
      ...{ type: "range", min: 0, max: this.#trial.seconds, step: 0.1, value: 0 },
      "aria-label": "Position",
      input: (event) => this.#sound.player.seek(Number(event.target.value)),
    });
    return element(
      "div",
      { class: "blind-player", role: "group", "aria-label": "Listen" },
      element("div", { class: "blind-slots" }, ...shown.map((slot) => this.#slotButton(slot))),
      element(
        "div",
        { class: "blind-transport" },
        this.#parts.play,
        this.#parts.position,
        this.#parts.time,
      ),
    );
  }

  #slotButton(slot) {
    const button = blindButton(slotName(slot), "slot", () => this.#hear(slot));
    button.append(element("span", { class: "blind-fill", "aria-hidden": "true" }));
    button.append(element("span", { class: "blind-hidden" }, ""));
    this.#buttons.set(slot, button);
    return button;
  }

  #questions() {
    const [a, b] = [["a", "A"], ["b", "B"]];
    const answer = (name) => (value) => {
      this.#answers[name] = value;
      this.#update();
    };
    if (this.#trial.mode === "abx") {
      return element("div", {}, blindQuestion("x", "X is …", [a, b], answer("x")));
    }
    const closer = "Which is closer to the original?";
    const prefer = "Which would you rather listen to?";
    return element(
      "div",
      { class: "blind-questions" },
      this.#trial.reference && blindQuestion("closer", closer, [a, b, TIE], answer("closer")),
      blindQuestion("prefer", prefer, [a, b, TIE], answer("prefer")),
    );
  }

  #ratings() {
    const words = WORDS.map((word) => element("span", {}, word));
    const slots = this.#slots.filter((slot) => slot !== "reference");
    this.#scores = slots.map(() => null);
    return element(
      "div",
      { class: "blind-ratings" },
      blindText("How good is each, held against the baseline?"),
      element("div", { class: "blind-words", "aria-hidden": "true" }, ...words),
      ...slots.map((slot, index) => this.#rating(slot, index)),
    );
  }

  #rating(slot, index) {
    const value = element("output", {}, "–");
    const name = `Rating of ${slotName(slot)}`;
    const input = element("input", {
      ...{ type: "range", class: "blind-unrated", min: 0, max: 100, step: 1, value: 50 },
      ...{ "aria-label": name, "aria-valuetext": "not rated yet" },
    });
    const rate = () => {
      const score = Number(input.value);
      this.#scores[index] = score;
      value.textContent = String(score);
      input.classList.remove("blind-unrated");
      input.setAttribute("aria-valuetext", `${score}, ${scoreWord(score)}`);
      this.#update();
    };
    input.addEventListener("input", rate);
    input.addEventListener("pointerup", rate); // a tap on the middle moves nothing
    return element("div", { class: "blind-rating" }, this.#slotButton(slot), input, value);
  }

  #hear(slot) {
    if (!this.#isReady) return;
    this.#sound.hear(slot);
    this.say(`${slotName(slot)} plays`);
  }

  #confirm() {
    const missing = this.#isReady ? this.missing() : "The sound is not ready yet.";
    if (missing) this.say(missing);
    else this.#confirmed({ ...this.#answers, scores: this.#scores });
  }

  #unanswered() {
    if (this.#trial.mode === "ratings") {
      const left = this.#scores.flatMap((score, index) => (score === null ? [index + 1] : []));
      return left.length ? `Rate ${listed(left)}.` : "";
    }
    const asked = { abx: ["x"], pairs: this.#trial.reference ? ["closer", "prefer"] : ["prefer"] };
    const left = asked[this.#trial.mode].filter((name) => !this.#answers[name]).length;
    return ["", "Answer the question.", "Answer both questions."][left].replace(
      "the question",
      asked[this.#trial.mode].length > left ? "the other question" : "the question",
    );
  }

  #slotOf(key) {
    if (key === "r") return this.#slots.find((slot) => slot === "reference");
    if (this.#trial.mode === "ratings") {
      return this.#slots.find((slot) => String(Number(slot) + 1) === key);
    }
    return this.#slots.find((slot) => slot === key || SAME_AS[slot] === key);
  }

  #keys() {
    const letters = this.#slots.filter((slot) => slot in SAME_AS).map((slot) => slot.toUpperCase());
    const digits = `1 to ${Math.min(9, this.#scores.length)}`;
    const versions = this.#trial.mode === "ratings" ? [digits] : letters;
    const baseline = this.#slots.includes("reference") ? ", R the baseline" : "";
    return `Keys: ${versions.join(", ")} to hear${baseline}, space plays, ← → move, Enter confirms.`;
  }

  #update() {
    const { player } = this.#sound;
    const need = secondsToHear(this.#trial);
    const { play, position, time, still, missing, confirm } = this.#parts;
    for (const [slot, button] of this.#buttons) {
      const part = Math.min(1, this.#isReady ? this.#sound.heard(slot) / need : 0);
      button.disabled = !this.#isReady;
      button.setAttribute("aria-pressed", String(this.#sound.playing && player.selected === slot));
      button.classList.toggle("blind-done", part === 1);
      button.querySelector(".blind-fill").style.transform = `scaleX(${part})`;
      setText(button.querySelector(".blind-hidden"), part === 1 ? " (heard)" : "");
    }
    play.disabled = !this.#isReady;
    setText(play, this.#sound.playing ? "Pause" : "Play");
    setText(still, player.isStill ? `${STILL}.` : "");
    still.hidden = !player.isStill;
    const at = this.#isReady ? player.position : 0;
    position.value = at;
    position.setAttribute("aria-valuetext", clockText(at, false));
    setText(time, `${clockText(at, false)} / ${clockText(player.duration, false)}`);
    const left = this.#isReady ? this.missing() : "Loading the sound …";
    setText(missing, left || "Ready to confirm.");
    missing.classList.toggle("blind-done", !left);
    confirm.setAttribute("aria-disabled", String(Boolean(left)));
  }
}

/** What a slot is called on the screen: A, B, X, Baseline, 1, 2, … */
export function slotName(slot) {
  if (slot === "reference") return "Baseline";
  return slot in SAME_AS ? slot.toUpperCase() : String(Number(slot) + 1);
}

/** The word of BS.1534 for a score from 0 to 100. */
export function scoreWord(score) {
  return WORDS[Math.min(4, Math.floor(score / 20))];
}

function listed(items) {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function takesSpace(target) {
  if (target.tagName === "BUTTON") return !target.classList.contains("blind-slot");
  return target.type === "radio" && !target.checked;
}

function takesArrows(target) {
  return target.tagName === "INPUT";
}
