/**
 * Settings of every connection, the replication connection included, so that all of them write values alike: times in UTC, dates
 * as ISO, doubles in their shortest exact form.
 */
export const session = '-c TimeZone=UTC -c DateStyle=ISO,YMD -c extra_float_digits=1 -c standard_conforming_strings=on';
