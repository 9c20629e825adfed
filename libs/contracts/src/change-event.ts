import type { Origin } from './data-request.ts';
import type { Thing } from './type-definition.ts';

export const changeKinds = ['created', 'changed', 'deleted'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** What a transaction did to a thing as a whole. */
export interface NetChange {
  kind: ChangeKind;
  /** The thing as it was before the transaction. Absent for `created`. */
  before?: Thing;
  /** Names of the fields whose values differ between then and the transaction's end; empty unless `changed`. */
  changedFields: string[];
}

/**
 * A committed change of one thing, as a CloudEvent 1.0 in JSON. Published in commit order; a change that leaves everything but
 * `updatedAt` as it was is none. An id that is changed makes two: the old thing is deleted, the new one created.
 */
export interface ChangeEvent {
  specversion: '1.0';
  /** `<transaction.id>/<transaction.index>`: the same however often it is sent. */
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
    transaction: {
      /** The position of the commit in the log. Such texts sort as the commits followed each other. */
      id: string;
      /** From 0, without gaps, in the order of the changes. */
      index: number;
    };
    /** The same transaction changes the thing once more. Absent otherwise. */
    superseded?: true;
    /**
     * On the last of several events that one transaction made of the thing: all of them together. Null when nothing is left of them
     * (created and deleted, or changed and changed back). Absent for a thing that the transaction changed once.
     */
    net?: NetChange | null;
    /**
     * The things of this event do not hold all their fields. `size`: they hold their ids only, for the message server would refuse
     * more. `identity`: `before` holds what the log held of it, because somebody has changed the table's replica identity.
     */
    incomplete?: 'size' | 'identity';
  };
}
