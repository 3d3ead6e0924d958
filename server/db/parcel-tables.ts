// Export files on their way in (PROTOCOL §12), sealed as they came.
import type { Generated } from "kysely";
import type { BytesColumn, NullableBytesColumn } from "./control-tables.ts";

/** `waiting`: whole, and something before it is missing. */
export interface ParcelsTable {
  merchant_id: BytesColumn;
  parcel_id: BytesColumn;
  file_hash: NullableBytesColumn;
  size: number;
  received: Generated<number>;
  state: "partial" | "done" | "waiting" | "refused";
  refusal: string | null;
  till_id: NullableBytesColumn;
  epoch: number | null;
  first_seq: number | null;
  last_seq: number | null;
  stored: Generated<number>;
  already_there: Generated<number>;
  set_apart: Generated<number>;
  /** User id, or the hex id of the till that carried it. */
  carried_by: string;
  begun_at_ms: number;
  done_at_ms: number | null;
}

interface ParcelPiecesTable {
  merchant_id: BytesColumn;
  parcel_id: BytesColumn;
  at: number;
  bytes: BytesColumn;
}

export interface ParcelTables {
  "books.parcels": ParcelsTable;
  "books.parcel_pieces": ParcelPiecesTable;
}
