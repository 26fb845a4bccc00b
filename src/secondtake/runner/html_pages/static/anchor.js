/* The low anchor of ITU-R BS.1534: the baseline without anything above 3.5 kHz. */

const PASS = 3500; // Hz; up to here within 0.1 dB
const STOP = 4000; // Hz; BS.1534 asks for 25 dB here and 50 dB at 4.5 kHz
const ATTENUATION = 60; // dB from STOP on, by which the ripple below PASS is 0.01 dB

/**
 * A linear-phase low-pass (a sinc under Kaiser's window), which delays by half its length.
 * @param {number} sampleRate Hz
 * @returns {Float32Array} an odd number of coefficients
 */
export function anchorCoefficients(sampleRate) {
  const width = (2 * Math.PI * (STOP - PASS)) / sampleRate;
  const half = Math.ceil((ATTENUATION - 7.95) / (2.285 * width) / 2);
  const beta = 0.1102 * (ATTENUATION - 8.7);
  const cutoff = (PASS + STOP) / sampleRate; // both edges' middle, as a part of half the rate
  const taps = new Float64Array(2 * half + 1);
  for (let index = -half; index <= half; index += 1) {
    const window = bessel(beta * Math.sqrt(1 - (index / half) ** 2)) / bessel(beta);
    taps[index + half] = window * cutoff * sinc(cutoff * index);
  }
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return Float32Array.from(taps, (tap) => tap / sum);
}

/**
 * The anchor of a recording: as long, as loud below 3.5 kHz, and in time with it.
 * @param {AudioBuffer} buffer of one or two channels
 * @returns {Promise<AudioBuffer>}
 */
export async function anchorOf(buffer) {
  const { numberOfChannels: channels, length, sampleRate } = buffer;
  const taps = anchorCoefficients(sampleRate);
  const delay = (taps.length - 1) / 2;
  const context = new OfflineAudioContext(channels, length + delay, sampleRate);
  const response = context.createBuffer(1, taps.length, sampleRate);
  response.copyToChannel(taps, 0);
  const convolver = context.createConvolver();
  convolver.normalize = false; // before the buffer is set, or the coefficients are scaled
  convolver.buffer = response;
  convolver.channelCount = channels; // or both tails are the left one's once the source has ended
  convolver.channelCountMode = "explicit";
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(convolver).connect(context.destination);
  source.start();
  const late = await context.startRendering();
  const result = new AudioBuffer({ numberOfChannels: channels, length, sampleRate });
  for (let channel = 0; channel < channels; channel += 1) {
    result.copyToChannel(late.getChannelData(channel).subarray(delay, delay + length), channel);
  }
  return result;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function of the first kind and order zero. */
function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-16; k += 1) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}
