import type { DeclareTypeBody, Page, TypeDefinition } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeTypes = (http: Http) => ({
  /** Declares a type, adds fields to it, or attaches a table that is there already. */
  declare: (name: string, fields: DeclareTypeBody['fields']): Promise<TypeDefinition> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'types', name), json: { fields } }),
  list: async (): Promise<TypeDefinition[]> => (await http.json<Page<TypeDefinition>>({ path: '/v1/types' })).items,
});
