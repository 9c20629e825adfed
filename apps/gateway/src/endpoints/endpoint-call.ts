import type { Failure } from '@nightshift/contracts';
import type { Asked } from '../door/asked.ts';
import type { Grant } from '../door/grant.ts';

/** A request to an endpoint, nothing of it read yet. */
export interface EndpointCall {
  name: string;
  isDraft: boolean;
  method: string;
  /** What follows the name, decoded. */
  segments: readonly string[];
  grant: Grant | undefined;
  /** Why his credentials are not right, if he has shown some. */
  refused: Failure | undefined;
  query: Readonly<Record<string, string | string[] | undefined>>;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As it came in. */
  body: Buffer | undefined;
  /** @throws what the parser of JSON bodies refuses with */
  parseJson: (text: string) => unknown;
  asked: Asked;
}

/** An answer, ready to be sent. */
export interface EndpointReply {
  status: number;
  headers: Record<string, string>;
  /** Undefined: there is none. A list: one item a line. */
  body: string | undefined | { lines: readonly unknown[] };
}

export const headerOf = ({ headers }: Pick<EndpointCall, 'headers'>, name: string): string => {
  const value = headers[name];
  return value === undefined ? '' : String(value);
};
