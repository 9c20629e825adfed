import type { Origin } from './data-request.ts';
import type { Thing } from './type-definition.ts';

export const changeKinds = ['created', 'changed', 'deleted'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** A committed change of one thing, as a CloudEvent 1.0 in JSON. Published in commit order. */
export interface ChangeEvent {
  specversion: '1.0';
  /** `<commit position in the log>/<index within the transaction>`: the same however often it is sent. */
  id: string;
  source: '/nightshift/data';
  type: `nightshift.change.${ChangeKind}`;
  /** The thing's id. */
  subject: string;
  /** When it was committed. */
  time: string;
  datacontenttype: 'application/json';
  data: {
    type: string;
    kind: ChangeKind;
    /** Absent for `created`. */
    before?: Thing;
    /** Absent for `deleted`. */
    now?: Thing;
    /** Names of the fields whose values differ; empty unless `changed`. */
    changedFields: string[];
    /** Who changed it: depth 0 for plain SQL. */
    origin: Origin;
  };
}
