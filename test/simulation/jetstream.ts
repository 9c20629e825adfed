import { asDelivered } from '../../apps/executor/src/advance-run.ts';
import { DISPATCH_LANES, asFailure, subjects, type Dispatch, type RunFeedEvent } from '@nightshift/contracts';
import type { Chance } from './chance.ts';
import type { Process } from './machine.ts';
import type { VirtualTime } from './virtual-time.ts';

const dispatchSubjects = new Set<string>([
  subjects.dispatch,
  ...Array.from({ length: DISPATCH_LANES }, (_, lane) => subjects.dispatchLane(lane)),
]);

/** How often what goes wrong with messages. */
export interface MessageWeather {
  /** The stream loses a message. */
  lost: number;
  /** With a new message, the stream loses all that it has, in hand or not. */
  wiped: number;
  /** The stream gives a message to somebody else though it is in hand, or has been acked. */
  again: number;
  /** A message overtakes others, or is overtaken by them. */
  slow: number;
}

interface Message {
  readonly text: string;
  readonly storedAt: number;
  deliveries: number;
  isAcked: boolean;
  isLost: boolean;
  /** The delivery that counts; earlier ones have been given up. */
  current: number;
  inHandOf?: Process;
}

export type Handle = (dispatch: Dispatch) => Promise<void>;

export interface JetStreamDeps {
  time: VirtualTime;
  chance: Chance;
  weather: MessageWeather;
  onDelivered: (dispatch: Dispatch, to: Process, delivery: number) => void;
  /** A message that nobody can handle. */
  onDead: (dispatch: Dispatch, error: unknown) => void;
  onLost: (dispatch: Dispatch) => void;
}

const ACK_WAIT_MS = 3_000;
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 30_000;
const NOBODY_THERE_MS = 100;
const SLOW_MS = [20, 200, 1_500];

/** The dispatch stream and the run feed: messages are delivered at least once, unless they are lost, and in any order. */
export const makeJetStream = ({ time, chance, weather, onDelivered, onDead, onLost }: JetStreamDeps) => {
  const workers = new Map<Process, Handle>();
  const messages = new Set<Message>();
  const stored = new Set<string>();
  const feed: RunFeedEvent[] = [];
  let onTheWay = 0;

  const deliverLater = (message: Message, delayMs: number): void => {
    const delivery = ++message.current;
    time.after(delayMs, () => {
      if (!message.isAcked && message.current === delivery) deliver(message);
    });
  };

  const deliver = (message: Message): void => {
    const ready = [...workers.keys()].filter(({ isStalled }) => !isStalled);
    if (ready.length === 0) return deliverLater(message, NOBODY_THERE_MS);
    const worker = chance.pick(ready);
    const delivery = message.current;
    message.deliveries++;
    message.inHandOf = worker;
    const dispatch = JSON.parse(message.text) as Dispatch;
    onDelivered(dispatch, worker, message.deliveries);
    if (chance.strikes(weather.again)) time.after(chance.between(1, 4_000), () => deliverAgain(message));
    workers.get(worker)!(asDelivered(dispatch, message.deliveries)).then(
      () => {
        if (!worker.isAlive || message.isLost) return;
        if (chance.strikes(weather.again)) return void time.after(ACK_WAIT_MS, () => deliverAgain(message));
        message.isAcked = true;
        messages.delete(message);
      },
      (error: unknown) => {
        if (!worker.isAlive || message.isLost || message.current !== delivery) return;
        const { code, canRetry } = asFailure(error);
        // Of a bug the real stream says nothing and tries again: nothing in a simulation should come to that.
        if (!canRetry || code === 'platform.bug') {
          onDead(dispatch, error);
          messages.delete(message);
          return;
        }
        deliverLater(message, Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(message.deliveries - 1, 30)));
      },
    );
  };

  const lose = (message: Message): void => {
    message.isLost = true;
    message.isAcked = true;
    messages.delete(message);
    onLost(JSON.parse(message.text) as Dispatch);
  };

  const deliverAgain = (message: Message): void => {
    if (message.isLost) return;
    messages.add(message);
    message.isAcked = false;
    deliverLater(message, 0);
  };

  const wait = (worker: Process, message: Message): void =>
    void time.after(ACK_WAIT_MS, () => {
      if (!message.isAcked && message.inHandOf === worker && (worker.isStalled || !worker.isAlive))
        deliverLater(message, 0);
    });

  const storeDispatch = (text: string): void => {
    const message: Message = {
      text,
      storedAt: time.now(),
      deliveries: 0,
      isAcked: false,
      isLost: false,
      current: 0,
    };
    messages.add(message);
    if (chance.strikes(weather.wiped)) return [...messages].forEach(lose);
    if (chance.strikes(weather.lost)) return lose(message);
    deliverLater(message, chance.strikes(weather.slow) ? chance.pick(SLOW_MS) : chance.random());
  };

  return {
    feed: feed as readonly RunFeedEvent[],
    /** When the oldest message that nobody has been given yet was stored. */
    oldestUndelivered: (): Date | undefined => {
      for (const { deliveries, storedAt } of messages) if (deliveries === 0) return new Date(storedAt);
      return undefined;
    },
    /** Whether a dispatch of the run is still to be handled, or is being handled. */
    holds: (runId: string): boolean => [...messages].some(({ text }) => (JSON.parse(text) as Dispatch).runId === runId),
    /** Whether there is nothing on the way to the stream, in it or in hand. */
    isIdle: (): boolean => onTheWay === 0 && messages.size === 0,
    /** A message is on the way. @returns what stores it, to be called when it arrives */
    expect: (subject: string, text: string, id: string | undefined): (() => void) => {
      onTheWay++;
      return () => {
        onTheWay--;
        const key = `${dispatchSubjects.has(subject)} ${id}`;
        if (id !== undefined && stored.has(key)) return;
        if (id !== undefined) stored.add(key);
        if (dispatchSubjects.has(subject)) storeDispatch(text);
        else feed.push(JSON.parse(text) as RunFeedEvent);
      };
    },
    work: (worker: Process, handle: Handle): void => void workers.set(worker, handle),
    /** It has died: what it had in hand is delivered to others when its time is over. */
    leave: (worker: Process): void => {
      workers.delete(worker);
      for (const message of messages) if (message.inHandOf === worker) wait(worker, message);
    },
    stalled: (worker: Process): void => {
      for (const message of messages) if (message.inHandOf === worker) wait(worker, message);
    },
  };
};

export type JetStream = ReturnType<typeof makeJetStream>;
