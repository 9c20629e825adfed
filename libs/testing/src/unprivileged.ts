import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

export interface Account {
  uid: number;
  gid: number;
}

export interface Invocation {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/**
 * Whom Postgres, which refuses to be root, may run as: undefined if we are an ordinary user (then as ourselves), else
 * the owner of an existing data folder, else the user `postgres`, `nobody`, or the first that is not root.
 */
export const accountForPostgres = (dataFolder: string): Account | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const account =
    accounts.find(({ name }) => name === 'postgres') ?? accounts.find(({ name }) => name === 'nobody') ?? accounts[0];
  if (account === undefined) {
    throw new Error('Postgres does not run as root, and /etc/passwd names no other user: add one (useradd postgres)');
  }
  return { uid: account.uid, gid: account.gid };
};

/**
 * How to run a command as this account. The checkout may lie in a folder that only root may enter, such as /root, so
 * the command keeps exactly one privilege of root, to pass and read such folders, as an ambient capability. It needs
 * `no_setuid_fixup` because Postgres asks access(2), which ignores capabilities otherwise. Without setpriv or the
 * capability it runs plainly, which is enough where everybody may enter the checkout.
 */
export const asAccount = (account: Account | undefined, command: string, args: string[]): Invocation => {
  if (account === undefined) return { command, args };
  const capability = passageCapability();
  if (capability === undefined) return { command, args, ...account };
  const keep = `-all,+${capability}`;
  const privileges = ['--securebits', '+no_setuid_fixup', '--clear-groups', '--no-new-privs'];
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, `--inh-caps=${keep}`, `--ambient-caps=${keep}`];
  return { command: 'setpriv', args: [...privileges, ...identity, command, ...args] };
};

const CAP_DAC_OVERRIDE = 1n << 1n;
const CAP_DAC_READ_SEARCH = 1n << 2n;

/** Reading is enough; a container often has only the stronger one. */
const passageCapability = (): string | undefined => {
  try {
    execFileSync('setpriv', ['--version'], { stdio: 'ignore' });
    const permitted = BigInt(`0x${/^CapPrm:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);
    if (permitted & CAP_DAC_READ_SEARCH) return 'dac_read_search';
    if (permitted & CAP_DAC_OVERRIDE) return 'dac_override';
  } catch {
    // No setpriv or no /proc: the command runs plainly.
  }
  return undefined;
};
