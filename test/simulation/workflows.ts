/** How a run ends if nobody cancels it. `either`: that depends on what was refused, and how often. */
export type Ending = 'succeeded' | 'failed' | 'either';

/** A workflow of the simulation, and what its runs must have done in the end. */
export interface Workflow {
  yaml: string;
  ending: Ending;
  /**
   * Of a run that ended as it should (`either`: that succeeded): the changes that it has made, each as `step` or `step/iteration`, and
   * nothing else but those of `maybe`.
   */
  changes: string[];
  maybe?: string[];
  /** The workflow is only started by others. */
  isInner?: boolean;
  /** Somebody outside sends the event that it waits for: of this type, with the run's parameter `key` as its subject. */
  awaits?: string;
  /** A run of it comes along, with the same parameters. */
  with?: string;
}

const create = (step: string, type = 'thing'): string => `- ${step}: { create: { type: ${type}, fields: { n: 1 } } }`;

export const workflows = new Map<string, Workflow>(
  Object.entries({
    flat: {
      yaml: `
workflow: flat
do:
  ${create('a')}
  - b: { create: { type: thing, fields: { of: =a.id } } }
  - c: { change: { type: thing, id: =a.id, fields: { by: =b.id }, increment: { n: 1 } } }
  - d: { get: { type: thing, id: =a.id } }
  - e: { set: =d.n }
  - f: { log: ='n is ' & e }
return: { n: =e }
`,
      ending: 'succeeded',
      changes: ['a', 'b', 'c'],
    },
    retries: {
      yaml: `
workflow: retries
do:
  - a:
      create: { type: flaky, fields: { n: 1 } }
      retry: { delay: { seconds: 1 }, backoff: exponential, limit: { attempts: 4 } }
  - b:
      http: { method: POST, url: 'https://example.com' }
      retry: { delay: { milliseconds: 200 }, limit: { attempts: 4 } }
  ${create('c')}
`,
      ending: 'either',
      changes: ['a', 'c'],
    },
    waits: {
      yaml: `
workflow: waits
do:
  ${create('a')}
  - w: { wait: { seconds: 3 } }
  ${create('b')}
  - v: { wait: { seconds: 12 } }
  - p: { progress: { done: 2, total: 2 } }
  ${create('c')}
`,
      ending: 'succeeded',
      changes: ['a', 'b', 'c'],
    },
    loops: {
      yaml: `
workflow: loops
do:
  - each:
      for:
        in: [x, y, z]
        do:
          - made: { create: { type: thing, fields: { item: =item } } }
          - nap: { if: index = 1, wait: { seconds: 2 } }
        return: =made.item
  - counted:
      for:
        while: $not($exists(previous)) or previous < 3
        do:
          - n: { set: '=$exists(previous) ? previous + 1 : 1' }
          - more: { if: n != 2, create: { type: thing, fields: { n: =n } } }
        return: =n
return: { items: =each, counts: =counted }
`,
      ending: 'succeeded',
      changes: ['made/0', 'made/1', 'made/2', 'more/0', 'more/2'],
    },
    choice: {
      yaml: `
workflow: choice
do:
  - size: { set: 7 }
  - way:
      switch:
        - small: { when: size < 5, do: [${create('s').slice(2)}] }
        - large: { when: size > 5, do: [${create('l').slice(2)}, { last: { wait: { seconds: 1 } } }, ${create('m').slice(2)}] }
        - other: { do: [${create('o').slice(2)}] }
  ${create('z')}
`,
      ending: 'succeeded',
      changes: ['l', 'm', 'z'],
    },
    together: {
      yaml: `
workflow: together
do:
  - all:
      fork:
        branches:
          one: [${create('a').slice(2)}, { w: { wait: { seconds: 2 } } }, ${create('b').slice(2)}]
          two: [{ h: { http: { url: 'https://example.com' }, retry: { delay: { seconds: 1 }, limit: { attempts: 9 } } } }, ${create('c').slice(2)}]
          three: [{ k: { call: { workflow: child } } }, { d: { create: { type: thing, fields: { of: =k.made } } } }]
  ${create('z')}
return: =all
`,
      ending: 'either',
      changes: ['a', 'b', 'c', 'd', 'z'],
    },
    race: {
      yaml: `
workflow: race
do:
  - first:
      fork:
        compete: true
        branches:
          slow: [{ w: { wait: { seconds: 8 } } }, ${create('a').slice(2)}]
          event: [{ e: { waitFor: { event: race.won, key: =parameters.key } } }, ${create('b').slice(2)}]
          web: [{ h: { http: { url: 'https://example.com' } } }, { n: { wait: { seconds: 30 } } }]
  ${create('z')}
`,
      ending: 'either',
      changes: ['z'],
      maybe: ['a', 'b'],
      awaits: 'race.won',
    },
    caught: {
      yaml: `
workflow: caught
do:
  - block:
      try:
        ${create('a')}
        - bad: { raise: { title: No, status: 409, type: order.refused } }
        ${create('never')}
      catch:
        errors: { status: 409 }
        do:
          ${create('b')}
          - w: { wait: { seconds: 1 } }
          ${create('c')}
  - whole:
      do:
        ${create('d')}
        - r: { create: { type: refused, fields: {} } }
      catch:
        retry: { delay: { seconds: 1 }, limit: { attempts: 2 } }
        do: [${create('e').slice(2)}]
`,
      ending: 'succeeded',
      changes: ['a', 'b', 'c', 'd', 'd/r2', 'e/r2'],
    },
    undone: {
      yaml: `
workflow: undone
do:
  - a: { create: { type: thing, fields: { n: 1 } }, compensate: [{ ua: { create: { type: thing, fields: { undo: =a.id } } } }] }
  - b: { wait: { seconds: 1 }, compensate: [{ wb: { wait: { seconds: 1 } } }, ${create('ub').slice(2)}] }
  - each:
      for:
        in: [x, y]
        do:
          - c:
              create: { type: thing, fields: { item: =item } }
              compensate: [{ uc: { create: { type: thing, fields: { undo: =c.id, item: =item } } } }]
  - bad: { raise: { title: No, type: order.refused } }
`,
      ending: 'failed',
      changes: ['a', 'c/0', 'c/1', 'uc/1.undo', 'uc/0.undo', 'ub/undo', 'ua/undo'],
    },
    atomic: {
      yaml: `
workflow: atomic
do:
  ${create('before')}
  - tx:
      transaction:
        ${create('a')}
        - each: { for: { in: [1, 2], do: [{ b: { create: { type: thing, fields: { item: =item } } } }] } }
        - c: { change: { type: thing, id: =a.id, increment: { n: 5 } } }
      retry: { delay: { seconds: 1 }, limit: { attempts: 8 } }
  - after: { create: { type: thing, fields: { n: =tx.n } } }
  - refused:
      transaction: [${create('x').slice(2)}, { y: { create: { type: refused, fields: {} } } }]
      catch: { do: [${create('z').slice(2)}] }
return: =c.n
`,
      ending: 'either',
      changes: ['before', 'tx#0', 'tx#1', 'tx#2', 'tx#3', 'after', 'z'],
    },
    locked: {
      yaml: `
workflow: locked
do:
  ${create('before')}
  - mine:
      lock:
        name: =parameters.lock
        lease: { seconds: 20 }
        do:
          ${create('in1')}
          - w: { wait: { seconds: 2 } }
          ${create('in2')}
          - k: { call: { workflow: child } }
          ${create('in3')}
  ${create('after')}
`,
      ending: 'either',
      changes: ['before', 'in1', 'in2', 'in3', 'after'],
    },
    patient: {
      yaml: `
workflow: patient
do:
  - mine:
      lock: { name: =parameters.lock, lease: { seconds: 30 }, wait: { seconds: 15 }, do: [${create('in1').slice(2)}, { h: { http: { url: 'https://example.com' } } }, ${create('in2').slice(2)}] }
      catch: { do: [${create('sorry').slice(2)}] }
`,
      ending: 'succeeded',
      changes: [],
      maybe: ['in1', 'in2', 'sorry'],
    },
    listener: {
      yaml: `
workflow: listener
do:
  - paid: { waitFor: { event: order.paid, key: =parameters.key } }
  - a: { create: { type: thing, fields: { by: =paid.source } } }
  - again: { waitFor: { event: order.paid, key: =parameters.key }, timeout: { seconds: 40 }, catch: { do: [${create('late').slice(2)}] } }
  ${create('b')}
`,
      ending: 'succeeded',
      changes: ['a', 'b'],
      maybe: ['late'],
      with: 'speaker',
      awaits: 'order.paid',
    },
    speaker: {
      yaml: `
workflow: speaker
do:
  ${create('a')}
  - say: { emit: { type: order.paid, subject: =parameters.key, data: 1 } }
  - w: { wait: { seconds: 4 } }
  - once: { emit: { type: order.paid, subject: =parameters.key, data: 2 } }
`,
      ending: 'succeeded',
      changes: ['a'],
    },
    caller: {
      yaml: `
workflow: caller
do:
  - k: { call: { workflow: child, parameters: { n: 1 } } }
  - l: { schedule: { workflow: child, in: { seconds: 5 } } }
  - i: { create: { type: thing, fields: { of: =k.made } } }
  - m: { call: { workflow: unlucky }, retry: { delay: { seconds: 1 }, limit: { attempts: 3 } }, catch: { do: [${create('sorry').slice(2)}] } }
return: =k
`,
      ending: 'either',
      changes: ['i'],
      maybe: ['sorry', 'sorry/r2', 'sorry/r3'],
    },
    child: {
      yaml: `
workflow: child
do:
  ${create('made')}
  - w: { wait: { seconds: 1 } }
return: { made: =made.id }
`,
      ending: 'succeeded',
      changes: ['made'],
      isInner: true,
    },
    unlucky: {
      yaml: `
workflow: unlucky
do:
  ${create('made')}
  - bad: { raise: { title: No, type: order.refused } }
`,
      ending: 'failed',
      changes: ['made'],
      isInner: true,
    },
    chain: {
      yaml: `
workflow: chain
guards: { cycles: 4 }
do:
  ${create('a')}
  - next: { schedule: { workflow: chain, in: '=run.iteration = 2 ? { "seconds": 3 } : { "seconds": 0 }', parameters: =parameters } }
`,
      ending: 'succeeded',
      changes: ['a'],
    },
    hurried: {
      yaml: `
workflow: hurried
timeout: { seconds: 30 }
do:
  - a: { wait: { seconds: 60 }, timeout: { seconds: 3 }, catch: { errors: { type: step.timeout }, do: [${create('late').slice(2)}] } }
  - b:
      do: [${create('c').slice(2)}, { n: { waitFor: { event: never.sent, key: k } } }]
      timeout: { seconds: 4 }
      retry: { delay: { seconds: 1 }, limit: { attempts: 2 } }
      catch: { do: [${create('over').slice(2)}] }
  ${create('z')}
  - w: { waitFor: { event: never.sent, key: k } }
`,
      ending: 'failed',
      changes: [],
      maybe: ['late', 'c', 'c/r2', 'over/r2', 'z'],
    },
    nested: {
      yaml: `
workflow: nested
do:
  - each:
      for:
        in: [1, 2]
        do:
          - all:
              fork:
                branches:
                  lock:
                    - mine: { lock: { name: =parameters.lock, lease: { seconds: 20 }, do: [${create('in1').slice(2)}, { w: { wait: { seconds: 1 } } }, ${create('in2').slice(2)}] } }
                  try:
                    - t:
                        try:
                          - p: { create: { type: thing, fields: { item: =item } }, compensate: [${create('up').slice(2)}] }
                          - bad: { if: item = 2, raise: { title: No, type: item.refused } }
                        catch: { do: [${create('q').slice(2)}] }
return: =each
`,
      ending: 'either',
      changes: ['in1/0', 'in2/0', 'in1/1', 'in2/1', 'p/0', 'p/1', 'up/1.undo', 'q/1'],
      maybe: ['up/0.undo'],
    },
  } satisfies Record<string, Workflow>),
);
