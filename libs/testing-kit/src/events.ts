/** An event from outside, or one that a run has emitted. */
export interface OutsideEvent {
  id: string;
  source: string;
  type: string;
  subject: string | null;
  time: string;
  data: unknown;
}
