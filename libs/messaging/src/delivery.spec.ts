import { describe, expect, it } from 'vitest';
import { parseAckSubject } from './delivery.ts';

const place = { deliveryCount: 2, streamSequence: 10, consumerSequence: 7, timeMs: 1_700_000_000_123 };

describe('parseAckSubject', () => {
  it('reads the short form', () => {
    expect(parseAckSubject('$JS.ACK.S.C.2.10.7.1700000000123456789.3')).toEqual(place);
  });

  it('reads the form with domain and account', () => {
    expect(parseAckSubject('$JS.ACK._.ABCDEF.S.C.2.10.7.1700000000123456789.3.xyz')).toEqual(place);
    expect(parseAckSubject('$JS.ACK.hub.ABCDEF.S.C.2.10.7.1700000000123456789.3')).toEqual(place);
  });
});
