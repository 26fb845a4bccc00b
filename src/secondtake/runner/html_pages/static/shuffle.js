/* Seeded pseudo-random numbers: a listener who comes back meets the same order. */

/**
 * Numbers in [0, 1) that depend on a text alone: sfc32, seeded by a hash of the text.
 * @param {string} text for example the study and the listener
 * @returns {() => number} 32 random bits a call
 */
export function randomFrom(text) {
  let [a, b, c, count] = hash128(text);
  const next = () => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let turn = 0; turn < 15; turn += 1) next(); // until all four words have mixed
  return next;
}

/**
 * A list in random order (Fisher and Yates); the list itself stays as it is.
 * @template T
 * @param {readonly T[]} list
 * @param {() => number} random in [0, 1)
 * @returns {T[]}
 */
export function shuffled(list, random) {
  const result = [...list];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

/** One of a list. */
export function drawn(list, random) {
  return list[Math.floor(random() * list.length)];
}

/** Four words of 32 bits of a text (cyrb128): every character changes all of them. */
function hash128(text) {
  const words = [1779033703, 3144134277, 1013904242, 2773480762];
  const factors = [597399067, 2869860233, 951274213, 2716044179];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    for (let word = 0; word < 4; word += 1) {
      words[word] = words[(word + 1) % 4] ^ Math.imul(words[word] ^ code, factors[word]);
    }
  }
  const shifts = [18, 22, 17, 19];
  const mixed = shifts.map((shift, word) =>
    Math.imul(words[(word + 2) % 4] ^ (words[word] >>> shift), factors[word]),
  );
  const all = mixed[0] ^ mixed[1] ^ mixed[2] ^ mixed[3];
  return mixed.map((word, index) => (index ? word ^ all : all) >>> 0);
}
