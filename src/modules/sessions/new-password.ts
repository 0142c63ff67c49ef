/** What clients are told of every password that is chosen. */
export const NEW_PASSWORD =
  "10 to 200 characters, counted and compared in Unicode's form NFKC; none that everybody tries first.";
