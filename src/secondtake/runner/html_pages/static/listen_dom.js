/* Elements, and what stands beside the page: clips in it or in files, and the clipboard. */

/**
 * An element with its properties ("class", "text", "data-…", "aria-…" and others as attributes;
 * functions as listeners) and its children. Texts are texts, never markup.
 * @param {string} tag
 * @param {Record<string, unknown>} facts
 * @param {...(Node | string | null | false)} children
 */
export function element(tag, facts = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name === "text") made.textContent = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== false));
  return made;
}

/** A text that only a screen reader says. */
export function aside(text) {
  return element("span", { class: "unseen", text });
}

/**
 * Where the clips' files are: in the page, or each in a script beside it that hands its own over.
 * @param {string | null} folder
 */
export function clipSources(folder) {
  const inPage = folder ? null : takeClips();
  return { base64: (clip) => (folder ? besidePage(folder, clip) : inPage(clip)) };
}

/** The clips leave the document, where a blind test's listener could read their names. */
function takeClips() {
  const nodes = [...document.querySelectorAll("script[data-clip]")];
  const byClip = new Map(nodes.map((node) => [node.dataset.clip, node]));
  for (const node of nodes) node.remove();
  return (clip) => {
    const text = byClip.get(clip)?.textContent;
    if (!text) throw new Error("this page does not hold the clip");
    return text;
  };
}

function besidePage(folder, clip) {
  return new Promise((resolve, reject) => {
    const script = element("script", { src: `${folder}/${clip}.js` });
    script.addEventListener("clip", (event) => resolve(event.detail));
    script.addEventListener("error", () => {
      script.remove();
      const away = new Error(`keep the folder ${folder} beside this page`);
      reject(Object.assign(away, { isAway: true }));
    });
    script.addEventListener("load", () => {
      script.remove();
      reject(new Error(`${folder}/${clip}.js holds no clip`)); // after "clip" this says nothing
    });
    document.head.append(script);
  });
}

/**
 * Copies a text, by the old way where the new one is not allowed.
 * @param {string} text
 * @returns {Promise<boolean>}
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { readonly: true, class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

/** A command to type, with a button that copies it. */
export function commandLine(command) {
  const button = element("button", { type: "button", class: "copy", text: "Copy" });
  button.setAttribute("aria-label", `Copy the command ${command}`);
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(command)) ? "Copied" : "Select it";
    setTimeout(() => (button.textContent = "Copy"), 1600);
  });
  return element("div", { class: "command" }, element("code", { text: command }), button);
}
