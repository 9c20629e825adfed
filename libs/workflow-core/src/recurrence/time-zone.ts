import { nearestWord } from '../document/nearest-word.ts';

/** Whether the platform knows an IANA time zone. */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** The time zone that a mistyped one most probably meant: of those in the same place, or of all. */
export const nearestTimeZone = (name: string): string | undefined => {
  const zones = Intl.supportedValuesOf('timeZone');
  return nearestWord(name, zones) ?? zones.find((zone) => zone.toLowerCase().endsWith(`/${name.toLowerCase()}`));
};
