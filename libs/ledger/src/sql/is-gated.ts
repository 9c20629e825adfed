/**
 * Whether a run may not start before it is admitted: its workflow has a flow, or it is held. As SQL, of a row with `workflow` and `chain_id`.
 * Both tables are small, and most often empty. Index: flows' primary key.
 */
export const isGated = (run: string): string =>
  `(EXISTS (SELECT FROM nightshift.flows f WHERE f.workflow = ${run}.workflow)
         OR EXISTS (SELECT FROM nightshift.flow_holds h
           WHERE h.workflow IS NULL AND h.chain_id IS NULL OR h.workflow = ${run}.workflow AND h.key IS NULL OR h.chain_id = ${run}.chain_id))`;
