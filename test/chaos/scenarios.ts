import { chainUnderKills } from './chain-under-kills.ts';
import { changesUnderKills } from './changes-under-kills.ts';
import { dayWithoutData } from './day-without-data.ts';
import { failover } from './failover.ts';
import { flowUnderKills } from './flow-under-kills.ts';
import { importUnderKills } from './import-under-kills.ts';
import { jetstreamLoss } from './jetstream-loss.ts';
import { listUnderKills } from './list-under-kills.ts';
import { locksUnderKills } from './locks-under-kills.ts';
import { millionItems } from './million-items.ts';
import { scheduleSurvives } from './schedule-survives.ts';
import type { Scenario } from './scenario.ts';
import { sequenceUnderKills } from './sequence-under-kills.ts';
import { startsUnderKills } from './starts-under-kills.ts';
import { stepsUnderKills } from './steps-under-kills.ts';
import { subscriberRestarts } from './subscriber-restarts.ts';
import { webhooksUnderKills } from './webhooks-under-kills.ts';

export const scenarios: readonly Scenario[] = [
  scheduleSurvives,
  listUnderKills,
  millionItems,
  importUnderKills,
  sequenceUnderKills,
  chainUnderKills,
  stepsUnderKills,
  locksUnderKills,
  flowUnderKills,
  startsUnderKills,
  changesUnderKills,
  subscriberRestarts,
  jetstreamLoss,
  failover,
  webhooksUnderKills,
  dayWithoutData,
];
