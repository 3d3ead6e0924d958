/** Serialization failures and deadlocks are the database's way of saying «again». */
const MAX_TRIES = 5;

/** Runs again what the database gave up for another transaction's sake (40001, 40P01). */
export async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (fault) {
      const code = (fault as { readonly code?: unknown }).code;
      if ((code !== "40001" && code !== "40P01") || tries >= MAX_TRIES) throw fault;
    }
  }
}
