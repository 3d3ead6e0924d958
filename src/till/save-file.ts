import type { ExportedFile } from "#protocol/engine-calls.ts";

/** A download may read its file after the press has ended. */
const keepFileMs = 60_000;

interface WritableFile {
  createWritable(): Promise<{ write(bytes: Uint8Array<ArrayBuffer>): Promise<void>; close(): Promise<void> }>;
}
type Picker = (options: { readonly suggestedName: string }) => Promise<WritableFile>;

/** How saving ended. `downloaded`: handed to the browser, which says nothing of what became of it. */
export type SaveEnd = "written" | "downloaded" | "cancelled" | "not-written";

/**
 * Saves a file where the person says, or as a download where the browser has no such window. The place is
 * asked for first: browsers open that window only right after a press, and sealing takes a moment.
 */
export async function saveFile(name: string, make: () => Promise<ExportedFile | null>): Promise<SaveEnd> {
  const picker = (globalThis as { readonly showSaveFilePicker?: Picker }).showSaveFilePicker;
  if (picker === undefined) {
    const file = await make();
    if (file === null) return "not-written";
    download(file);
    return "downloaded";
  }
  try {
    const target = await picker({ suggestedName: name });
    const file = await make();
    if (file === null) return "not-written";
    const writable = await target.createWritable();
    await writable.write(file.bytes);
    await writable.close();
    return "written";
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    // Closed by the person; anything else is the file system saying no.
    return cause.name === "AbortError" ? "cancelled" : "not-written";
  }
}

function download({ name, bytes }: ExportedFile): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), keepFileMs);
}
