import { aimArea } from "./scan-plan.ts";
import type { Outline, Point } from "./scanner.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The square the decoder looks at first, in parts of the picture: draw the aim frame there. */
export function aimOutline(picture: Size): Outline {
  const { left, top, width, height } = aimArea(picture.width, picture.height);
  const [x0, y0] = [left / picture.width, top / picture.height];
  const [x1, y1] = [(left + width) / picture.width, (top + height) / picture.height];
  return [
    { x: x0, y: y0 },
    { x: x1, y: y0 },
    { x: x1, y: y1 },
    { x: x0, y: y1 },
  ];
}

/**
 * From a place in the picture to CSS px in a box that shows it with `object-fit: cover`; may lie outside the
 * box.
 */
export function placeOnCover(point: Point, picture: Size, box: Size): Point {
  const scale = Math.max(box.width / picture.width, box.height / picture.height);
  return {
    x: (point.x - 0.5) * picture.width * scale + box.width / 2,
    y: (point.y - 0.5) * picture.height * scale + box.height / 2,
  };
}
