import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { encode } from "uqr";
import { CODE_128_QUIET, code128Of } from "./code-128.ts";

/** White modules around a QR code (ISO/IEC 18004). */
const QR_QUIET = 4;

/** A QR code (level M) drawn as one path, black on white in every theme. `label` is what a screen reader says. */
export function QrSymbol({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const { path, side } = useMemo(() => qrPath(text), [text]);
  return (
    <svg class="symbol symbol--qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label}>
      <rect class="symbol__ground" width={side} height={side} />
      <path class="symbol__ink" d={path} shape-rendering="crispEdges" />
    </svg>
  );
}

/** The 16 digits as Code 128. */
export function BarSymbol({
  digits,
  label,
}: {
  readonly digits: string;
  readonly label: string;
}): JSX.Element {
  const { path, width, height } = useMemo(() => barPath(digits), [digits]);
  return (
    <svg
      class="symbol symbol--bars"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <rect class="symbol__ground" width={width} height={height} />
      <path class="symbol__ink" d={path} shape-rendering="crispEdges" />
    </svg>
  );
}

function qrPath(text: string): { readonly path: string; readonly side: number } {
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

function barPath(digits: string): { readonly path: string; readonly width: number; readonly height: number } {
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
