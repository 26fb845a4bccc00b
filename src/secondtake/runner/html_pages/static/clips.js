/* Clips, decoded when they are wanted and dropped when they are not. */

const BYTES_KEPT = 384 * 2 ** 20; // of decoded samples: a minute of stereo is 23 MB

/**
 * Decoded clips, the least recently used of which are dropped.
 */
export class ClipStore {
  #context;
  #sources;
  #limit;
  #buffers = new Map(); // clip -> promise of a buffer, the one used last at the end
  #sizes = new Map(); // clip -> bytes, of those that are decoded

  /**
   * @param {BaseAudioContext} context decodes to its own rate
   * @param {{base64: (clip: string) => string | Promise<string>}} sources where a clip's file is
   * @param {number} limit bytes of samples to keep
   */
  constructor(context, sources, limit = BYTES_KEPT) {
    this.#context = context;
    this.#sources = sources;
    this.#limit = limit;
  }

  /**
   * The samples of a clip. Asked for twice, it is decoded once.
   * @param {string} clip
   * @returns {Promise<AudioBuffer>}
   */
  async buffer(clip) {
    const known = this.#buffers.get(clip);
    const decoding = known ?? this.#decode(clip);
    this.#buffers.delete(clip);
    this.#buffers.set(clip, decoding);
    return decoding;
  }

  async #decode(clip) {
    try {
      const bytes = bytesOf(await this.#sources.base64(clip));
      const buffer = await this.#context.decodeAudioData(bytes.buffer);
      this.#keep(clip, buffer);
      return buffer;
    } catch (error) {
      this.#buffers.delete(clip); // the next call may try again
      throw error;
    }
  }

  #keep(clip, buffer) {
    this.#sizes.set(clip, buffer.length * buffer.numberOfChannels * 4);
    let total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const oldest of [...this.#buffers.keys()]) {
      if (total <= this.#limit) return;
      if (oldest === clip || !this.#sizes.has(oldest)) continue;
      total -= this.#sizes.get(oldest);
      this.#sizes.delete(oldest);
      this.#buffers.delete(oldest);
    }
  }
}

/**
 * @param {string} base64
 * @returns {Uint8Array}
 */
export function bytesOf(base64) {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}
