/** Any JSON value. Everything that crosses a border of Nightshift is one. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object. */
export type JsonObject = { [key: string]: Json };
