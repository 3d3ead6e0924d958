import { encode } from "uqr";
import { CODE_128_QUIET, code128Of } from "./code-128.ts";

/** White modules around a QR code (ISO/IEC 18004). */
const QR_QUIET = 4;

/**
 * The dark modules of a QR code (level M) as one path of runs, and the side with its quiet zone, in modules.
 */
export function qrPath(text: string): { readonly path: string; readonly side: number } {
  const { data, size } = encode(text, { ecc: "M", border: QR_QUIET });
  let path = "";
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x]) continue;
      const from = x;
      while (row[x + 1]) x += 1;
      path += `M${from} ${y}h${x + 1 - from}v1H${from}z`;
    }
  }
  return { path, side: size };
}

/** The bars of an even count of digits as one path, in modules; the quiet zones are part of the width. */
export function barPath(digits: string): {
  readonly path: string;
  readonly width: number;
  readonly height: number;
} {
  const bars = code128Of(digits);
  const height = 40;
  let x = CODE_128_QUIET;
  let path = "";
  for (const [index, width] of bars.widths.entries()) {
    if (index % 2 === 0) path += `M${x} 0h${width}v${height}H${x}z`;
    x += width;
  }
  return { path, width: bars.modules + 2 * CODE_128_QUIET, height };
}
