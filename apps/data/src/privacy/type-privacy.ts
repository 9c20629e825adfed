import { compileSchema, Failure, PrivacyRequestSchema, type TypePrivacy } from '@nightshift/contracts';
import type pg from 'pg';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { TYPES_CHANGED } from '../catalog/watch-types.ts';
import { isAway } from '../database/postgres-error.ts';
import { inTransaction } from '../database/transaction.ts';
import { checkRules } from './check-rules.ts';

export interface TypePrivacyDeps {
  pool: pg.Pool;
  catalog: TypeCatalog;
  userType: string;
}

const check = compileSchema(PrivacyRequestSchema);

/**
 * Reads the privacy rules of a type, or puts others in their place. This replica heeds them from the answer on, the others from the moment
 * that they hear of it.
 * @throws Failure `request.invalid`, `privacy.invalid`, `type.not_found`, `data.unavailable`
 */
export const makeTypePrivacy =
  ({ pool, catalog, userType }: TypePrivacyDeps) =>
  async (input: unknown): Promise<TypePrivacy> => {
    const checked = check(input);
    if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
    const { type: name, rules } = checked.value;
    await catalog.reload();
    const type = await catalog.find(name);
    if (rules === undefined) return { type: name, rules: [...type.privacy] };
    checkRules(type, rules, userType, catalog.known);
    await inTransaction(pool, async (client) => {
      await client.query('UPDATE nightshift_data.types SET privacy = $2 WHERE name = $1', [
        name,
        JSON.stringify(rules),
      ]);
      await client.query(`NOTIFY ${TYPES_CHANGED}`);
    }).catch((error: unknown) => {
      throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
    });
    await catalog.reload();
    return { type: name, rules };
  };
