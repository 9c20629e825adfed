/** A name as SQL writes it, whatever it holds. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A type's table. */
export const quoteTable = (type: string): string => `public.${quoteName(type)}`;

/** A text as an SQL literal (`standard_conforming_strings`), for the places of a definition that take no parameter. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
