// The `books` schema: everything a merchant's money is written in. Every key begins with merchant_id.

// An interface, not an empty record: tables are added as `"books.entries": EntriesTable`.
// oxlint-disable-next-line typescript/no-empty-object-type -- filled table by table
export interface BooksTables {}
