/** EMVCo QR codes, looked at just closely enough to know one from noise (`field/payments.md` «EMVCo QR»). */

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 of the BER-TLV `85 05 "CPV01"` that opens every consumer-presented code. */
export const emvConsumerStart = "hQVDUFYwMW";
/** `00 02 "01"` that opens every merchant-presented code. */
export const emvMerchantStart = "000201";

/** Whether `text` is base64 of whole BER-TLV objects, the first of them `85 "CPV01"`. Total. */
export function isEmvConsumerCode(text: string): boolean {
  if (!text.startsWith(emvConsumerStart)) return false;
  const bytes = decodeBase64(text);
  return bytes !== null && isTlvSequence(bytes);
}

/**
 * Whether `text` ends with field 63 holding the right CRC over all before it (EMVCo merchant-presented v1.1
 * §4.7). Total.
 */
export function isEmvMerchantCode(text: string): boolean {
  if (!text.startsWith(emvMerchantStart)) return false;
  const tail = /6304([0-9A-Fa-f]{4})$/.exec(text);
  if (tail === null) return false;
  const covered = text.slice(0, -4);
  return crc16(utf8(covered)) === Number.parseInt(tail[1] ?? "", 16);
}

/** CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF. */
export function crc16(bytes: readonly number[]): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const char of text.toWellFormed()) {
    const point = char.codePointAt(0) ?? 0;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 63),
        0x80 | ((point >> 6) & 63),
        0x80 | (point & 63),
      );
  }
  return bytes;
}

function decodeBase64(text: string): number[] | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const char of text.replace(/=+$/, "")) {
    held = ((held << 6) | base64Digits.indexOf(char)) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  return bytes;
}

/** One level deep: the lengths of the outermost objects must add up exactly. */
function isTlvSequence(bytes: readonly number[]): boolean {
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    at += 1;
    if ((tag & 0x1f) === 0x1f) at += 1;
    const first = bytes[at] ?? 0x80;
    at += 1;
    let length = first;
    if (first === 0x81) {
      length = bytes[at] ?? bytes.length;
      at += 1;
    } else if (first > 0x7f) return false;
    at += length;
  }
  return at === bytes.length;
}
