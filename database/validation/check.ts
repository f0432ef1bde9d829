/** Something that holds in a sound database. */
export interface Check {
  /** A sentence that is true when nothing is found. */
  readonly name: string;
  /** SQL: a row for each thing that is wrong, in a column `problem`. */
  readonly problems: string;
  /** The table it is about, where that need not be there. */
  readonly of?: string;
}
