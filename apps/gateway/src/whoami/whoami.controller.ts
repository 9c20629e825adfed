import { readFileSync } from 'node:fs';
import { Controller, Get, Req } from '@nestjs/common';
import { Failure, type Identity } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Public, so that somebody without a role learns that he has none; whoever shows no credentials, or wrong ones, is refused here. */
@Controller('v1')
export class WhoamiController {
  @Get('whoami')
  whoami(@Req() { grant, refused }: HttpRequest): Identity {
    if (grant === undefined) throw refused ?? new Failure('auth.missing_key');
    const { caller, role, starts, seesPayloads } = grant;
    return { caller, role, starts, seesPayloads, version, at: new Date().toISOString() };
  }
}
