/** Two independent hashes of a thing's type and id: 64 bits, so that two things of even a huge transaction are not taken for one. */
export interface ThingHash {
  a: number;
  b: number;
}

/**
 * How often a transaction changes each thing, and where it does so first. 24 bytes a thing at most twice over, and no object: a
 * transaction may hold millions.
 */
export interface ThingCounts {
  add(hash: ThingHash, place: number): void;
  /** Counts one change of the thing as told. Undefined: the transaction changes it once. */
  take(hash: ThingHash): { left: number; first: number } | undefined;
  clear(): void;
}

const FIRST_CAPACITY = 1_024;

interface Slots {
  capacity: number;
  a: Uint32Array;
  b: Uint32Array;
  /** 0: the slot is free. */
  total: Uint32Array;
  left: Uint32Array;
  first: Float64Array;
}

const makeSlots = (capacity: number): Slots => ({
  capacity,
  a: new Uint32Array(capacity),
  b: new Uint32Array(capacity),
  total: new Uint32Array(capacity),
  left: new Uint32Array(capacity),
  first: new Float64Array(capacity),
});

const find = ({ a, b, total, capacity }: Slots, hashA: number, hashB: number): number => {
  let slot = hashA & (capacity - 1);
  while (total[slot] !== 0 && (a[slot] !== hashA || b[slot] !== hashB)) slot = (slot + 1) & (capacity - 1);
  return slot;
};

export const makeThingCounts = (): ThingCounts => {
  let slots = makeSlots(FIRST_CAPACITY);
  let things = 0;

  const grow = (): void => {
    const old = slots;
    slots = makeSlots(old.capacity * 2);
    for (let from = 0; from < old.capacity; from++) {
      if (old.total[from] === 0) continue;
      const to = find(slots, old.a[from]!, old.b[from]!);
      for (const part of ['a', 'b', 'total', 'left', 'first'] as const) slots[part][to] = old[part][from]!;
    }
  };

  return {
    add: ({ a, b }, place) => {
      let slot = find(slots, a, b);
      if (slots.total[slot] === 0) {
        if (++things * 4 > slots.capacity * 3) {
          grow();
          slot = find(slots, a, b);
        }
        slots.a[slot] = a;
        slots.b[slot] = b;
        slots.first[slot] = place;
      }
      slots.total[slot]!++;
      slots.left[slot]!++;
    },
    take: ({ a, b }) => {
      const slot = find(slots, a, b);
      if (slots.total[slot]! < 2) return undefined;
      return { left: --slots.left[slot]!, first: slots.first[slot]! };
    },
    clear: () => {
      if (things === 0) return;
      things = 0;
      if (slots.capacity > FIRST_CAPACITY) slots = makeSlots(FIRST_CAPACITY);
      else {
        slots.total.fill(0);
        slots.left.fill(0);
      }
    },
  };
};

/** The hash of an id's bytes below a seed, which stands for the type. cyrb53's two lanes, kept whole. */
export const hashThing = (seed: ThingHash, bytes: Buffer, start: number, length: number): ThingHash => {
  let a = seed.a ^ 0xdeadbeef;
  let b = seed.b ^ 0x41c6ce57;
  for (let at = start; at < start + length; at++) {
    const byte = bytes[at]!;
    a = Math.imul(a ^ byte, 2654435761);
    b = Math.imul(b ^ byte, 1597334677);
  }
  const mixedA = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  const mixedB = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(mixedA ^ (mixedA >>> 13), 3266489909);
  return { a: mixedA >>> 0, b: mixedB >>> 0 };
};

const NO_SEED: ThingHash = { a: 0, b: 0 };

/** The seed of a type. */
export const hashType = (name: string): ThingHash => {
  const bytes = Buffer.from(name);
  return hashThing(NO_SEED, bytes, 0, bytes.length);
};
