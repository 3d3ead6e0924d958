/**
 * The one door that takes whole files. Its route counts the bytes as they come, because what limits every
 * other body would hold them all in memory.
 */
export const OFFICE_IMPORT_PATH = "/api/office/exports";
