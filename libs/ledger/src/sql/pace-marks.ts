/**
 * Two marks of how far a list was and when, from which its rate of late is told: in the update of a list's counts `t` that adds `c`. A mark is
 * left when the newest is ten seconds and ten items old, and the one before it is kept, so that a rate is always of the last ten to twenty
 * seconds, or of the last ten to twenty items if they take longer. Shorter, and the rate jumps with every batch; longer, and it tells of what
 * is past. The row is written anyway: the marks cost it no read, no index and no row.
 */
export const PACE_MARKS = ((): string => {
  const isDue = `(t.mark_at IS NULL OR t.mark_at <= now() - interval '10 seconds'
           AND t.succeeded + t.failed + t.cancelled >= t.mark_done + 10)`;
  return `mark_at = CASE WHEN ${isDue} THEN now() ELSE t.mark_at END,
         mark_done = CASE WHEN ${isDue}
           THEN t.succeeded + t.failed + t.cancelled + c.succeeded + c.failed + c.cancelled ELSE t.mark_done END,
         earlier_mark_at = CASE WHEN ${isDue} THEN t.mark_at ELSE t.earlier_mark_at END,
         earlier_mark_done = CASE WHEN ${isDue} THEN t.mark_done ELSE t.earlier_mark_done END`;
})();
