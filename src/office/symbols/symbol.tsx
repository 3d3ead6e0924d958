import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { barPath, qrPath } from "./symbol-path.ts";

/**
 * A QR code (level M) drawn as one path, black on white in every theme. `label` is what a screen reader says.
 */
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
