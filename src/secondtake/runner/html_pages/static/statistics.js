/* What votes can show: exact binomial tests, their power, and intervals. */

/** A result counts where chance alone gives it, or a clearer one, in one study of twenty. */
export const ALPHA = 0.05;
/** The tests are planned to find a difference that is there in four studies of five. */
export const POWER = 0.8;

const Z = 1.959963984540054; // 97.5 % of a normal distribution lie below
const logFactorials = [0];

/**
 * The probability of k or more successes in n trials.
 * @param {number} k
 * @param {number} n
 * @param {number} share the chance of one success, in [0, 1]
 */
export function binomialTail(k, n, share = 0.5) {
  if (k <= 0) return 1;
  if (k > n) return 0;
  if (share <= 0 || share >= 1) return share >= 1 ? 1 : 0;
  // The shorter of the two sums; all terms in logarithms, for they are as small as 1e-3000.
  if (k <= n * share) return 1 - sumOfTerms(0, k - 1, n, share);
  return sumOfTerms(k, n, n, share);
}

/**
 * The least number of successes in n trials that counts; null where not even n of n does.
 * @param {number} n
 * @param {1 | 2} sides 2: a preference in either direction
 */
export function criticalCount(n, sides, alpha = ALPHA) {
  let low = Math.ceil(n / 2);
  let high = n + 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (binomialTail(middle, n) * sides <= alpha) high = middle;
    else low = middle + 1;
  }
  return low > n ? null : low;
}

/** The chance that n trials find a true share above one half. */
export function powerOf(n, share, sides, alpha = ALPHA) {
  const count = criticalCount(n, sides, alpha);
  return count === null ? 0 : binomialTail(count, n, share);
}

/**
 * The number of trials from which on the power is never again below the wanted one: it falls a
 * little wherever one more success is asked for.
 * @param {number} share the true share, from 0.55 on
 * @param {1 | 2} sides
 */
export function trialsNeeded(share, sides, alpha = ALPHA, power = POWER) {
  if (share < 0.55) throw new RangeError("a share below 0.55 needs thousands of trials");
  const enough = Math.ceil(4 / (share - 0.5) ** 2); // twice what the normal distribution says
  let needed = enough;
  while (needed > 1 && powerOf(needed - 1, share, sides, alpha) >= power) needed -= 1;
  return needed;
}

/**
 * Where the true share lies, in 19 studies of 20 (Wilson's interval).
 * @returns {[number, number]}
 */
export function wilson(successes, n, z = Z) {
  if (!n) return [0, 1];
  const share = successes / n;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z * Math.sqrt((share * (1 - share)) / n + (z / (2 * n)) ** 2)) / (1 + z ** 2 / n);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** The value below which a part of the values lies, between two values in proportion. */
export function quantile(values, part) {
  const ordered = [...values].sort((a, b) => a - b);
  const place = (ordered.length - 1) * part;
  const below = Math.floor(place);
  const above = Math.min(below + 1, ordered.length - 1);
  return ordered[below] + (ordered[above] - ordered[below]) * (place - below);
}

function sumOfTerms(from, to, n, share) {
  let sum = 0;
  let lost = 0; // Kahan: what rounding took from the sum so far
  const [hit, miss] = [Math.log(share), Math.log1p(-share)];
  for (let k = from; k <= to; k += 1) {
    const choose = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    const term = Math.exp(choose + k * hit + (n - k) * miss) - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
  }
  return Math.min(1, sum);
}

function logFactorial(n) {
  for (let k = logFactorials.length; k <= n; k += 1) {
    logFactorials.push(k < 20 ? Math.log(product(k)) : stirling(k));
  }
  return logFactorials[n];
}

function product(n) {
  return n <= 1 ? 1 : n * product(n - 1);
}

/** log n! for n >= 20, right to the last digits. */
function stirling(n) {
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5) - 1 / (1680 * n ** 7);
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}
