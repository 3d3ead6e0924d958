import type { ComponentChildren, JSX } from "preact";

/** Pixels a side; 24 unless told. */
export interface IconProps {
  readonly size?: number;
}

/**
 * Draws 24 × 24 strokes in the colour of the words around it. Always beside words, so hidden from screen
 * readers.
 */
function Strokes({ size = 24, children }: IconProps & { readonly children: ComponentChildren }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const CheckIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M4 12.5 9.5 18 20 6.5" />
  </Strokes>
);

/** A stop sign: refused. Octagon and bar tell it from «unknown» without colour. */
export const StopIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8z" />
    <path d="M7.5 12h9" />
  </Strokes>
);

/** The «?» hexagon: outcome unknown (UX §5). */
export const UnknownIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M12 2 20.7 7v10L12 22l-8.7-5V7z" />
    <path d="M9.6 9.4a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.8M12 16.8v.1" />
  </Strokes>
);

export const BrokenLinkIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M9.5 14.5 7 17a3.5 3.5 0 0 1-5-5l2.5-2.5" />
    <path d="M14.5 9.5 17 7a3.5 3.5 0 0 1 5 5l-2.5 2.5" />
    <path d="M8 4.5 9 7M16 19.5 15 17M4 4l16 16" />
  </Strokes>
);

export const LinkIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M10 14a4 4 0 0 1 0-5.7l3-3a4 4 0 0 1 5.7 5.7L17 12.7" />
    <path d="M14 10a4 4 0 0 1 0 5.7l-3 3A4 4 0 0 1 5.3 13L7 11.3" />
  </Strokes>
);

export const UploadIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M12 16V4M7 9l5-5 5 5M4 17v3h16v-3" />
  </Strokes>
);

export const ScanIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M3 8V4a1 1 0 0 1 1-1h4M16 3h4a1 1 0 0 1 1 1v4M21 16v4a1 1 0 0 1-1 1h-4M8 21H4a1 1 0 0 1-1-1v-4M7 12h10" />
  </Strokes>
);

export const CashIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M2.5 6h19v12h-19z" />
    <circle cx="12" cy="12" r="2.7" />
    <path d="M6 9.5v.1M18 14.5v.1" />
  </Strokes>
);

export const NumberIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M3 6h18v12H3zM7 10v.1M11 10v.1M15 10v.1M7 14h10" />
  </Strokes>
);

export const ListIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M8 6h13M8 12h13M8 18h13M3.5 6v.1M3.5 12v.1M3.5 18v.1" />
  </Strokes>
);

export const SellIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M7 4l5 7 5-7M12 11v9M7 12h10M7 16h10" />
  </Strokes>
);

export const MoreIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M4 7h10M18 7h2M4 17h2M10 17h10" />
    <circle cx="16" cy="7" r="2" />
    <circle cx="8" cy="17" r="2" />
  </Strokes>
);

export const LockIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4" />
  </Strokes>
);

export const BackspaceIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M8 5h13v14H8l-6-7zM12 9.5l5 5M17 9.5l-5 5" />
  </Strokes>
);

export const BackIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M15 5l-7 7 7 7" />
  </Strokes>
);

export const CloseIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M5 5l14 14M19 5 5 19" />
  </Strokes>
);

export const StorageIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <path d="M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3" />
  </Strokes>
);

export const PersonIcon = (props: IconProps): JSX.Element => (
  <Strokes {...props}>
    <circle cx="12" cy="8" r="4" />
    <path d="M4 21c.8-4 4-6 8-6s7.2 2 8 6" />
  </Strokes>
);
