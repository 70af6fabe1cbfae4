// SPDX-License-Identifier: MIT
// Keccak-256 of bytes that arrive in pieces, because the input may be larger than memory: Bertoni, Daemen, Peeters and Van Assche, "The
// Keccak
// reference", 2011. The round is unrolled, because hashing would otherwise take half of an evaluation's time. A lane of 64 bits is stored
// as its
// even and its odd bits, so that rotating it takes two rotations of 32 bits.

const RATE = 136;
const LANES = 25;
const ROUNDS = 24;
const FIRST_PAD = 0x01;
const LAST_PAD = 0x80;

/** The hash of all bytes added so far. */
export class Keccak256 {
  readonly #state = new Int32Array(2 * LANES);
  readonly #block = new Uint8Array(RATE);
  readonly #view = new DataView(this.#block.buffer);
  #filled = 0;

  add(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let from = 0; from < bytes.length;) {
      if (this.#filled === 0 && from + RATE <= bytes.length) {
        this.#absorb(view, from);
        from += RATE;
        continue;
      }
      const length = Math.min(RATE - this.#filled, bytes.length - from);
      this.#block.set(bytes.subarray(from, from + length), this.#filled);
      this.#filled += length;
      from += length;
      if (this.#filled === RATE) this.#absorb(this.#view, 0);
    }
  }

  /** Returns the final hash as 0x and 64 hexadecimal digits. Nothing may be added afterwards. */
  digest(): string {
    this.#block.fill(0, this.#filled);
    this.#block[this.#filled] = FIRST_PAD;
    this.#block[RATE - 1] = (this.#block[RATE - 1] as number) | LAST_PAD;
    this.#absorb(this.#view, 0);
    const view = new DataView(new ArrayBuffer(32));
    for (let lane = 0; lane < 4; lane++) {
      const [even, odd] = [this.#state[2 * lane] as number, this.#state[2 * lane + 1] as number];
      view.setInt32(8 * lane, join((even & LOW_HALF) | (odd << 16)), true);
      view.setInt32(8 * lane + 4, join((even >>> 16) | (odd & HIGH_HALF)), true);
    }
    return `0x${Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }

  #absorb(block: DataView, from: number): void {
    const state = this.#state;
    for (let lane = 0; 8 * lane < RATE; lane++) {
      const low = part(block.getInt32(from + 8 * lane, true));
      const high = part(block.getInt32(from + 8 * lane + 4, true));
      state[2 * lane] = (state[2 * lane] as number) ^ ((low & LOW_HALF) | (high << 16));
      state[2 * lane + 1] = (state[2 * lane + 1] as number) ^ ((low >>> 16) | (high & HIGH_HALF));
    }
    for (let round = 0; round < ROUNDS; round++) permute(state as unknown as Lanes, round);
    this.#filled = 0;
  }
}

const LOW_HALF = 0xffff;
const HIGH_HALF = ~LOW_HALF;

/** Moves the even bits of a word to its low half and the odd bits to its high half: Warren, "Hacker's Delight", 7-2. */
function part(word: number): number {
  let bits = swap(word, 0x22222222, 1);
  bits = swap(bits, 0x0c0c0c0c, 2);
  bits = swap(bits, 0x00f000f0, 4);
  return swap(bits, 0x0000ff00, 8);
}

/** Reverses `part`. */
function join(bits: number): number {
  let word = swap(bits, 0x0000ff00, 8);
  word = swap(word, 0x00f000f0, 4);
  word = swap(word, 0x0c0c0c0c, 2);
  return swap(word, 0x22222222, 1);
}

/** Swaps the bits under a mask with the bits `places` positions higher. */
function swap(bits: number, mask: number, places: number): number {
  const difference = (bits ^ (bits >>> places)) & mask;
  return bits ^ difference ^ (difference << places);
}

/** The even and the odd bits of each of 25 lanes. */
type Row = [number, number, number, number, number, number, number, number, number, number];
type Lanes = [...Row, ...Row, ...Row, ...Row, ...Row];

/** The round constants. A linear feedback shift register determines which of the bits 2ʲ − 1 are set. */
const [CONSTANTS_EVEN, CONSTANTS_ODD] = roundConstants();

function roundConstants(): readonly [Int32Array, Int32Array] {
  const halves = [new Int32Array(ROUNDS), new Int32Array(ROUNDS)] as const;
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let j = 0; j < 7; j++) {
      const place = 2 ** j - 1;
      const half = halves[place & 1] as Int32Array;
      if (register & 1) half[round] = (half[round] as number) ^ (1 << (place >> 1));
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
  }
  return halves;
}

/**
 * Computes one round: θ, ρ and π write to t, χ and ι write back to s. `e` and `o` are the halves of a lane; r is a lane before its
 * rotation.
 */
function permute(s: Lanes, round: number): void {
  const ce0 = s[0] ^ s[10] ^ s[20] ^ s[30] ^ s[40];
  const co0 = s[1] ^ s[11] ^ s[21] ^ s[31] ^ s[41];
  const ce1 = s[2] ^ s[12] ^ s[22] ^ s[32] ^ s[42];
  const co1 = s[3] ^ s[13] ^ s[23] ^ s[33] ^ s[43];
  const ce2 = s[4] ^ s[14] ^ s[24] ^ s[34] ^ s[44];
  const co2 = s[5] ^ s[15] ^ s[25] ^ s[35] ^ s[45];
  const ce3 = s[6] ^ s[16] ^ s[26] ^ s[36] ^ s[46];
  const co3 = s[7] ^ s[17] ^ s[27] ^ s[37] ^ s[47];
  const ce4 = s[8] ^ s[18] ^ s[28] ^ s[38] ^ s[48];
  const co4 = s[9] ^ s[19] ^ s[29] ^ s[39] ^ s[49];
  const de0 = ce4 ^ ((co1 << 1) | (co1 >>> 31));
  const do0 = co4 ^ ce1;
  const de1 = ce0 ^ ((co2 << 1) | (co2 >>> 31));
  const do1 = co0 ^ ce2;
  const de2 = ce1 ^ ((co3 << 1) | (co3 >>> 31));
  const do2 = co1 ^ ce3;
  const de3 = ce2 ^ ((co4 << 1) | (co4 >>> 31));
  const do3 = co2 ^ ce4;
  const de4 = ce3 ^ ((co0 << 1) | (co0 >>> 31));
  const do4 = co3 ^ ce0;
  const te0 = s[0] ^ de0;
  const to0 = s[1] ^ do0;
  const re1 = s[12] ^ de1;
  const te1 = (re1 << 22) | (re1 >>> 10);
  const ro1 = s[13] ^ do1;
  const to1 = (ro1 << 22) | (ro1 >>> 10);
  const re2 = s[25] ^ do2;
  const te2 = (re2 << 22) | (re2 >>> 10);
  const ro2 = s[24] ^ de2;
  const to2 = (ro2 << 21) | (ro2 >>> 11);
  const re3 = s[37] ^ do3;
  const te3 = (re3 << 11) | (re3 >>> 21);
  const ro3 = s[36] ^ de3;
  const to3 = (ro3 << 10) | (ro3 >>> 22);
  const re4 = s[48] ^ de4;
  const te4 = (re4 << 7) | (re4 >>> 25);
  const ro4 = s[49] ^ do4;
  const to4 = (ro4 << 7) | (ro4 >>> 25);
  const re5 = s[6] ^ de3;
  const te5 = (re5 << 14) | (re5 >>> 18);
  const ro5 = s[7] ^ do3;
  const to5 = (ro5 << 14) | (ro5 >>> 18);
  const re6 = s[18] ^ de4;
  const te6 = (re6 << 10) | (re6 >>> 22);
  const ro6 = s[19] ^ do4;
  const to6 = (ro6 << 10) | (ro6 >>> 22);
  const re7 = s[21] ^ do0;
  const te7 = (re7 << 2) | (re7 >>> 30);
  const ro7 = s[20] ^ de0;
  const to7 = (ro7 << 1) | (ro7 >>> 31);
  const re8 = s[33] ^ do1;
  const te8 = (re8 << 23) | (re8 >>> 9);
  const ro8 = s[32] ^ de1;
  const to8 = (ro8 << 22) | (ro8 >>> 10);
  const re9 = s[45] ^ do2;
  const te9 = (re9 << 31) | (re9 >>> 1);
  const ro9 = s[44] ^ de2;
  const to9 = (ro9 << 30) | (ro9 >>> 2);
  const re10 = s[3] ^ do1;
  const te10 = (re10 << 1) | (re10 >>> 31);
  const to10 = s[2] ^ de1;
  const re11 = s[14] ^ de2;
  const te11 = (re11 << 3) | (re11 >>> 29);
  const ro11 = s[15] ^ do2;
  const to11 = (ro11 << 3) | (ro11 >>> 29);
  const re12 = s[27] ^ do3;
  const te12 = (re12 << 13) | (re12 >>> 19);
  const ro12 = s[26] ^ de3;
  const to12 = (ro12 << 12) | (ro12 >>> 20);
  const re13 = s[38] ^ de4;
  const te13 = (re13 << 4) | (re13 >>> 28);
  const ro13 = s[39] ^ do4;
  const to13 = (ro13 << 4) | (ro13 >>> 28);
  const re14 = s[40] ^ de0;
  const te14 = (re14 << 9) | (re14 >>> 23);
  const ro14 = s[41] ^ do0;
  const to14 = (ro14 << 9) | (ro14 >>> 23);
  const re15 = s[9] ^ do4;
  const te15 = (re15 << 14) | (re15 >>> 18);
  const ro15 = s[8] ^ de4;
  const to15 = (ro15 << 13) | (ro15 >>> 19);
  const re16 = s[10] ^ de0;
  const te16 = (re16 << 18) | (re16 >>> 14);
  const ro16 = s[11] ^ do0;
  const to16 = (ro16 << 18) | (ro16 >>> 14);
  const re17 = s[22] ^ de1;
  const te17 = (re17 << 5) | (re17 >>> 27);
  const ro17 = s[23] ^ do1;
  const to17 = (ro17 << 5) | (ro17 >>> 27);
  const re18 = s[35] ^ do2;
  const te18 = (re18 << 8) | (re18 >>> 24);
  const ro18 = s[34] ^ de2;
  const to18 = (ro18 << 7) | (ro18 >>> 25);
  const re19 = s[46] ^ de3;
  const te19 = (re19 << 28) | (re19 >>> 4);
  const ro19 = s[47] ^ do3;
  const to19 = (ro19 << 28) | (ro19 >>> 4);
  const re20 = s[4] ^ de2;
  const te20 = (re20 << 31) | (re20 >>> 1);
  const ro20 = s[5] ^ do2;
  const to20 = (ro20 << 31) | (ro20 >>> 1);
  const re21 = s[17] ^ do3;
  const te21 = (re21 << 28) | (re21 >>> 4);
  const ro21 = s[16] ^ de3;
  const to21 = (ro21 << 27) | (ro21 >>> 5);
  const re22 = s[29] ^ do4;
  const te22 = (re22 << 20) | (re22 >>> 12);
  const ro22 = s[28] ^ de4;
  const to22 = (ro22 << 19) | (ro22 >>> 13);
  const re23 = s[31] ^ do0;
  const te23 = (re23 << 21) | (re23 >>> 11);
  const ro23 = s[30] ^ de0;
  const to23 = (ro23 << 20) | (ro23 >>> 12);
  const re24 = s[42] ^ de1;
  const te24 = (re24 << 1) | (re24 >>> 31);
  const ro24 = s[43] ^ do1;
  const to24 = (ro24 << 1) | (ro24 >>> 31);
  s[0] = te0 ^ (~te1 & te2) ^ (CONSTANTS_EVEN[round] as number);
  s[1] = to0 ^ (~to1 & to2) ^ (CONSTANTS_ODD[round] as number);
  s[2] = te1 ^ (~te2 & te3);
  s[3] = to1 ^ (~to2 & to3);
  s[4] = te2 ^ (~te3 & te4);
  s[5] = to2 ^ (~to3 & to4);
  s[6] = te3 ^ (~te4 & te0);
  s[7] = to3 ^ (~to4 & to0);
  s[8] = te4 ^ (~te0 & te1);
  s[9] = to4 ^ (~to0 & to1);
  s[10] = te5 ^ (~te6 & te7);
  s[11] = to5 ^ (~to6 & to7);
  s[12] = te6 ^ (~te7 & te8);
  s[13] = to6 ^ (~to7 & to8);
  s[14] = te7 ^ (~te8 & te9);
  s[15] = to7 ^ (~to8 & to9);
  s[16] = te8 ^ (~te9 & te5);
  s[17] = to8 ^ (~to9 & to5);
  s[18] = te9 ^ (~te5 & te6);
  s[19] = to9 ^ (~to5 & to6);
  s[20] = te10 ^ (~te11 & te12);
  s[21] = to10 ^ (~to11 & to12);
  s[22] = te11 ^ (~te12 & te13);
  s[23] = to11 ^ (~to12 & to13);
  s[24] = te12 ^ (~te13 & te14);
  s[25] = to12 ^ (~to13 & to14);
  s[26] = te13 ^ (~te14 & te10);
  s[27] = to13 ^ (~to14 & to10);
  s[28] = te14 ^ (~te10 & te11);
  s[29] = to14 ^ (~to10 & to11);
  s[30] = te15 ^ (~te16 & te17);
  s[31] = to15 ^ (~to16 & to17);
  s[32] = te16 ^ (~te17 & te18);
  s[33] = to16 ^ (~to17 & to18);
  s[34] = te17 ^ (~te18 & te19);
  s[35] = to17 ^ (~to18 & to19);
  s[36] = te18 ^ (~te19 & te15);
  s[37] = to18 ^ (~to19 & to15);
  s[38] = te19 ^ (~te15 & te16);
  s[39] = to19 ^ (~to15 & to16);
  s[40] = te20 ^ (~te21 & te22);
  s[41] = to20 ^ (~to21 & to22);
  s[42] = te21 ^ (~te22 & te23);
  s[43] = to21 ^ (~to22 & to23);
  s[44] = te22 ^ (~te23 & te24);
  s[45] = to22 ^ (~to23 & to24);
  s[46] = te23 ^ (~te24 & te20);
  s[47] = to23 ^ (~to24 & to20);
  s[48] = te24 ^ (~te20 & te21);
  s[49] = to24 ^ (~to20 & to21);
}
