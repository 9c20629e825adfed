import { blockKinds, isBlockKindName, type BlockKindName } from '../blocks/blocks.ts';
import { isObject } from './json-object.ts';
import { appendPointer } from './json-pointer.ts';

/** A list of steps inside of a step. */
interface InnerList {
  readonly pointer: string;
  /** The step that the list is a part of, and where it stands. */
  readonly owner: string;
  readonly ownerPointer: string;
  readonly part: BlockKindName | 'catch' | 'compensate';
}

/** Where a step stands, and the lists around it, outermost first; the workflow's own is not among them. */
export interface StepPlace {
  readonly pointer: string;
  readonly around: readonly InnerList[];
}

/** All steps by name, whether they come before or after a place. */
export type StepPlaces = ReadonlyMap<string, StepPlace>;

/** Where the steps of a list stand that may be wrong, at any depth. */
export const stepPlacesIn = (steps: unknown, pointer: string): StepPlaces => new Map(placesIn(steps, pointer, []));

const placesIn = (steps: unknown, pointer: string, around: readonly InnerList[]): [string, StepPlace][] => {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((entry: unknown, index) =>
    Object.entries(isObject(entry) ? entry : {}).flatMap(([name, body]): [string, StepPlace][] => {
      const place = { pointer: appendPointer(appendPointer(pointer, index), name), around };
      return [[name, place], ...placesInside(name, body, place)];
    }),
  );
};

const placesInside = (owner: string, body: unknown, { pointer, around }: StepPlace): [string, StepPlace][] => {
  if (!isObject(body)) return [];
  const inner = (steps: unknown, at: string, part: InnerList['part']): [string, StepPlace][] =>
    placesIn(steps, `${pointer}${at}`, [...around, { pointer: `${pointer}${at}`, owner, ownerPointer: pointer, part }]);
  const { catch: handler, compensate } = body;
  return [
    ...Object.keys(body)
      .filter(isBlockKindName)
      .flatMap((kind) =>
        blockKinds[kind].bodies(body[kind]).flatMap((list) => inner(list.steps, `/${kind}${list.pointer}`, kind)),
      ),
    ...(isObject(handler) ? inner(handler['do'], '/catch/do', 'catch') : []),
    ...inner(compensate, '/compensate', 'compensate'),
  ];
};

/** Why the result of a step is not to be had at another place of the document. */
export const whyNotDone = ({ pointer, around }: StepPlace, use: string): string => {
  if (isBelow(use, pointer)) return 'a step does not see its own result';
  const list = around.find((candidate) => !isBelow(use, candidate.pointer));
  if (!list || comesLater(list.ownerPointer, use)) return 'it comes later';
  const { owner, part } = list;
  const isInOwner = isBelow(use, list.ownerPointer);
  switch (part) {
    case 'for':
      return `it is done in each round of the loop ${owner}, and what a round gave is gone after it, unless the loop says so in its return`;
    case 'compensate':
      return `it is done only to undo ${owner}`;
    case 'fork':
      return `it is in another branch of ${owner}, which goes on side by side with this one`;
    case 'switch':
      return isInOwner ? `it is in another case of ${owner}` : 'it comes later';
    case 'catch':
      return `it is done only when the catch of ${owner} has taken a failure`;
    default:
      return 'it comes later';
  }
};

const isBelow = (pointer: string, other: string): boolean => pointer.startsWith(`${other}/`);

/** Whether the step at `pointer` stands after the place in the list that both are in. */
const comesLater = (pointer: string, use: string): boolean => {
  const [, list = '', index] = /^(.*)\/(\d+)\/[^/]*$/.exec(pointer) ?? [];
  if (!isBelow(use, list)) return false;
  return Number(index) > Number(use.slice(list.length + 1).split('/')[0]);
};
