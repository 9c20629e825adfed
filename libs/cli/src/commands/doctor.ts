import type { Define } from '../define.ts';
import { lookAtGaps, lookAtSlot, lookAtTypes } from '../doctor/look-at-data.ts';
import { lookAtGateway, lookAtKey } from '../doctor/look-at-door.ts';
import { lookAtDeadLetters, lookAtHolds, lookAtQueue, lookAtSchedules } from '../doctor/look-at-work.ts';
import { fail, type Finding } from '../doctor/finding.ts';
import { explain } from '../explain.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { Screen } from '../output/screen.ts';
import type { Session } from '../session.ts';

type Look = (session: Session) => Promise<Finding | Finding[] | undefined>;

/** By what they look at. The others need these. */
const firstLooks: readonly [check: string, look: Look][] = [
  ['gateway', lookAtGateway],
  ['key', lookAtKey],
];
const looks: readonly [check: string, look: Look][] = [
  ['data', lookAtTypes],
  ['changes', lookAtGaps],
  ['slot', lookAtSlot],
  ['schedules', lookAtSchedules],
  ['queue', lookAtQueue],
  ['holds', lookAtHolds],
  ['dead letters', lookAtDeadLetters],
];

const marks = { ok: ['✓', 'green'], warn: ['!', 'yellow'], fail: ['✗', 'red'] } as const;

/** Looks at everything that can be seen from outside, and says what to do about what is wrong. */
export const addDoctor = ({ command }: Define): void => {
  command('doctor', {
    does: 'looks whether all is well, and says what to do if it is not',
    action: async (session) => {
      const { screen } = session;
      const findings: Finding[] = [];
      const tell = (found: Finding[]): void => {
        findings.push(...found);
        if (!screen.isJson) for (const finding of found) show(screen, finding);
      };
      for (const [check, look] of firstLooks) {
        const { found, exitCode } = await carefully(session, check, look);
        tell(found);
        if (exitCode === undefined) continue;
        if (screen.isJson) screen.json(findings);
        return exitCode;
      }
      // Where something is away, most of them wait until they give up: all at the same time.
      const looking = looks.map(([check, look]) => carefully(session, check, look));
      for (const look of looking) tell((await look).found);
      if (screen.isJson) screen.json(findings);
      return findings.some(({ verdict }) => verdict === 'fail') ? exitCodes.finding : exitCodes.done;
    },
  });
};

/** A look that fails is a finding itself, and keeps no other from being taken. */
const carefully = async (
  session: Session,
  check: string,
  look: Look,
): Promise<{ found: Finding[]; exitCode?: ExitCode }> => {
  try {
    return { found: [(await look(session)) ?? []].flat() };
  } catch (error) {
    const { message, advice, exitCode } = await explain(error, session.circumstances());
    return { found: [fail(check, message, advice ?? 'Look at the log of the gateway.')], exitCode };
  }
};

const show = (screen: Screen, { check, verdict, detail, advice }: Finding): void => {
  const [mark, style] = marks[verdict];
  screen.line(`${screen.style(style, mark)} ${check.padEnd(13)} ${detail}`);
  if (advice !== undefined) screen.line(`  ${''.padEnd(13)} → ${advice}`);
};
