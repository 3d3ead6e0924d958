import type { ExportTexts } from "./export-zh-cn.ts";

/** Saving to files and carrying another till's: the till's words in English. */
export const exportEn: ExportTexts = {
  open: "Save to a file",
  title: "Save what is not uploaded",
  why: "Only this shop's server opens the file. Saved is not uploaded: everything stays on this till and uploads once online, never twice.",
  looking: "Looking what is here",
  sales: "Sales not uploaded",
  salesOf: (count, sum) => `${count}, ${sum}`,
  noSales: "No sales, other entries only",
  oldest: "Oldest",
  entries: "Entries in all",
  entriesOf: (count) => String(count),
  file: (n, of) => (of === 1 ? "File" : `File ${n} of ${of}`),
  fromCopy: "The database can't be read. This is what the second copy on this till holds.",
  save: (n, of) => (of === 1 ? "Save file" : `Save file ${n} of ${of}`),
  saving: "Saving",
  saved: (name) => `Saved: ${name}. Give it to the owner, who imports it in the office under Tills.`,
  allSaved: "All saved. Not uploaded yet: it counts once the server has signed.",
  cancelled: "Not saved. Everything is still on this till.",
  notWritten:
    "The file could not be written: perhaps no room there. Everything is still here, try another place.",
  again: "Save once more",
  back: "Back",
  no: {
    "nothing-unsent": "Nothing waits to be uploaded, nothing to save.",
    "export-no-key":
      "Can't save now: the server's export key has not reached this till, or went with its data. Everything is still here, bring it online.",
    gone: "The till program stopped and can't read the books. Close and open this page, then save.",
  },
  carry: {
    title: "Carry another till's file",
    why: "Choose a file that another till saved. This till brings it to the server as it is and can't look inside.",
    choose: "Choose file",
    from: (till, epoch, first, last) => `${till} · epoch ${epoch} · entries ${first}–${last}`,
    states: {
      carrying: (percent) => `On its way, ${percent}% there`,
      done: (stored, there, apart) =>
        `The server signed: ${stored} new, ${there} known${apart === 0 ? "" : `, ${apart} set apart for the owner`}`,
      waiting: "The server keeps it. Entries before these are missing; it books them when those have come.",
      refused: (why) => `Not taken by the server: ${why}`,
    },
    no: {
      "not-an-export": "This is no file of a till.",
      "export-too-large": "Too large, at most 32 MB. Import it in the office.",
      "export-header-bad": "The file is damaged. Copy it once more.",
      "export-key-unknown": "This file is for another server.",
      "export-cut-short": "The file is incomplete. Copy it once more.",
      "export-trailing": "There is more behind the file's end. Copy it once more.",
      "export-reordered": "The file is damaged. Copy it once more.",
      "export-foreign-chunk": "The file is damaged. Copy it once more.",
      "export-damaged": "The file is damaged. Copy it once more.",
      "export-content-bad": "What is inside does not fit. Save it once more on that till.",
      "export-other-merchant": "This file belongs to another shop.",
      "entry-not-authentic": "An entry inside has no valid signature. Ask for help.",
      "till-unknown": "The server does not know that till. It keeps the file.",
      "not-enrolled": "This till is not activated and can't carry files.",
      "storage-full": "No room on this till.",
      "too-many-parcels": "This till carries too many files. Import it in the office.",
    },
    other: (code) => `Not taken (${code}).`,
  },
};
