import { Failure, type EventSource } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { SecretCipher } from '@nightshift/runtime';
import { checkSignature, type SignedRequest } from './signature.ts';
import { readData } from './signed-event.ts';

export interface VerifySignedDeps {
  ledger: Pick<Ledger, 'eventSources'>;
  cipher: Pick<SecretCipher, 'open'>;
  nowMs: () => number;
}

/** A request whose signature is right. */
export interface Verified {
  source: EventSource;
  data: unknown;
  /** What Slack asks once, to see whether somebody is there. */
  challenge: string | undefined;
}

export type VerifySigned = ReturnType<typeof makeVerifySigned>;

const challengeOf = (data: unknown): string | undefined => {
  const { type, challenge } = (data ?? {}) as { type?: unknown; challenge?: unknown };
  return type === 'url_verification' && typeof challenge === 'string' ? challenge : undefined;
};

/**
 * Whether a request is of whom its source says. Who has no right signature learns nothing beyond that.
 * @throws Failure `event_source.not_found`, `signature.wrong`, `signature.expired`, `request.malformed`, `secret.unavailable`
 */
export const makeVerifySigned =
  ({ ledger, cipher, nowMs }: VerifySignedDeps) =>
  async (name: string, request: SignedRequest): Promise<Verified> => {
    const source = await ledger.eventSources.find(name);
    if (source === undefined) throw new Failure('event_source.not_found');
    const sealed = await ledger.eventSources.sealedSecrets(name);
    if (sealed.length === 0) throw new Failure('secret.unavailable', { detail: 'The secret of this source is gone' });
    const secrets = sealed.map((one) => cipher.open(one));
    const verdict = checkSignature(request, source, secrets, nowMs());
    if (verdict !== 'right') throw new Failure(verdict === 'wrong' ? 'signature.wrong' : 'signature.expired');
    const data = readData(request);
    return { source, data, challenge: source.scheme === 'slack' ? challengeOf(data) : undefined };
  };
