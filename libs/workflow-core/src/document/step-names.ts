import { blockKinds, isBlockKindName } from '../blocks/blocks.ts';
import { isObject } from './json-object.ts';

/** The names of all steps in a list that may be wrong, at any depth. */
export const stepNamesIn = (steps: unknown): string[] => {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((entry: unknown) =>
    Object.entries(isObject(entry) ? entry : {}).flatMap(([name, body]) => [name, ...namesInside(body)]),
  );
};

const namesInside = (body: unknown): string[] => {
  if (!isObject(body)) return [];
  const blocks = Object.keys(body).filter(isBlockKindName);
  const handler = body['catch'];
  return [
    ...blocks.flatMap((kind) => blockKinds[kind].bodies(body[kind]).flatMap(({ steps }) => stepNamesIn(steps))),
    ...(isObject(handler) ? stepNamesIn(handler['do']) : []),
    ...stepNamesIn(body['compensate']),
  ];
};
