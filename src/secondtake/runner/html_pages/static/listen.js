/* The listening page: everything of a song to hear, segment by segment. */

import { openBlind } from "./blind.js";
import { ClipStore } from "./clips.js";
import { Deck } from "./deck.js";
import { clipSources, element } from "./listen_dom.js";
import { KEYS, keyAction } from "./listen_keys.js";
import { SegmentView } from "./listen_segment.js";
import { pairsOf } from "./trials.js";
import { clockText } from "./waveform.js";

const DECODING_RATE = 48000; // Hz, of a context that never sounds, which no browser has to allow
const BLIND = "#blind";
const NOT_BLIND = "A blind test needs a segment with two versions";

/** The page's parts by their ids, and what happens between them. */
class ListeningPage {
  #study;
  #parts;
  #clips;
  #deck;
  #view = null;
  #isBlind = false;
  #isStill = false; // the alert says that nothing sounds
  #frame = 0;

  constructor(study, parts) {
    this.#study = study;
    this.#parts = parts;
    const decoder = new OfflineAudioContext(2, 1, DECODING_RATE);
    this.#clips = new ClipStore(decoder, clipSources(study.folder));
    this.#deck = new Deck(this.#clips);
    this.#deck.addEventListener("change", () => this.#update());
    this.#deck.addEventListener("trouble", ({ detail }) => this.#trouble(detail));
    this.#listSegments();
    this.#listKeys();
    if (!this.#canBeBlind) this.#closeOff(parts.blind);
    this.#listenToButtons();
    document.addEventListener("keydown", (event) => this.#key(event));
    globalThis.addEventListener("hashchange", () => this.#followAddress());
    new ResizeObserver(() => this.#view?.update()).observe(parts.main);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#update());
    this.#followAddress();
  }

  #listSegments() {
    const { segments } = this.#study;
    this.#parts.segments.append(
      ...segments.map((segment) => {
        const button = element(
          "button",
          { type: "button", "data-number": segment.number },
          element("span", { class: "kind", text: `${segment.number} ${segment.kind}` }),
          element("span", { class: "title", text: segment.title }),
        );
        button.addEventListener("click", () => this.#open(segment));
        return element("li", {}, button);
      }),
    );
    this.#parts.segments.parentElement.hidden = segments.length < 2;
  }

  /** Whether there are two versions of anything to tell apart. */
  get #canBeBlind() {
    return pairsOf(this.#study.segments).length > 0;
  }

  /** The button stays in reach of the keyboard, to say why it does nothing. */
  #closeOff(button) {
    const why = element("p", { class: "why", id: "why-not-blind", text: `${NOT_BLIND}.` });
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-describedby", why.id);
    button.title = why.textContent;
    button.parentElement.append(why);
  }

  #listKeys() {
    for (const [keys, says] of KEYS) {
      const names = element("dt", {}, ...keys.map((key) => element("kbd", { text: key })));
      this.#parts.keys.append(element("div", {}, names, element("dd", { text: says })));
    }
  }

  #listenToButtons() {
    const { play, loop, level, blind, help, dialog, close, previous, next } = this.#parts;
    const does = new Map([
      [play, ["toggle"]],
      [loop, ["loop"]],
      [level, ["level"]],
      [blind, ["blind"]],
      [help, ["help"]],
      [previous, ["segment", -1]],
      [next, ["segment", 1]],
    ]);
    for (const [button, action] of does) {
      button.addEventListener("click", (event) => {
        this.#act(...action);
        if (event.detail) button.blur(); // after a click, the keys belong to the page again
      });
    }
    close.addEventListener("click", () => dialog.close());
    this.#parts.position.addEventListener("input", ({ target }) => this.#deck.seek(+target.value));
  }

  #key(event) {
    if (this.#isBlind || this.#parts.dialog.open) return;
    const action = keyAction(event);
    if (action && this.#act(...action) !== false) event.preventDefault();
  }

  /** False where there is nothing to do. */
  #act(name, value) {
    const deck = this.#deck;
    switch (name) {
      case "toggle":
        return deck.toggle();
      case "move":
        return deck.seek(deck.position + value);
      case "home":
        return deck.seek(deck.loop?.start ?? 0);
      case "segment":
        return this.#step(value);
      case "pick":
        return this.#pick(this.#view?.versions[value]?.clip);
      case "loop":
        return this.#toggleLoop();
      case "edge":
        return this.#setEdge(value);
      case "level":
        deck.setMatched(!deck.matched);
        return this.#say(deck.matched ? "Loudness is matched" : "As loud as the files");
      case "blind":
        return this.#openBlind();
      default:
        return this.#parts.dialog.showModal();
    }
  }

  #pick(clip) {
    if (!clip) return false;
    this.#deck.select(clip);
    const { version } = this.#deck;
    return this.#say(`You hear ${version.label}${version.note ? `, ${version.note}` : ""}`);
  }

  #step(by) {
    const { segments } = this.#study;
    const next = segments[segments.indexOf(this.#deck.segment) + by];
    if (!next) return false;
    this.#open(next);
    return true;
  }

  #toggleLoop() {
    const { loop, duration } = this.#deck;
    if (loop) this.#deck.clearLoop();
    else this.#deck.setLoop(0, duration);
    this.#sayLoop();
  }

  #setEdge(which) {
    const { loop, duration, position } = this.#deck;
    const edges = { start: loop?.start ?? 0, end: loop?.end ?? duration, [which]: position };
    if (edges.start >= edges.end) return;
    this.#deck.setLoop(edges.start, edges.end);
    this.#sayLoop();
  }

  #sayLoop() {
    const { loop } = this.#deck;
    const stretch = loop && `${clockText(loop.start)} to ${clockText(loop.end)}`;
    this.#say(loop ? `Loop from ${stretch}` : "Loop off");
  }

  #open(segment) {
    if (!segment || segment === this.#deck.segment) return;
    this.#view = null; // until the deck has changed over
    this.#deck.open(segment);
    const actions = {
      pick: (clip) => this.#pick(clip),
      seek: (seconds) => this.#deck.seek(seconds),
      loop: (start, end, done) => {
        this.#deck.setLoop(start, end);
        if (done) this.#sayLoop();
      },
      shown: () => this.#update(),
    };
    this.#view = new SegmentView(segment, this.#deck, actions, this.#study.ticks);
    if (this.#deck.version) this.#view.reveal(this.#deck.version.clip);
    this.#parts.main.replaceChildren(this.#view.root);
    this.#showHeading(segment);
    this.#setAddress(`#segment-${segment.number}`);
    this.#alert("");
    this.#update();
    this.#say(`Segment ${segment.number}, ${segment.kind}, ${segment.title}`);
  }

  #showHeading(segment) {
    const { kind, title, facts, segments, position } = this.#parts;
    kind.textContent = `Segment ${segment.number}, ${segment.kind}`;
    title.textContent = segment.title;
    const bpm = `${+segment.bpm.toFixed(1)} BPM`;
    facts.textContent = [clockText(segment.askedSeconds, false), bpm, segment.key].join(" · ");
    position.max = segment.seconds;
    for (const button of segments.querySelectorAll("button")) {
      const current = Number(button.dataset.number) === segment.number;
      button.setAttribute("aria-current", String(current));
      if (current) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  #update() {
    const { play, loop, level, heard, previous, next } = this.#parts;
    const { playing, version, matched } = this.#deck;
    const { segments } = this.#study;
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.classList.toggle("playing", playing);
    play.disabled = !version;
    loop.setAttribute("aria-pressed", String(Boolean(this.#deck.loop)));
    level.setAttribute("aria-pressed", String(matched));
    level.querySelector("span").textContent = matched ? "Loudness matched" : "As in the files";
    heard.textContent = version?.label ?? "Nothing to play";
    const place = segments.indexOf(this.#deck.segment);
    previous.disabled = place <= 0;
    next.disabled = place >= segments.length - 1;
    if (playing && this.#isStill) this.#alert("");
    this.#view?.update();
    this.#showTime();
    if (playing && !this.#frame) this.#frame = requestAnimationFrame(() => this.#animate());
  }

  #animate() {
    this.#frame = this.#deck.playing ? requestAnimationFrame(() => this.#animate()) : 0;
    this.#view?.moveHeads();
    this.#showTime();
  }

  #showTime() {
    const { clock, position } = this.#parts;
    const at = Math.min(this.#deck.position, this.#deck.duration);
    const length = clockText(this.#deck.duration, false);
    clock.textContent = `${clockText(at)} / ${length}`;
    if (Math.abs(position.value - at) < 0.05) return;
    position.value = at;
    position.setAttribute("aria-valuetext", `${clockText(at, false)} of ${length}`);
  }

  #say(text) {
    this.#parts.live.textContent = text;
  }

  #alert(text, isStill = false) {
    this.#parts.alert.textContent = text;
    this.#isStill = isStill;
  }

  #trouble({ clip, reason, isAway }) {
    const broken = this.#deck.segment.versions.find((version) => version.clip === clip);
    if (!broken) {
      this.#alert(`${reason}.`, true);
      return;
    }
    // Who was sent the page and lost its folder has nothing to type it into.
    const remedy = isAway ? `Its sound is not here: ${reason}.` : `Type: ${this.#study.again}`;
    const start = `${broken.label} cannot be played`;
    this.#alert(isAway ? `${start}. ${remedy}` : `${start}: ${reason}. ${remedy}`);
  }

  #openBlind() {
    if (this.#isBlind) return;
    if (!this.#canBeBlind) {
      this.#say(NOT_BLIND);
      return;
    }
    this.#deck.pause();
    this.#parts.page.remove(); // nothing that names a version stays in the document
    this.#parts.blindRoot.hidden = false;
    this.#parts.blindRoot.replaceChildren();
    this.#setAddress(BLIND);
    const onClose = () => this.#closeBlind();
    const { blindRoot } = this.#parts;
    this.#isBlind = true;
    openBlind(blindRoot, this.#study, this.#clips, this.#deck.context, { onClose });
  }

  #closeBlind() {
    this.#isBlind = false;
    this.#parts.blindRoot.hidden = true;
    this.#parts.blindRoot.replaceChildren();
    document.body.prepend(this.#parts.page);
    this.#open(this.#deck.segment ?? this.#study.segments[0]);
    this.#setAddress(`#segment-${this.#deck.segment.number}`);
    this.#update();
    this.#parts.blind.focus();
  }

  /** A reload comes back to the same segment, or to the blind test. */
  #setAddress(hash) {
    if (location.hash === hash) return;
    history.replaceState(null, "", hash);
  }

  #followAddress() {
    const { segments } = this.#study;
    if (location.hash === BLIND) this.#openBlind();
    if (this.#isBlind) return;
    const number = Number(/^#segment-(\d+)$/.exec(location.hash)?.[1] ?? NaN);
    this.#open(segments.find((segment) => segment.number === number) ?? segments[0]);
  }
}

/** Starts the page: its data leave the document, so that a blind test finds no answer in it. */
function startListening() {
  const data = document.getElementById("study");
  const study = JSON.parse(data.textContent);
  data.remove();
  const parts = {};
  for (const part of document.querySelectorAll("[data-part]")) parts[part.dataset.part] = part;
  // Else the switch that mutes a phone's bell mutes this page too.
  if (navigator.audioSession) navigator.audioSession.type = "playback";
  new ListeningPage(study, parts);
}

if (globalThis.document) startListening();
