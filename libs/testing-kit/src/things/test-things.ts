import type { Thing } from '@nightshift/contracts';
import type { Testbed } from '../testbed.ts';
import type { AnswerData } from './answer.ts';
import type { Store } from './store.ts';

export interface TestThingsDeps {
  store: Store;
  answer: AnswerData;
  settle: () => Promise<void>;
}

/** As plain SQL changes things. */
const direct = { depth: 0 };

/** The things of a type, in a test's hands. */
export const makeTestThings =
  ({ store, answer, settle }: TestThingsDeps): Testbed['things'] =>
  (type) => ({
    get all() {
      return store.all(type);
    },
    get: (id) => store.find(type, id),
    find: (values) =>
      store.all(type).find((thing) => Object.entries(values).every(([name, value]) => thing[name] === value)),
    create: async (fields) => {
      const thing = answer(store, { action: 'create', type, fields }, direct) as Thing;
      await settle();
      return thing;
    },
    change: async (id, fields) => {
      const thing = answer(store, { action: 'change', type, id, fields }, direct) as Thing | null;
      if (thing === null) throw new Error(`There is no ${type} with the id ${id}`);
      await settle();
      return thing;
    },
    delete: async (id) => {
      answer(store, { action: 'delete', type, id }, direct);
      await settle();
    },
  });
