import { signals, type Challenge, type ReceivedEvent } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { SecretCipher } from '@nightshift/runtime';
import type { DispatchRuns } from '../runs/dispatch-runs.ts';
import type { SignedRequest } from './signature.ts';
import { signedEvent } from './signed-event.ts';
import { makeVerifySigned } from './verify-signed.ts';

export interface ReceiveSignedDeps {
  ledger: Pick<Ledger, 'events' | 'eventSources'>;
  bus: Pick<Bus, 'send'>;
  cipher: Pick<SecretCipher, 'open'>;
  dispatchRuns: DispatchRuns;
  nowMs: () => number;
}

/**
 * Takes in an event from a sender that signs, once, however often it comes. Who has no right signature learns nothing beyond that.
 * @throws Failure `event_source.not_found`, `signature.wrong`, `signature.expired`, `request.malformed`, `secret.unavailable`, `ledger.unavailable`
 */
export const makeReceiveSigned = (deps: ReceiveSignedDeps) => {
  const { ledger, bus, dispatchRuns, nowMs } = deps;
  const verify = makeVerifySigned(deps);
  return async (name: string, request: SignedRequest): Promise<ReceivedEvent | Challenge> => {
    const { source, data, challenge } = await verify(name, request);
    if (challenge !== undefined) return { challenge };

    const event = signedEvent(request, source, data, nowMs());
    const { isNew, woken, isMatched } = await ledger.events.receive(event, request.body);
    dispatchRuns.moved(woken);
    if (!isMatched) bus.send(signals.events, {});
    return { id: event.id, isNew, woken: woken.length, matching: !isMatched };
  };
};
