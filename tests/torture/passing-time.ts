/**
 * Lets time pass. A torture is a schedule: its blows fall at drawn moments, its lines are slow, and a queue
 * that must drain is looked at again and again up to a limit. No outcome is ever hoped for after a wait.
 */
export function passing(ms: number): Promise<void> {
  return new Promise((next) => setTimeout(next, ms));
}
