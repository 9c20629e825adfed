/** A call with all bytes at once would overflow the stack; more pieces than these cost nothing. */
const PIECE = 8192;

/** The text's bytes in UTF-8, as base64. */
export const base64OfText = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (let start = 0; start < bytes.length; start += PIECE)
    binary += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  return btoa(binary);
};

/** Whether the text is base64 with its padding (RFC 4648, section 4). */
export const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
