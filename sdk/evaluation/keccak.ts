// SPDX-License-Identifier: MIT
// Keccak-256 of bytes that come in pieces: Bertoni, Daemen, Peeters and Van Assche, "The Keccak reference", 2011. What is hashed may be larger
// than memory, and a round is written out, because half of an evaluation's time would be hashing otherwise.

const RATE = 136;
const LANES = 25;
const ROUNDS = 24;
const FIRST_PAD = 0x01;
const LAST_PAD = 0x80;

/** The hash of what was added. */
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

  /** Ends the hash: 0x and 64 hexadecimal digits. Nothing may be added afterwards. */
  digest(): string {
    this.#block.fill(0, this.#filled);
    this.#block[this.#filled] = FIRST_PAD;
    this.#block[RATE - 1] = (this.#block[RATE - 1] as number) | LAST_PAD;
    this.#absorb(this.#view, 0);
    const view = new DataView(new ArrayBuffer(32));
    for (let word = 0; word < 8; word++) view.setInt32(4 * word, this.#state[word] as number, true);
    return `0x${Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }

  #absorb(block: DataView, from: number): void {
    const state = this.#state;
    for (let word = 0; 4 * word < RATE; word++) {
      state[word] = (state[word] as number) ^ block.getInt32(from + 4 * word, true);
    }
    for (let round = 0; round < ROUNDS; round++) permute(state as unknown as Lanes, round);
    this.#filled = 0;
  }
}

/** The low and the high half of each of 25 lanes. */
type Row = [number, number, number, number, number, number, number, number, number, number];
type Lanes = [...Row, ...Row, ...Row, ...Row, ...Row];

/** The constants of the rounds: one bit at each of the places 2ʲ − 1 that a linear feedback register says. */
const [CONSTANTS_LOW, CONSTANTS_HIGH] = roundConstants();

function roundConstants(): readonly [Int32Array, Int32Array] {
  const halves = [new Int32Array(ROUNDS), new Int32Array(ROUNDS)] as const;
  let register = 1;
  for (let round = 0; round < ROUNDS; round++) {
    for (let j = 0; j < 7; j++) {
      const place = 2 ** j - 1;
      const half = halves[place >> 5] as Int32Array;
      if (register & 1) half[round] = (half[round] as number) ^ (1 << (place & 31));
      register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1;
    }
  }
  return halves;
}

/** One round: θ, ρ and π into t, χ and ι back. `l` and `h` are halves of a lane. */
function permute(s: Lanes, round: number): void {
  const cl0 = s[0] ^ s[10] ^ s[20] ^ s[30] ^ s[40];
  const ch0 = s[1] ^ s[11] ^ s[21] ^ s[31] ^ s[41];
  const cl1 = s[2] ^ s[12] ^ s[22] ^ s[32] ^ s[42];
  const ch1 = s[3] ^ s[13] ^ s[23] ^ s[33] ^ s[43];
  const cl2 = s[4] ^ s[14] ^ s[24] ^ s[34] ^ s[44];
  const ch2 = s[5] ^ s[15] ^ s[25] ^ s[35] ^ s[45];
  const cl3 = s[6] ^ s[16] ^ s[26] ^ s[36] ^ s[46];
  const ch3 = s[7] ^ s[17] ^ s[27] ^ s[37] ^ s[47];
  const cl4 = s[8] ^ s[18] ^ s[28] ^ s[38] ^ s[48];
  const ch4 = s[9] ^ s[19] ^ s[29] ^ s[39] ^ s[49];
  const dl0 = cl4 ^ ((cl1 << 1) | (ch1 >>> 31));
  const dh0 = ch4 ^ ((ch1 << 1) | (cl1 >>> 31));
  const dl1 = cl0 ^ ((cl2 << 1) | (ch2 >>> 31));
  const dh1 = ch0 ^ ((ch2 << 1) | (cl2 >>> 31));
  const dl2 = cl1 ^ ((cl3 << 1) | (ch3 >>> 31));
  const dh2 = ch1 ^ ((ch3 << 1) | (cl3 >>> 31));
  const dl3 = cl2 ^ ((cl4 << 1) | (ch4 >>> 31));
  const dh3 = ch2 ^ ((ch4 << 1) | (cl4 >>> 31));
  const dl4 = cl3 ^ ((cl0 << 1) | (ch0 >>> 31));
  const dh4 = ch3 ^ ((ch0 << 1) | (cl0 >>> 31));
  const tl0 = s[0] ^ dl0;
  const th0 = s[1] ^ dh0;
  const tl1 = ((s[13] ^ dh1) << 12) | ((s[12] ^ dl1) >>> 20);
  const th1 = ((s[12] ^ dl1) << 12) | ((s[13] ^ dh1) >>> 20);
  const tl2 = ((s[25] ^ dh2) << 11) | ((s[24] ^ dl2) >>> 21);
  const th2 = ((s[24] ^ dl2) << 11) | ((s[25] ^ dh2) >>> 21);
  const tl3 = ((s[36] ^ dl3) << 21) | ((s[37] ^ dh3) >>> 11);
  const th3 = ((s[37] ^ dh3) << 21) | ((s[36] ^ dl3) >>> 11);
  const tl4 = ((s[48] ^ dl4) << 14) | ((s[49] ^ dh4) >>> 18);
  const th4 = ((s[49] ^ dh4) << 14) | ((s[48] ^ dl4) >>> 18);
  const tl5 = ((s[6] ^ dl3) << 28) | ((s[7] ^ dh3) >>> 4);
  const th5 = ((s[7] ^ dh3) << 28) | ((s[6] ^ dl3) >>> 4);
  const tl6 = ((s[18] ^ dl4) << 20) | ((s[19] ^ dh4) >>> 12);
  const th6 = ((s[19] ^ dh4) << 20) | ((s[18] ^ dl4) >>> 12);
  const tl7 = ((s[20] ^ dl0) << 3) | ((s[21] ^ dh0) >>> 29);
  const th7 = ((s[21] ^ dh0) << 3) | ((s[20] ^ dl0) >>> 29);
  const tl8 = ((s[33] ^ dh1) << 13) | ((s[32] ^ dl1) >>> 19);
  const th8 = ((s[32] ^ dl1) << 13) | ((s[33] ^ dh1) >>> 19);
  const tl9 = ((s[45] ^ dh2) << 29) | ((s[44] ^ dl2) >>> 3);
  const th9 = ((s[44] ^ dl2) << 29) | ((s[45] ^ dh2) >>> 3);
  const tl10 = ((s[2] ^ dl1) << 1) | ((s[3] ^ dh1) >>> 31);
  const th10 = ((s[3] ^ dh1) << 1) | ((s[2] ^ dl1) >>> 31);
  const tl11 = ((s[14] ^ dl2) << 6) | ((s[15] ^ dh2) >>> 26);
  const th11 = ((s[15] ^ dh2) << 6) | ((s[14] ^ dl2) >>> 26);
  const tl12 = ((s[26] ^ dl3) << 25) | ((s[27] ^ dh3) >>> 7);
  const th12 = ((s[27] ^ dh3) << 25) | ((s[26] ^ dl3) >>> 7);
  const tl13 = ((s[38] ^ dl4) << 8) | ((s[39] ^ dh4) >>> 24);
  const th13 = ((s[39] ^ dh4) << 8) | ((s[38] ^ dl4) >>> 24);
  const tl14 = ((s[40] ^ dl0) << 18) | ((s[41] ^ dh0) >>> 14);
  const th14 = ((s[41] ^ dh0) << 18) | ((s[40] ^ dl0) >>> 14);
  const tl15 = ((s[8] ^ dl4) << 27) | ((s[9] ^ dh4) >>> 5);
  const th15 = ((s[9] ^ dh4) << 27) | ((s[8] ^ dl4) >>> 5);
  const tl16 = ((s[11] ^ dh0) << 4) | ((s[10] ^ dl0) >>> 28);
  const th16 = ((s[10] ^ dl0) << 4) | ((s[11] ^ dh0) >>> 28);
  const tl17 = ((s[22] ^ dl1) << 10) | ((s[23] ^ dh1) >>> 22);
  const th17 = ((s[23] ^ dh1) << 10) | ((s[22] ^ dl1) >>> 22);
  const tl18 = ((s[34] ^ dl2) << 15) | ((s[35] ^ dh2) >>> 17);
  const th18 = ((s[35] ^ dh2) << 15) | ((s[34] ^ dl2) >>> 17);
  const tl19 = ((s[47] ^ dh3) << 24) | ((s[46] ^ dl3) >>> 8);
  const th19 = ((s[46] ^ dl3) << 24) | ((s[47] ^ dh3) >>> 8);
  const tl20 = ((s[5] ^ dh2) << 30) | ((s[4] ^ dl2) >>> 2);
  const th20 = ((s[4] ^ dl2) << 30) | ((s[5] ^ dh2) >>> 2);
  const tl21 = ((s[17] ^ dh3) << 23) | ((s[16] ^ dl3) >>> 9);
  const th21 = ((s[16] ^ dl3) << 23) | ((s[17] ^ dh3) >>> 9);
  const tl22 = ((s[29] ^ dh4) << 7) | ((s[28] ^ dl4) >>> 25);
  const th22 = ((s[28] ^ dl4) << 7) | ((s[29] ^ dh4) >>> 25);
  const tl23 = ((s[31] ^ dh0) << 9) | ((s[30] ^ dl0) >>> 23);
  const th23 = ((s[30] ^ dl0) << 9) | ((s[31] ^ dh0) >>> 23);
  const tl24 = ((s[42] ^ dl1) << 2) | ((s[43] ^ dh1) >>> 30);
  const th24 = ((s[43] ^ dh1) << 2) | ((s[42] ^ dl1) >>> 30);
  s[0] = tl0 ^ (~tl1 & tl2) ^ (CONSTANTS_LOW[round] as number);
  s[1] = th0 ^ (~th1 & th2) ^ (CONSTANTS_HIGH[round] as number);
  s[2] = tl1 ^ (~tl2 & tl3);
  s[3] = th1 ^ (~th2 & th3);
  s[4] = tl2 ^ (~tl3 & tl4);
  s[5] = th2 ^ (~th3 & th4);
  s[6] = tl3 ^ (~tl4 & tl0);
  s[7] = th3 ^ (~th4 & th0);
  s[8] = tl4 ^ (~tl0 & tl1);
  s[9] = th4 ^ (~th0 & th1);
  s[10] = tl5 ^ (~tl6 & tl7);
  s[11] = th5 ^ (~th6 & th7);
  s[12] = tl6 ^ (~tl7 & tl8);
  s[13] = th6 ^ (~th7 & th8);
  s[14] = tl7 ^ (~tl8 & tl9);
  s[15] = th7 ^ (~th8 & th9);
  s[16] = tl8 ^ (~tl9 & tl5);
  s[17] = th8 ^ (~th9 & th5);
  s[18] = tl9 ^ (~tl5 & tl6);
  s[19] = th9 ^ (~th5 & th6);
  s[20] = tl10 ^ (~tl11 & tl12);
  s[21] = th10 ^ (~th11 & th12);
  s[22] = tl11 ^ (~tl12 & tl13);
  s[23] = th11 ^ (~th12 & th13);
  s[24] = tl12 ^ (~tl13 & tl14);
  s[25] = th12 ^ (~th13 & th14);
  s[26] = tl13 ^ (~tl14 & tl10);
  s[27] = th13 ^ (~th14 & th10);
  s[28] = tl14 ^ (~tl10 & tl11);
  s[29] = th14 ^ (~th10 & th11);
  s[30] = tl15 ^ (~tl16 & tl17);
  s[31] = th15 ^ (~th16 & th17);
  s[32] = tl16 ^ (~tl17 & tl18);
  s[33] = th16 ^ (~th17 & th18);
  s[34] = tl17 ^ (~tl18 & tl19);
  s[35] = th17 ^ (~th18 & th19);
  s[36] = tl18 ^ (~tl19 & tl15);
  s[37] = th18 ^ (~th19 & th15);
  s[38] = tl19 ^ (~tl15 & tl16);
  s[39] = th19 ^ (~th15 & th16);
  s[40] = tl20 ^ (~tl21 & tl22);
  s[41] = th20 ^ (~th21 & th22);
  s[42] = tl21 ^ (~tl22 & tl23);
  s[43] = th21 ^ (~th22 & th23);
  s[44] = tl22 ^ (~tl23 & tl24);
  s[45] = th22 ^ (~th23 & th24);
  s[46] = tl23 ^ (~tl24 & tl20);
  s[47] = th23 ^ (~th24 & th20);
  s[48] = tl24 ^ (~tl20 & tl21);
  s[49] = th24 ^ (~th20 & th21);
}
