/** A finger still coming down from the last screen must not press this one (UX §6, §11.7). */
export const deafMs = 350;
