interface ImportMetaEnv {
  /** The program's version, put in by the build. */
  readonly VITE_BUILD: string;
}
